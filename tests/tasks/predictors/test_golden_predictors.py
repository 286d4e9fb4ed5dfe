"""Targets, weights, counts and regions agree with the original program."""

import numpy as np
import pytest

import golden_data
from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.store.converter import from_doc
from napari_dacapo.tasks import TaskConfig

ARRAYS = golden_data.load("predictors")[1]


def create_predictor(case):
    config = from_doc(case["task"], TaskConfig)
    return config.task_type(config).predictor


def array(name, roi, voxel_size, axes):
    return NumpyArray.from_np_array(ARRAYS[name], Roi(**roi), voxel_size, axes)


@pytest.mark.parametrize("case", golden_data.cases("predictors", "predictor"))
def test_targets_weights_and_counts(case):
    predictor, voxel_size = create_predictor(case), case["voxel_size"]
    counts = None
    for call in case["expect"]["calls"]:
        gt = array(call["gt"], call["roi"], voxel_size, call["axes"])
        mask = array(call["mask"], call["roi"], voxel_size, call["mask_axes"])
        target = predictor.create_target(gt)
        assert target.axes == call["target_axes"]
        assert target.dtype == call["target_dtype"]
        assert target.roi == gt.roi
        np.testing.assert_allclose(target.data, ARRAYS[call["target"]], **case["tol"])
        weight, counts = predictor.create_weight(gt, target, mask, counts)
        assert weight.axes == call["weight_axes"]
        assert weight.data.shape == target.data.shape
        assert weight.roi == target.roi
        if call["weight"] is not None:
            np.testing.assert_allclose(
                weight.data, ARRAYS[call["weight"]], **case["tol"]
            )
            assert counts == call["counts_after"]


@pytest.mark.parametrize("case", golden_data.cases("predictors", "predictor"))
def test_regions_and_types(case):
    predictor, expect = create_predictor(case), case["expect"]
    voxel_size = Coordinate(case["voxel_size"])
    padding = predictor.padding(voxel_size)
    assert padding == tuple(expect["padding"])
    array_type = predictor.output_array_type
    assert type(array_type).__name__ == expect["output_array_type"]
    assert array_type.interpolatable == expect["interpolatable"]
    for region in expect["gt_region"]:
        roi = Roi(**region["roi"])
        found = predictor.gt_region_for_roi(roi, voxel_size)
        if "gt_roi" in region:
            assert found == Roi(**region["gt_roi"])
        else:
            assert found.contains(roi)
            assert roi.grow(padding, padding).contains(found)


@pytest.mark.parametrize("case", golden_data.cases("predictors", "predictor_error"))
def test_what_is_refused(case):
    roi = Roi(**case["roi"])
    data = ARRAYS[case["gt"]]
    voxel_size = roi.shape / data.shape[1:]
    gt = NumpyArray.from_np_array(data, roi, voxel_size, ["c", "z", "y", "x"])
    with pytest.raises(DataError, match="needs a single label volume"):
        create_predictor(case).create_target(gt)
