"""Affinities and descriptors of a part of the ground truth, and the region needed."""

import numpy as np
import pytest

from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks.predictors import AffinitiesPredictor

OFFSETS = [(1, 0, 0), (0, -3, 0), (0, 0, 9)]
VOXEL_SIZE = Coordinate(40, 8, 4.6)
TARGET = Roi((120, 80, 46), VOXEL_SIZE * 6)


def predictor(**options):
    return AffinitiesPredictor(OFFSETS, lsds_sigma=40, **options)


def ground_truth(region):
    shape = (region.shape / VOXEL_SIZE).as_integers()
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, shape, np.uint64) * np.uint64(2**62)
    return NumpyArray.from_np_array(labels, region, VOXEL_SIZE, "zyx")


@pytest.mark.parametrize("lsds", [False, True])
@pytest.mark.parametrize("background_as_object", [False, True])
def test_the_region_is_all_that_the_target_depends_on(lsds, background_as_object):
    made = predictor(lsds=lsds, background_as_object=background_as_object)
    wide = ground_truth(TARGET.grow(VOXEL_SIZE * 40, VOXEL_SIZE * 40))
    region = made.gt_region_for_roi(TARGET, VOXEL_SIZE)
    narrow = NumpyArray.from_np_array(wide[region], region, VOXEL_SIZE, "zyx")
    expected = made.create_target(wide)[TARGET]
    found = made.create_target(narrow, TARGET)
    assert found.roi == TARGET
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.data, expected, atol=1e-5)
    assert len(found.data) == (13 if lsds else 3)


def test_the_region_without_descriptors_reaches_as_far_as_the_offsets():
    region = predictor(lsds=False).gt_region_for_roi(TARGET, VOXEL_SIZE)
    assert region == TARGET.grow((0, 3 * 8, 0), (40, 0, 9 * 4.6))


def test_the_region_with_descriptors_reaches_three_sigma_in_whole_voxels():
    region = predictor(lsds=True).gt_region_for_roi(TARGET, VOXEL_SIZE)
    reach = VOXEL_SIZE * (3, 15, 27)  # 120 nm: 26.1 voxels of 4.6 nm
    assert region == TARGET.grow(reach, reach)


def test_the_window_is_20_times_the_longest_edge_of_a_voxel():
    assert AffinitiesPredictor(OFFSETS, lsds=True).sigma(VOXEL_SIZE) == 800
    assert predictor(lsds=True).sigma(VOXEL_SIZE) == 40


def test_weights_cover_the_target_and_count_it_alone():
    made = predictor(lsds=True)
    gt = ground_truth(made.gt_region_for_roi(TARGET, VOXEL_SIZE))
    mask = NumpyArray.from_np_array(
        np.ones((1, *gt.shape), np.uint8), gt.roi, VOXEL_SIZE, "czyx"
    )
    target = made.create_target(gt, TARGET)
    weight, counts = made.create_weight(gt, target, mask)
    assert weight.roi == TARGET
    assert weight.data.shape == target.data.shape
    assert counts["affinities"][0][0][1] == 6**3 + 1
    assert (weight.data[3:] == weight.data[3]).all()
    foreground = gt[TARGET] != 0
    assert counts["lsds"][0][1][0] == np.count_nonzero(foreground)


def test_a_mask_must_have_one_channel():
    made = predictor(lsds=False)
    gt = ground_truth(TARGET)
    mask = NumpyArray.from_np_array(
        np.ones((2, *gt.shape), np.uint8), gt.roi, VOXEL_SIZE, "czyx"
    )
    with pytest.raises(DataError, match="the mask has 2 channels; it needs 1"):
        made.create_weight(gt, made.create_target(gt), mask)
