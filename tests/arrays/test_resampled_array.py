"""Resampling: exact values, the same in every block, for every factor and order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from array_data import in_memory
from napari_dacapo.arrays import ResampledArray, ResampledArrayConfig
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi


def _resampled(
    values: Any, up: Any, down: Any, order: int, **place: Any
) -> ResampledArray:
    config = ResampledArrayConfig("r", in_memory(values, **place), up, down, order)
    array = config.create_array()
    assert isinstance(array, ResampledArray)
    return array


@pytest.mark.parametrize("length", [10, 11])
def test_shrinking_takes_the_mean(length: int) -> None:
    values = np.arange(1, length + 1, dtype=np.float32)
    array = _resampled(values, (1,), (2,), 1, voxel_size=(3,), axes="x")
    assert array.voxel_size == (6,)
    assert array[array.roi].tolist() == [1.5, 3.5, 5.5, 7.5, 9.5]


def test_enlarging_repeats_the_edge() -> None:
    values = np.array([1, 2, 3, 4], dtype=np.float32)
    array = _resampled(values, (2,), (1,), 1, axes="x", voxel_size=(5,))
    assert array.voxel_size == (2.5,)
    assert array[array.roi].tolist() == [1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4]


def test_labels_are_never_mixed() -> None:
    labels = np.array([2**53, 2**53 + 1, 5, 9, 9, 2**64 - 1], dtype=np.uint64)
    thirds = _resampled(labels, (1,), (3,), 0, axes="x")
    assert thirds[thirds.roi].tolist() == [2**53 + 1, 9]
    twice = _resampled(labels, (2,), (1,), 0, axes="x")
    assert twice[twice.roi].tolist() == np.repeat(labels, 2).tolist()
    assert twice.dtype == np.uint64


def test_integers_are_rounded_and_stay_in_range() -> None:
    values = np.array([0, 3, 255, 255], dtype=np.uint8)
    array = _resampled(values, (4,), (1,), 3, axes="x")
    assert array[array.roi].max() == 255
    halves = _resampled(np.array([1, 2, 2, 4], np.uint8), (1,), (4,), 1, axes="x")
    assert halves[halves.roi].tolist() == [2]


def test_cubic_convolution_keeps_straight_lines() -> None:
    values = np.arange(10, dtype=np.float64)
    array = _resampled(values, (2,), (1,), 3, axes="x")
    np.testing.assert_allclose(array[array.roi][4:-4], np.arange(1.75, 7.5, 0.5))


def test_both_factors_on_one_axis() -> None:
    array = _resampled(np.arange(6.0), (2,), (3,), 1, axes="x", voxel_size=(2,))
    assert array.voxel_size == (3,)
    # each output voxel is the mean of three samples of the line, 2 to a source voxel
    fine = np.array([0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4.25, 4.75, 5])
    np.testing.assert_allclose(array[array.roi], fine.reshape(4, 3).mean(axis=1))


@given(
    factors=st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 4)), min_size=2, max_size=2
    ),
    order=st.integers(0, 3),
    offset=st.tuples(st.integers(-5, 5), st.integers(-5, 5)),
    seed=st.integers(0, 100),
    data=st.data(),
)
def test_every_block_is_a_crop_of_the_whole(
    factors: list[tuple[int, int]],
    order: int,
    offset: tuple[int, int],
    seed: int,
    data: st.DataObject,
) -> None:
    random = np.random.default_rng(seed)
    values = random.normal(size=(2, 17, 19)).astype(np.float32)
    up, down = zip(*factors, strict=True)
    size = Coordinate(3 * 4, 3 * 4.6)
    array = _resampled(
        values, up, down, order, axes="cyx", voxel_size=size, offset=size * offset
    )
    whole = array[array.roi]
    assert whole.shape == (2, *array.shape)
    begin = [data.draw(st.integers(0, n - 1)) for n in array.shape]
    end = [
        data.draw(st.integers(b, n)) for b, n in zip(begin, array.shape, strict=True)
    ]
    extent = [e - b for b, e in zip(begin, end, strict=True)]
    box = Roi(array.roi.offset + array.voxel_size * begin, array.voxel_size * extent)
    crop = whole[:, begin[0] : end[0], begin[1] : end[1]]
    np.testing.assert_array_equal(array[box], crop)


def test_grid_follows_a_source_off_the_grid() -> None:
    """Voxels of the result never straddle a border between source voxels."""
    place = {"voxel_size": (10, 4), "offset": (25, 3)}
    array = _resampled(np.arange(24.0).reshape(4, 6), (2, 1), (1, 2), 0, **place)
    assert array.roi == Roi((25, 3), (40, 24))
    np.testing.assert_array_equal(array[array.roi][:2, 0], [1, 1])


@pytest.mark.parametrize(
    ("up", "down", "match"),
    [
        ((3, 1), (1, 1), "no exact number"),
        ((1, 1, 1), (1, 1, 1), "3 factors"),
        ((1.5, 1), (1, 1), "whole numbers"),
        ((1, 1), (1, 99), "no whole voxel"),
    ],
)
def test_factors_that_do_not_fit(up: Any, down: Any, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        _resampled(np.zeros((4, 4)), up, down, 1, voxel_size=(40, 4))


def test_zero_means_no_change() -> None:
    array = _resampled(np.zeros((4, 4)), (0, 2), (0, 0), 1, voxel_size=(40, 4))
    assert array.voxel_size == (40, 2)
    assert array.scale == [1.0, 2.0]


def test_order_may_be_a_truth_value() -> None:
    config = ResampledArrayConfig("r", in_memory([1]), (1,), (1,), interp_order=True)
    assert config.interp_order == 1
    with pytest.raises(ConfigError, match="interp_order"):
        ResampledArrayConfig("r", in_memory([1]), (1,), (1,), interp_order=4)
