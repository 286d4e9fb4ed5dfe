"""The three distance tasks: what their configs accept, and their parts."""

import attrs
import numpy as np
import pytest
import torch

from napari_dacapo.arrays import NumpyArray
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks import (
    DistanceTaskConfig,
    HotDistanceTaskConfig,
    InnerDistanceTaskConfig,
)

CONFIGS = [DistanceTaskConfig, HotDistanceTaskConfig, InnerDistanceTaskConfig]
all_configs = pytest.mark.parametrize("config_type", CONFIGS)


def create(config_type, **options):
    settings = {"channels": ["mito", "er"], "clip_distance": 50, "tol_distance": 10}
    return config_type("task", **(settings | options))


@all_configs
def test_a_valid_config_makes_a_task(config_type):
    config = create(config_type, scale_factor=23.5)
    assert config.verify() == (True, f"{config_type.__name__} 'task' is valid")
    task = config.create_task()
    assert type(task) is config.task_type
    assert task.evaluator.channels == ["mito", "er"]
    assert task.predictor.scale_factor == 23.5
    assert [p.threshold for p in task.parameters] == [100, 127, 150]


@all_configs
@pytest.mark.parametrize(
    ("channels", "complaint"),
    [
        ([], "channels: the list is empty"),
        (["a", "b", "a"], "channels: a occurs more than once"),
        (["a", " "], "channels: ' ' is no name"),
    ],
)
def test_channels_must_be_named(config_type, channels, complaint):
    config = create(config_type, channels=channels)
    valid, reason = config.verify()
    assert not valid
    assert complaint in reason
    with pytest.raises(ConfigError, match=complaint):
        config.create_task()


@all_configs
@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        (
            "scale_factor",
            0,
            "scale_factor: 0 is out of range; it must be great",
        ),
        ("scale_factor", float("nan"), "scale_factor: nan is out of range"),
        ("clip_distance", -1, "clip_distance: -1 is out of range"),
        ("tol_distance", -1, "tol_distance: -1 is out of range; it must be at least 0"),
    ],
)
def test_lengths_must_be_positive(config_type, option, value, complaint):
    with pytest.raises(ConfigError, match=complaint):
        create(config_type, **{option: value})


def test_bounds_must_be_in_order():
    config = create(DistanceTaskConfig, clipmin=0.5, clipmax=0.5)
    complaint = "clipmin: 0.5 must be less than clipmax (0.5)"
    assert config.verify() == (False, complaint)


def test_an_even_kernel_is_refused():
    valid, reason = create(HotDistanceTaskConfig, kernel_size=2).verify()
    assert not valid
    assert reason.startswith("kernel_size: 2 is even")


def test_one_channel_may_be_given_as_text():
    assert create(DistanceTaskConfig, channels="mito").channels == ["mito"]


@all_configs
def test_lengths_have_units_and_all_fields_help(config_type):
    fields = attrs.fields_dict(config_type)
    for name in ("clip_distance", "tol_distance", "scale_factor"):
        assert fields[name].metadata["unit"] == "nm"
    assert all(field.metadata["help_text"] for field in fields.values())


def test_masks_are_balanced_apart_from_distances():
    config = create(HotDistanceTaskConfig)
    assert not config.mask_distances
    assert config.create_task().predictor.kernel_size == 1


def test_hot_distances_are_bounded_in_evaluation():
    from napari_dacapo.nn.activations import HotDistanceActivation

    logits = torch.tensor([[-100.0, 0.0, -3.0, 0.25]]).reshape(1, 4, 1, 1)
    found = HotDistanceActivation()(logits).flatten().tolist()
    assert found == [0, 0.5, -1, 0.25]


@all_configs
@pytest.mark.parametrize("objects", ["mask", "regions", "watershed"])
def test_objects_can_be_told_apart_and_scored(config_type, objects):
    config = create(
        config_type, channels="mito", objects=objects, thresholds=[130, 200]
    )
    task = config.create_task()
    is_hot = config_type is HotDistanceTaskConfig
    assert len(task.parameters) == 2
    truth = np.zeros((8, 20), int)
    truth[2:6, 2:8] = truth[2:6, 11:17] = 1
    prediction = np.full((1 + is_hot, *truth.shape), 50, np.uint8)
    prediction[-1][truth > 0] = 220
    found = task.post_processor.process_block(prediction, task.parameters[0])
    assert found.max() == (1 if objects == "mask" else 2)
    size = Coordinate(8, 4)
    roi = Roi((0, 0), size * truth.shape)
    output, gt = (
        NumpyArray.from_np_array(values.reshape(truth.shape), roi, size, ["y", "x"])
        for values in (found, truth)
    )
    assert task.evaluator.evaluate_arrays(output, gt).dice == 1


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"objects": "regions"}, "objects: 'regions' tells objects of one kind apart"),
        ({"thresholds": []}, "thresholds: the list is empty"),
        ({"thresholds": [300]}, "thresholds: 300 is out of range; it must be at least"),
        ({"thresholds": [1, 1]}, "thresholds: a value occurs more than once"),
        (
            {"channels": "er", "objects": "watershed", "thresholds": [100]},
            "thresholds: 100 is out of range; it must be at least 127",
        ),
    ],
)
def test_choices_about_the_segmentation_are_checked(options, complaint):
    valid, reason = create(DistanceTaskConfig, **options).verify()
    assert not valid
    assert complaint in reason
