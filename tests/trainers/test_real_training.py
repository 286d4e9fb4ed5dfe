"""Training on stored arrays, with the real network and the real tasks."""

import numpy as np
import pytest
import torch

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.arrays import BinarizeArrayConfig, ZarrArray, ZarrArrayConfig
from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.datasplits.datasets import RawGTDatasetConfig
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks import (
    AffinitiesTaskConfig,
    DistanceTaskConfig,
    HotDistanceTaskConfig,
    InnerDistanceTaskConfig,
    OneHotTaskConfig,
)
from napari_dacapo.trainers import GunpowderTrainerConfig
from napari_dacapo.trainers.augments import (
    ElasticAugmentConfig,
    IntensityAugmentConfig,
    SimpleAugmentConfig,
)

VOXEL_SIZE = Coordinate(40, 8, 8)
SHAPE = (12, 48, 48)
DISTANCES = {"clip_distance": 80, "tol_distance": 16, "scale_factor": 40}
TASKS = {
    "distance": DistanceTaskConfig("t", ["cell"], **DISTANCES),
    "inner distance": InnerDistanceTaskConfig("t", ["cell"], **DISTANCES),
    "hot distance": HotDistanceTaskConfig("t", ["cell"], **DISTANCES),
    "one hot": OneHotTaskConfig("t", ["background", "a", "b"]),
    "affinities": AffinitiesTaskConfig("t", [(1, 0, 0), (0, 1, 0), (0, 0, -3)]),
    "affinities and descriptors": AffinitiesTaskConfig(
        "t", [(1, 0, 0), (0, 1, 0)], lsds=True
    ),
}


def store(container, name, values, voxel_size):
    array = ZarrArray.create_from_array_identifier(
        LocalArrayIdentifier(container, name),
        ["z", "y", "x"],
        Roi((80, 0, 16), Coordinate(values.shape) * voxel_size),
        None,
        voxel_size,
        values.dtype,
        write_size=Coordinate(4, 16, 16) * voxel_size,
    )
    array[array.roi] = values
    return ZarrArrayConfig(name, container, name)


def create_dataset(tmp_path, channels, voxel_size):
    """Return a dataset on disk; labels are grouped into channels if there are any."""
    generator = np.random.default_rng(0)
    cells = generator.integers(0, 3, [n // 4 for n in SHAPE])
    labels = np.kron(cells, np.ones((4, 4, 4), int)).astype(np.uint64)
    raw = (labels > 0) * 120 + generator.integers(0, 60, SHAPE)
    container = tmp_path / "data.zarr"
    mask = np.zeros(SHAPE, np.uint8)
    mask[2:] = 1
    gt = store(container, "labels", labels, voxel_size)
    if channels:
        gt = BinarizeArrayConfig("cell", gt, [("cell", [])])
    return RawGTDatasetConfig(
        "cells",
        raw_config=store(container, "raw", raw.astype(np.uint8), voxel_size),
        gt_config=gt,
        mask_config=store(container, "mask", mask, voxel_size),
    ).create_dataset()


def create_model(task):
    config = CNNectomeUNetConfig(
        name="net",
        input_shape=(8, 32, 32),
        fmaps_out=4,
        fmaps_in=1,
        num_fmaps=4,
        fmap_inc_factor=2,
        downsample_factors=[(1, 2, 2)],
        kernel_size_down=[[(1, 3, 3)] * 2, [(3, 3, 3)] * 2],
        kernel_size_up=[[(1, 3, 3)] * 2],
    )
    torch.manual_seed(0)
    return task.create_model(config.create_architecture())


@pytest.mark.parametrize("name", TASKS)
def test_trains(name, tmp_path):
    task = TASKS[name].create_task()
    # shape descriptors look 60 of the largest voxel edges far
    voxel_size = Coordinate(8, 8, 8) if "descriptors" in name else VOXEL_SIZE
    channels = getattr(TASKS[name], "channels", None)
    dataset = create_dataset(tmp_path, channels, voxel_size)
    config = GunpowderTrainerConfig(
        "trainer",
        2,
        1e-3,
        num_data_fetchers=2,
        augments=[
            SimpleAugmentConfig(),
            ElasticAugmentConfig([4, 16, 16], [0, 8, 8], (0, 6.28)),
            IntensityAugmentConfig((0.9, 1.1), (-0.1, 0.1)),
        ],
        snapshot_interval=2,
    )
    model = create_model(task)
    with config.create_trainer() as trainer:
        optimizer = trainer.create_optimizer(model)
        trainer.build_batch_provider([dataset], model, task, tmp_path / "s.zarr")
        assert not trainer.warnings
        steps = trainer.iterate(3, model, optimizer, torch.device("cpu"))
        losses = [stats.loss for stats in steps]
        state = trainer.state_dict()
    assert all(0 < loss < 100 for loss in losses)
    torch.save(state, tmp_path / "trainer.pt")
    assert torch.load(tmp_path / "trainer.pt", weights_only=True) == state
    shown = trainer.preview([dataset], model, task, 1)
    assert shown["target"].data.shape[1:] == tuple(model.output_shape)
    assert np.isfinite(shown["weight"].data).all()
