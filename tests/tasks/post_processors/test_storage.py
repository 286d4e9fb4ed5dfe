"""What stored values stand for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_predictions import in_memory, store

from napari_dacapo.arrays import ZarrArray
from napari_dacapo.errors import DataError
from napari_dacapo.tasks.post_processors.storage import (
    SIGNED_RANGE,
    UNIT_RANGE,
    stored_value_range,
    threshold_for,
    to_uint8,
    to_unit_interval,
)


@pytest.mark.parametrize(
    ("threshold", "signed", "unit"),
    [(100, -0.2157, 0.3922), (127, -0.0039, 0.4980), (150, 0.1765, 0.5882)],
)
def test_thresholds_of_float_predictions(threshold, signed, unit):
    assert threshold_for(threshold, np.float32) == pytest.approx(signed, abs=1e-4)
    assert threshold_for(threshold, np.float32, UNIT_RANGE) == pytest.approx(
        unit, abs=1e-4
    )


@given(st.floats(0, 255), st.integers(0, 255))
def test_whole_numbers_compare_as_if_with_the_exact_threshold(threshold, value):
    assert (value > threshold_for(threshold, np.uint8)) == (value > threshold)


def test_uint16_predictions_have_a_finer_scale():
    assert threshold_for(127, np.uint16) == 127 * 257
    assert threshold_for(254, np.bool_) == 0


@given(st.floats(-1, 1, width=32), st.integers(1, 254))
def test_a_threshold_means_the_same_for_floats_and_what_they_are_stored_as(
    value, threshold
):
    prediction = np.array([value], np.float32)
    stored = to_uint8(prediction)[0]
    is_above = value > threshold_for(threshold, np.float32)
    # storing rounds down, hence only what is between two steps may differ
    assert is_above == (stored > threshold) or stored == threshold


def test_values_out_of_range_are_clipped():
    assert to_uint8(np.array([-7.0, 7.0])).tolist() == [0, 255]
    assert to_uint8(np.array([-0.5, 1.5]), sigmoid=True).tolist() == [0, 255]


@pytest.mark.parametrize(
    ("values", "value_range", "expected"),
    [
        (np.array([0, 51, 255], np.uint8), SIGNED_RANGE, [0, 0.2, 1]),
        (np.array([0, 65535], np.uint16), SIGNED_RANGE, [0, 1]),
        (np.array([0.0, 0.25, 1.0]), UNIT_RANGE, [0, 0.25, 1]),
        (np.array([-1.0, 0.0, 1.0]), SIGNED_RANGE, [0, 0.5, 1]),
    ],
)
def test_to_unit_interval(values, value_range, expected):
    before = values.copy()
    np.testing.assert_allclose(to_unit_interval(values, value_range), expected)
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("dtype", [np.int16, np.uint64])
def test_types_without_scale_are_refused(dtype):
    with pytest.raises(DataError, match=f"{np.dtype(dtype)} has no known scale"):
        threshold_for(100, dtype)


def test_predictions_state_their_range(tmp_path):
    identifier = store(tmp_path, np.zeros((1, 4, 4), np.float32))
    array = ZarrArray.open_from_array_identifier(identifier)
    assert stored_value_range(array, SIGNED_RANGE) == SIGNED_RANGE
    array.add_metadata({"value_range": [0, 1]})
    array = ZarrArray.open_from_array_identifier(identifier)
    assert stored_value_range(array, SIGNED_RANGE) == UNIT_RANGE


@pytest.mark.parametrize("stated", [[1, 0], "0..1", [0, 1, 2], [0, None], 5])
def test_a_senseless_range_is_refused(stated, tmp_path):
    identifier = store(tmp_path, np.zeros((1, 4, 4), np.float32))
    ZarrArray.open_from_array_identifier(identifier).add_metadata(
        {"value_range": stated}
    )
    array = ZarrArray.open_from_array_identifier(identifier)
    with pytest.raises(DataError, match=r"value_range .* must be a pair of numbers"):
        stored_value_range(array, SIGNED_RANGE)


def test_arrays_in_memory_state_nothing():
    array = in_memory(np.zeros((4, 4), np.float32), (1, 1))
    assert stored_value_range(array, UNIT_RANGE) == UNIT_RANGE
