"""Threshold and argmax."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from stored_predictions import process, store

from napari_dacapo.arrays import ZarrArray
from napari_dacapo.errors import ConfigError, RunError
from napari_dacapo.tasks.post_processors import (
    ArgmaxPostProcessor,
    ArgmaxPostProcessorParameters,
    ThresholdPostProcessor,
    ThresholdPostProcessorParameters,
)
from napari_dacapo.tasks.post_processors.storage import UNIT_RANGE

RNG = np.random.default_rng(5)
UINT8 = hnp.arrays(np.uint8, (2, 5, 4))


def at(threshold, number=0):
    return ThresholdPostProcessorParameters(id=number, threshold=threshold)


@given(UINT8, st.floats(0, 255), st.floats(0, 255))
def test_a_higher_threshold_never_adds_foreground(prediction, a, b):
    low, high = sorted((a, b))
    processor = ThresholdPostProcessor()
    more = processor.process_block(prediction, at(low))
    less = processor.process_block(prediction, at(high))
    assert (less <= more).all()


def test_the_threshold_itself_is_background():
    prediction = np.array([[[99, 100, 101]]], np.uint8)
    found = ThresholdPostProcessor().process_block(prediction, at(100))
    assert found.tolist() == [[[0, 0, 1]]]
    assert found.dtype == np.uint8


def test_the_range_of_float_predictions_decides():
    prediction = np.array([[[-0.9, 0.0, 0.3, 0.7]]], np.float32)
    processor = ThresholdPostProcessor()
    assert processor.process_block(prediction, at(127)).tolist() == [[[0, 1, 1, 1]]]
    assert processor.process_block(prediction, at(127), UNIT_RANGE).tolist() == [
        [[0, 0, 0, 1]]
    ]


def test_a_prediction_on_disk_may_state_its_range(tmp_path):
    values = RNG.uniform(0, 1, (1, 6, 7, 8)).astype(np.float32)
    identifier = store(tmp_path, values)
    ZarrArray.open_from_array_identifier(identifier).add_metadata(
        {"value_range": [0, 1]}
    )
    processor = ThresholdPostProcessor()
    processor.set_prediction(identifier)
    assert processor.value_range == UNIT_RANGE
    output = process(tmp_path, processor, at(127))
    np.testing.assert_array_equal(output[output.roi], values[0] > 127 / 255)


@pytest.mark.parametrize(
    ("shape", "voxel_size", "offset"),
    [
        ((1, 9, 10, 11), (40, 8, 4), (80, -16, 4)),
        ((3, 9, 10, 11), (4.6, 4.6, 3.24), (9.2, 0, 3.24)),
        ((1, 9, 10), (8, 4), (0, 4)),
        ((3, 9, 10), (1, 1), (5, 5)),
    ],
)
@pytest.mark.parametrize("block_size", [None, (4, 4, 4), (100, 3, 100)])
def test_border_blocks_are_processed(shape, voxel_size, offset, block_size, tmp_path):
    values = RNG.integers(0, 256, shape).astype(np.uint8)
    processor = ThresholdPostProcessor()
    processor.set_prediction(store(tmp_path, values, voxel_size, offset))
    output = process(tmp_path, processor, at(127), chunk_size=block_size)
    expected = values > 127
    found = output[output.roi]
    np.testing.assert_array_equal(found if len(values) > 1 else found[None], expected)
    assert output.voxel_size == voxel_size
    assert output.roi.offset == offset


def test_only_some_channels_can_be_segmented(tmp_path):
    values = RNG.integers(0, 256, (4, 5, 6)).astype(np.uint8)
    identifier = store(tmp_path, values)
    for channels, expected in (
        (slice(2, None), values[2:] > 100),
        (slice(3, None), values[3] > 100),
    ):
        processor = ThresholdPostProcessor(channels=channels)
        processor.set_prediction(identifier)
        output = process(tmp_path, processor, at(100))
        np.testing.assert_array_equal(output[output.roi], expected)


def test_progress_is_reported_and_can_end_the_work(tmp_path):
    class StopError(Exception):
        pass

    done = []

    def progress(number, total, block):
        done.append((number, total))
        if number == 2:
            raise StopError

    processor = ThresholdPostProcessor()
    processor.set_prediction(store(tmp_path, np.zeros((1, 8, 8), np.uint8)))
    with pytest.raises(StopError):
        process(tmp_path, processor, at(1), block_size=(4, 4), progress=progress)
    assert done == [(1, 4), (2, 4)]


def test_the_sweep_can_be_chosen():
    sweep = ThresholdPostProcessor(thresholds=(90, 200)).enumerate_parameters()
    assert list(sweep) == [at(90, 0), at(200, 1)]


def test_parameters_are_hashable_and_checked():
    assert len({at(100), at(100), at(101)}) == 2
    with pytest.raises(ConfigError, match="threshold: 300 is out of range"):
        at(300)


def test_a_prediction_is_needed(tmp_path):
    with pytest.raises(RunError, match=r"ThresholdPostProcessor .* set_prediction"):
        process(tmp_path, ThresholdPostProcessor(), at(100))


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 5), st.just(4), st.just(3))))
def test_argmax_takes_the_first_of_equals(prediction):
    found = ArgmaxPostProcessor().process_block(
        prediction, ArgmaxPostProcessorParameters(id=0)
    )
    np.testing.assert_array_equal(found, prediction.argmax(axis=0))


def test_argmax_of_many_classes_needs_wider_labels(tmp_path):
    prediction = np.zeros((300, 2, 2), np.uint8)
    prediction[299] = 1
    processor = ArgmaxPostProcessor()
    processor.set_prediction(store(tmp_path, prediction))
    output = process(tmp_path, processor, ArgmaxPostProcessorParameters(id=0))
    assert output.dtype == np.uint16
    assert (output[output.roi] == 299).all()


def test_argmax_of_a_single_channel_is_zero(tmp_path):
    processor = ArgmaxPostProcessor()
    processor.set_prediction(store(tmp_path, np.ones((1, 2, 3, 4), np.float32)))
    output = process(tmp_path, processor, ArgmaxPostProcessorParameters(id=0))
    assert output.axes == ["z", "y", "x"]
    assert not output[output.roi].any()
