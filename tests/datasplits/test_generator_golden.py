"""Data splits against those that the original program makes from the same tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden_data import cases, load
from napari_dacapo.datasplits import DataSplitGenerator
from napari_dacapo.geometry import Roi
from napari_dacapo.store.converter import to_doc


@pytest.fixture(scope="module")
def arrays():
    return load("datasplit")[1]


@pytest.fixture
def build(tmp_path, monkeypatch, arrays):
    """Write the volumes and the table of a case and return its generator."""
    import zarr

    def make(case):
        monkeypatch.chdir(tmp_path)
        for source in case["sources"]:
            array = zarr.create_array(
                source["container"],
                name=source["dataset"],
                data=arrays[source["data"]],
                chunks=tuple(source["chunks"]),
                zarr_format=2,
            )
            array.attrs.update(source["attrs"])
        if case["csv"] is not None:
            Path(case["csv_name"]).write_text(case["csv"])
        return DataSplitGenerator.generate_from_csv(
            Path(case["csv_name"]),
            case["input_resolution"],
            case["output_resolution"],
            case["name"],
            **case["options"],
        )

    return make


def _comparable(doc, mode):
    """Drop what is not compared: names, and how "no factor" is written."""
    if isinstance(doc, list):
        return [_comparable(item, mode) for item in doc]
    if not isinstance(doc, dict):
        return doc
    found = {k: _comparable(v, mode) for k, v in doc.items() if k != "name"}
    for key in ("upsample", "downsample"):
        if key in found:
            found[key] = [max(1, factor) for factor in found[key]]
    if found.get("__type__") == "ZarrArrayConfig":
        found.setdefault("mode", mode)
    return found


def _assert_holds(found, expected, where="config"):
    """Check that `found` has everything of `expected`; more fields do not matter."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            _assert_holds(found[key], value, f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for i, (a, b) in enumerate(zip(found, expected, strict=True)):
            _assert_holds(a, b, f"{where}[{i}]")
    else:
        assert found == expected, where


@pytest.mark.parametrize("case", cases("datasplit", "datasplit"))
def test_config(case, build):
    generator = build(case)
    split = generator.compute()
    mode = case["zarr_mode"]
    found = _comparable(to_doc(split), mode)
    _assert_holds(found, _comparable(case["expect"]["config"], mode))
    if "class_name" in case["expect"]:
        assert generator.class_name == case["expect"]["class_name"]


@pytest.mark.parametrize("case", cases("datasplit", "datasplit"))
def test_arrays(case, build):
    split = build(case).compute()
    parts = {
        "train": iter(split.train_configs),
        "validate": iter(split.validate_configs),
    }
    for expected in case["expect"].get("arrays", ()):
        dataset = next(parts[expected["part"]]).create_dataset()
        for kind in ("raw", "gt"):
            array, wanted = getattr(dataset, kind), expected[kind]
            assert array.roi == Roi(**wanted["roi"])
            assert array.voxel_size == tuple(wanted["voxel_size"])
            assert array.axes == wanted["axes"]
            if "channels" in wanted:
                assert array.channels == wanted["channels"]
            assert array[array.roi].shape[-array.dims :] == array.shape


@pytest.mark.parametrize("case", cases("datasplit", "datasplit_error"))
def test_error(case, build):
    kinds = {
        "ValueError": ValueError,
        "KeyError": KeyError,
        "FileNotFoundError": FileNotFoundError,
    }
    with pytest.raises(kinds[case["exception_seen"]]):
        build(case).compute()


@pytest.mark.parametrize("case", cases("datasplit", "class_names"))
def test_class_names(case):
    generator = DataSplitGenerator(
        "x", [], (8, 8, 8), (8, 8, 8), classes_separator_caracter=case["separator"]
    )
    expected = case["expect"]
    found = generator.check_class_name(case["text"])
    assert found == (expected["datasets"], expected["classes"])
    assert generator.class_name == expected["classes"]
