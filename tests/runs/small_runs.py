"""Runs that are small enough to train in a test, on real files."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.arrays import (
    BinarizeArrayConfig,
    LocalArrayIdentifier,
    ZarrArray,
    ZarrArrayConfig,
)
from napari_dacapo.datasplits import TrainValidateDataSplitConfig
from napari_dacapo.datasplits.datasets import RawGTDatasetConfig
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.runs import RunConfig
from napari_dacapo.tasks import DistanceTaskConfig
from napari_dacapo.trainers import GunpowderTrainerConfig
from napari_dacapo.trainers.augments import (
    IntensityAugmentConfig,
    SimpleAugmentConfig,
)

#: per number of axes: voxel size (nm), offset (nm), shape of a volume (voxels)
PLACES = {
    2: ((4.6, 4.6), (46, -23), (72, 80)),
    3: ((40, 8, 4), (400, -80, 12), (14, 40, 44)),
}


def blobs(shape, seed):
    """Return raw (uint8) and labels (uint32) of bright blobs on noise."""
    rng = np.random.default_rng(seed)
    field = ndimage.gaussian_filter(rng.normal(size=shape), (1, 3, 3)[-len(shape) :])
    labels, _ = ndimage.label(field > np.quantile(field, 0.7))
    raw = 90 + 60 * (labels > 0) + rng.normal(scale=12, size=shape)
    return np.clip(raw, 0, 255).astype(np.uint8), labels.astype(np.uint32)


def write_volume(container, dims, seed, shift=0):
    """Write a volume to ``raw`` and ``labels`` of `container`, `shift` voxels away."""
    voxel_size, offset, shape = map(Coordinate, PLACES[dims])
    offset = offset + voxel_size * shift
    roi = Roi(offset, shape * voxel_size)
    for name, values in zip(
        ("raw", "labels"), blobs(shape.as_integers(), seed), strict=True
    ):
        array = ZarrArray.create_from_array_identifier(
            LocalArrayIdentifier(container, name),
            list("zyx"[-dims:]),
            roi,
            None,
            voxel_size,
            values.dtype,
        )
        array[roi] = values


def dataset_config(folder, dims, name, seed):
    container = folder / f"{name}.zarr"
    if not container.exists():
        write_volume(container, dims, seed)
    labels = ZarrArrayConfig(f"{name}_labels", container, "labels", mode="r")
    return RawGTDatasetConfig(
        name,
        raw_config=ZarrArrayConfig(f"{name}_raw", container, "raw", mode="r"),
        gt_config=BinarizeArrayConfig(f"{name}_gt", labels, groupings=[("blob", [])]),
    )


def small_run(folder, dims=3, name="small", **changes):
    """Return a run config on volumes that are written to `folder`."""
    flat = (3, 3) if dims == 2 else (1, 3, 3)
    deep = (3,) * dims
    settings = {
        "name": name,
        "num_iterations": 8,
        "validation_interval": 4,
        **changes,
    }
    return RunConfig(
        task_config=DistanceTaskConfig(
            "blobs",
            channels=["blob"],
            clip_distance=80,
            tol_distance=8,
            scale_factor=20,
        ),
        architecture_config=CNNectomeUNetConfig(
            "tiny",
            input_shape=(36, 36) if dims == 2 else (8, 28, 28),
            fmaps_out=4,
            fmaps_in=1,
            num_fmaps=4,
            fmap_inc_factor=2,
            downsample_factors=[(2, 2) if dims == 2 else (1, 2, 2)],
            kernel_size_down=[[flat, flat], [deep, deep]],
            kernel_size_up=[[flat, flat]],
        ),
        trainer_config=GunpowderTrainerConfig(
            "quick",
            batch_size=2,
            learning_rate=5e-3,
            num_data_fetchers=settings.pop("fetchers", 1),
            augments=[
                SimpleAugmentConfig(),
                IntensityAugmentConfig(scale=(0.9, 1.1), shift=(-0.1, 0.1)),
            ],
            warmup_iterations=2,
            schedule="cosine",
        ),
        datasplit_config=TrainValidateDataSplitConfig(
            "blobs",
            [dataset_config(folder, dims, f"train{dims}", 1)],
            [dataset_config(folder, dims, f"validate{dims}", 2)],
        ),
        **settings,
    )
