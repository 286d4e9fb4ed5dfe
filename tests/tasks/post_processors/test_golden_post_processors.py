"""Post-processing against the original program."""

import attrs
import numpy as np
import pytest
from stored_predictions import process, same_partition, store

import golden_data
import napari_dacapo.tasks.post_processors as post_processors
from napari_dacapo.geometry import Coordinate
from napari_dacapo.tasks.post_processors.storage import to_uint8

_, ARRAYS = golden_data.load("postprocess")
PROCESSORS = {
    "ThresholdPostProcessor": post_processors.ThresholdPostProcessor(),
    "ArgmaxPostProcessor": post_processors.ArgmaxPostProcessor(),
    "WatershedPostProcessor": post_processors.WatershedPostProcessor([(1, 0, 0)]),
    "DummyPostProcessor": post_processors.DummyPostProcessor(0.5),
}


def parameters_of(doc):
    fields = {name: value for name, value in doc.items() if name != "__type__"}
    return getattr(post_processors, doc["__type__"])(**fields)


def plain(value):
    return list(value) if isinstance(value, Coordinate) else value


def run(case, folder, post_processor, **options):
    prediction = store(
        folder,
        ARRAYS[case["prediction"]],
        case["voxel_size"],
        case["roi"]["offset"],
        axes="".join(case["axes"]),
    )
    post_processor.set_prediction(prediction)
    return process(folder, post_processor, parameters_of(case["parameters"]), **options)


@pytest.mark.parametrize("case", golden_data.cases("postprocess", "parameters"))
def test_enumerated_parameters(case):
    found = list(PROCESSORS[case["post_processor"]].enumerate_parameters())
    ignored = {"__type__", "parameter_names", "as_text_seen", *case.get("ignore", [])}
    assert len(found) == len(case["expect"])
    for parameters, expected in zip(found, case["expect"], strict=True):
        assert type(parameters).__name__ == expected["__type__"]
        assert {*parameters.parameter_names} >= {*expected["parameter_names"]}
        for name in expected.keys() - ignored:
            assert plain(getattr(parameters, name)) == expected[name]
        if "id" not in ignored:
            assert str(parameters) == expected["as_text_seen"]


@pytest.mark.parametrize("case", golden_data.cases("postprocess", "parameter_defaults"))
def test_default_parameters(case):
    for name, expected in case["expect"].items():
        parameters = getattr(post_processors, name)(id=expected["id"])
        for field in expected:
            assert plain(getattr(parameters, field)) == expected[field]


@pytest.mark.parametrize("block_size", [None, (5, 4, 3)], ids=["whole", "blocks"])
@pytest.mark.parametrize("case", golden_data.cases("postprocess", "threshold"))
def test_threshold(case, block_size, tmp_path):
    output = run(
        case, tmp_path, PROCESSORS["ThresholdPostProcessor"], block_size=block_size
    )
    check_output(output, case)


@pytest.mark.parametrize("block_size", [None, (5, 4, 3)], ids=["whole", "blocks"])
@pytest.mark.parametrize("case", golden_data.cases("postprocess", "argmax"))
def test_argmax(case, block_size, tmp_path):
    output = run(
        case, tmp_path, PROCESSORS["ArgmaxPostProcessor"], block_size=block_size
    )
    check_output(output, case)


def check_output(output, case):
    np.testing.assert_array_equal(
        output[output.roi], ARRAYS[case["expect"]["output"]], strict=False
    )
    assert output.axes == case["expect"]["output_axes"]
    assert output.dtype == np.dtype(case.get("output_dtype", "uint8"))
    assert output.roi.to_plain() == [case["roi"]["offset"], case["roi"]["shape"]]
    assert output.attrs.items() >= case.get("output_attrs", {}).items()


@pytest.mark.parametrize("case", golden_data.cases("postprocess", "watershed"))
def test_watershed(case, tmp_path):
    post_processor = post_processors.WatershedPostProcessor(case["offsets"])
    output = run(case, tmp_path, post_processor)
    expected = ARRAYS[case["expect"]["output"]].copy()
    labels, counts = np.unique(expected, return_counts=True)
    compared = ~np.isin(expected, labels[counts == 1])
    found = output[output.roi]
    assert found.dtype == np.uint64
    assert same_partition(found[compared], expected[compared])


@pytest.mark.parametrize(
    "case", golden_data.cases("postprocess", "prediction_to_uint8")
)
def test_storage_as_uint8(case):
    values, expect = ARRAYS[case["input"]], case["expect"]
    np.testing.assert_array_equal(to_uint8(values), ARRAYS[expect["plain"]])
    np.testing.assert_array_equal(
        to_uint8(values, sigmoid=True), ARRAYS[expect["with_sigmoid"]]
    )


def test_every_parameter_has_a_help_text():
    for name in post_processors.__all__:
        if name.endswith("Parameters"):
            for field in attrs.fields(getattr(post_processors, name)):
                assert field.metadata["help_text"]
