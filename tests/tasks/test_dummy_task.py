"""The dummy task."""

import numpy as np
import pytest

from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Roi
from napari_dacapo.tasks import DummyTask, DummyTaskConfig

CONFIG = DummyTaskConfig("dummy", embedding_dims=4, detection_threshold=0.5)


def test_it_is_never_valid():
    valid, reason = CONFIG.verify()
    assert not valid
    assert reason.endswith("is never valid")
    with pytest.raises(ConfigError, match="is never valid"):
        CONFIG.create_task()


def test_it_predicts_zeros():
    predictor = DummyTask(CONFIG).predictor
    roi = Roi((4, 8), (12, 40))
    gt = NumpyArray.from_np_array(np.ones((3, 5), int), roi, (4, 8), ["y", "x"])
    target = predictor.create_target(gt)
    weight, counts = predictor.create_weight(gt, target, gt)
    assert target.data.shape == weight.data.shape == (4, 3, 5)
    assert not target.data.any()
    assert (weight.data == 1).all()
    assert counts is None
    assert predictor.output_array_type.dims == 4
