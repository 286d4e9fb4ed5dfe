"""A small real project: synthetic cells, a small network, a few real iterations."""

from __future__ import annotations

import attrs

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.arrays import BinarizeArrayConfig, ZarrArrayConfig
from napari_dacapo.datasplits import TrainValidateDataSplitConfig
from napari_dacapo.datasplits.datasets import RawGTDatasetConfig
from napari_dacapo.runs import RunConfig
from napari_dacapo.samples import CLASS_NAMES, ORGANELLE, synthetic_cells, write_sample
from napari_dacapo.tasks import DistanceTaskConfig
from napari_dacapo.trainers import GunpowderTrainerConfig

SHAPE = (16, 64, 64)
VOXEL_SIZE = (40, 8, 4)
CHANNEL = CLASS_NAMES[ORGANELLE]


def dataset_config(folder, name, seed):
    """Write a sample volume and return the dataset made of it."""
    sample = synthetic_cells(SHAPE, VOXEL_SIZE, (400, 80, 40), seed, cell_size=400)
    places = write_sample(folder / f"{name}.zarr", sample)
    raw, classes = (
        ZarrArrayConfig(f"{name} {kind}", place.container, place.dataset)
        for kind, place in places.items()
        if kind in ("raw", "classes")
    )
    truth = BinarizeArrayConfig(f"{name} truth", classes, [(CHANNEL, [ORGANELLE])])
    return RawGTDatasetConfig(name, raw_config=raw, gt_config=truth)


def run_config(folder, name="cells", num_iterations=6, **changes):
    """Return the config of a run that takes seconds."""
    config = RunConfig(
        task_config=DistanceTaskConfig("organelles", [CHANNEL], 40.0, 40.0, 40.0),
        architecture_config=CNNectomeUNetConfig(
            "small",
            input_shape=(8, 32, 32),
            fmaps_out=4,
            fmaps_in=1,
            num_fmaps=4,
            fmap_inc_factor=2,
            downsample_factors=[(1, 2, 2)],
            padding="same",
        ),
        trainer_config=GunpowderTrainerConfig(
            "quick", batch_size=2, learning_rate=1e-3, num_data_fetchers=0
        ),
        datasplit_config=TrainValidateDataSplitConfig(
            "cells",
            train_configs=[dataset_config(folder, "train", 1)],
            validate_configs=[dataset_config(folder, "crop", 2)],
        ),
        name=name,
        num_iterations=num_iterations,
        validation_interval=3,
    )
    return attrs.evolve(config, **changes)
