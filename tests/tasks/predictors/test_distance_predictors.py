"""The three predictors of squashed distances: what the golden data do not cover."""

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks.predictors import (
    DistancePredictor,
    HotDistancePredictor,
    InnerDistancePredictor,
)

SCALE = 20.0


def predictors(channels):
    return [
        DistancePredictor(channels, SCALE, mask_distances=True),
        DistancePredictor(channels, SCALE, mask_distances=False),
        InnerDistancePredictor(channels, SCALE),
        HotDistancePredictor(channels, SCALE, mask_distances=True),
        HotDistancePredictor(channels, SCALE, mask_distances=False),
    ]


def array(data, voxel_size, offset=None):
    """Return an array with a channel axis if `data` has one axis more than space."""
    dims = len(voxel_size)
    offset = Coordinate(offset or (0,) * dims)
    roi = Roi(offset, Coordinate(data.shape[-dims:]) * voxel_size)
    axes = ["c"] * (data.ndim - dims) + list("zyx"[-dims:])
    return NumpyArray.from_np_array(data, roi, voxel_size, axes)


objects = hnp.arrays(np.uint8, (2, 6, 7), elements=st.integers(0, 1))


@given(objects)
def test_the_sign_of_a_distance_is_the_label(labels):
    gt = array(labels, (4.6, 8), offset=(2.3, -16))
    target = predictors(["a", "b"])[0].create_target(gt)
    assert target.dtype == np.float32
    assert ((target.data > 0) == (labels == 1)).all()
    assert (np.abs(target.data) <= 1).all()


@given(objects)
def test_inner_distances_are_the_positive_distances(labels):
    gt = array(labels, (4.6, 8))
    distance, _, inner, hot, _ = (p.create_target(gt) for p in predictors(["a", "b"]))
    assert (inner.data == np.maximum(distance.data, 0)).all()
    assert (hot.data[:2] == labels).all()
    assert (hot.data[2:] == distance.data).all()


@given(objects, hnp.arrays(np.uint8, (1, 6, 7), elements=st.integers(0, 1)))
def test_weights_are_zero_where_the_mask_is(labels, mask):
    gt = array(labels, (4, 8))
    for predictor in predictors(["a", "b"]):
        target = predictor.create_target(gt)
        for used in (array(mask, (4, 8)), array(mask[0], (4, 8))):
            weight, _ = predictor.create_weight(gt, target, used)
            assert weight.data.shape == target.data.shape
            assert not weight.data[:, mask[0] == 0].any()


def test_distances_that_the_border_makes_unknown_have_no_weight():
    labels = np.zeros((1, 1, 12), np.uint8)
    labels[..., 8:] = 1
    gt = array(labels, (400, 4))
    mask = array(np.ones_like(labels), (400, 4))
    predictor = DistancePredictor(["a"], 10, mask_distances=True)
    weight, _ = predictor.create_weight(gt, predictor.create_target(gt), mask)
    # border at 4, 8, ... nm from the left, object at 30, 26, ... nm; beyond 11 nm
    # everything is far
    known = weight.data[0, 0] > 0
    assert known.tolist() == [False] * 2 + [True] * 8 + [False] * 2


@pytest.mark.parametrize("predictor", predictors(["a"]), ids=lambda p: type(p).__name__)
@pytest.mark.parametrize(
    ("voxel_size", "offset"), [((4.6, 8), (1.5, 3)), ((40, 8, 4), (1, 2, 3))]
)
def test_regions_stay_on_the_voxel_grid(predictor, voxel_size, offset):
    voxel_size = Coordinate(voxel_size)
    roi = Roi(offset, voxel_size * 10)
    region = predictor.gt_region_for_roi(roi, voxel_size)
    assert region.contains(roi)
    assert (region.offset - roi.offset).is_multiple_of(voxel_size)
    assert region.shape.is_multiple_of(voxel_size)
    padding = predictor.padding(voxel_size)
    assert roi.grow(padding, padding).contains(region)


def test_ground_truth_must_have_the_channels_of_the_task():
    gt = array(np.zeros((3, 4, 4), np.uint8), (4, 4))
    with pytest.raises(DataError, match="has 3 channels, but the task has 2: a, b"):
        predictors(["a", "b"])[0].create_target(gt)


@pytest.mark.parametrize(("low", "high"), [(0, 2), (-1, 1)])
def test_ground_truth_must_be_binary(low, high):
    gt = array(np.array([[[low, high]]]), (4, 4))
    with pytest.raises(DataError, match=f"labels from {low} to {high}, but this task"):
        predictors(["a"])[0].create_target(gt)


def test_a_mask_must_have_one_channel_or_those_of_the_task():
    gt = array(np.zeros((2, 4, 4), np.uint8), (4, 4))
    mask = array(np.ones((3, 4, 4), np.uint8), (4, 4))
    for predictor in predictors(["a", "b"]):
        target = predictor.create_target(gt)
        with pytest.raises(DataError, match="the mask has 3 channels; it needs 1 or"):
            predictor.create_weight(gt, target, mask)
