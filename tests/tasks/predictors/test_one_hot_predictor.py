"""One-hot targets and their weights."""

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks.predictors import OneHotPredictor

PREDICTOR = OneHotPredictor(["background", "mito", "er"])


def array(data, axes):
    spatial = data.shape[axes.count("c") :]
    roi = Roi((4.6,) * len(spatial), Coordinate(spatial) * 4.6)
    return NumpyArray.from_np_array(data, roi, (4.6,) * len(spatial), axes)


labels = hnp.arrays(np.uint64, (4, 5, 6), elements=st.sampled_from([0, 1, 2, 3, 2**63]))
masks = hnp.arrays(np.uint8, (4, 5, 6), elements=st.integers(0, 1))


@given(labels, masks)
def test_targets_and_weights(gt_data, mask_data):
    gt, mask = array(gt_data, "zyx"), array(mask_data, "zyx")
    target = PREDICTOR.create_target(gt)
    assert target.dtype == np.uint8
    assert target.axes == ["c", "z", "y", "x"]
    for label in range(3):
        assert (target.data[label] == (gt_data == label)).all()
    weight, counts = PREDICTOR.create_weight(gt, target, mask)
    assert weight.dtype == np.float32
    used = (mask_data == 1) & (gt_data < 3)
    assert not weight.data[:, ~used].any()
    assert (weight.data[:, used] > 0).all()
    number = [np.count_nonzero(used & (gt_data == label)) for label in range(3)]
    assert counts == [[[n, 1 + used.sum()] for n in number]]
    for label, n in enumerate(number):
        fraction = np.clip(n / (1 + used.sum()), 0.05, 0.95)
        expected = 1 / (3 * fraction)
        of_label = weight.data[:, used & (gt_data == label)]
        np.testing.assert_allclose(of_label, expected, rtol=1e-6)


def test_several_channels_are_refused():
    with pytest.raises(DataError, match="has 2 channels, but this task needs a single"):
        PREDICTOR.create_target(array(np.zeros((2, 3, 3), np.uint8), "cyx"))
