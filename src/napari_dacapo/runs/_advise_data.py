"""Proposes the data split: what is held out, how data are resampled and scaled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dacapo.arrays import (
    BinarizeArrayConfig,
    CropArrayConfig,
    IntensitiesArrayConfig,
)
from napari_dacapo.datasplits import TrainValidateDataSplitConfig
from napari_dacapo.datasplits.datasets import DatasetConfig, RawGTDatasetConfig
from napari_dacapo.geometry import Roi

from ._inputs import resampled_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo.arrays import ArrayConfig

    from ._plan import Plan

    DataPair = tuple[ArrayConfig, ArrayConfig]

#: fraction of a volume that is held out where no validation data are given
HELD_OUT = 0.2
#: name of the class of everything that is labelled
EVERYTHING = "foreground"
#: tasks that take a label volume as it is, rather than a mask for each class
LABEL_TASKS = ("one_hot", "affinities")


def propose_datasplit(
    plan: Plan, train: Sequence[DataPair], validate: Sequence[DataPair]
) -> TrainValidateDataSplitConfig:
    """Return the volumes, at the voxel size and in the range that are learned at."""
    if not validate:
        train, validate = _hold_out(plan, train)
    low, high = plan.facts.intensities
    plan.because(
        "datasplit_config.train_configs[0].raw_config.min",
        f"Raw values {low:g} to {high:g}, all but the lowest and highest 1 %, become "
        "-1 to 1: networks learn faster from values around 0.",
    )
    return TrainValidateDataSplitConfig(
        f"{plan.name}_data",
        _datasets(plan, "train", train),
        _datasets(plan, "validate", validate),
    )


def channels(plan: Plan) -> dict[str, tuple[int, ...]]:
    """Return the labels of each class that gets a mask of its own; none means all."""
    return plan.classes or {EVERYTHING: ()}


def _hold_out(
    plan: Plan, train: Sequence[DataPair]
) -> tuple[Sequence[DataPair], Sequence[DataPair]]:
    """Return the data without the end of the first volume, and that end."""
    (raw, labels), *others = train
    roi = labels.create_array().roi.intersect(raw.create_array().roi)
    axis = roi.shape.index(max(roi.shape))
    voxels = roi.shape / plan.voxel_size
    cut = (voxels[axis] * (1 - HELD_OUT)) // 1
    shape = list(roi.shape)
    shape[axis] = cut * plan.voxel_size[axis]
    kept = Roi(roi.offset, shape)
    offset = list(roi.offset)
    offset[axis] += shape[axis]
    shape[axis] = roi.shape[axis] - shape[axis]
    held = Roi(offset, shape)
    plan.because(
        "datasplit_config.validate_configs",
        f"No validation data were given: the last {100 * HELD_OUT:.0f} % of the first "
        f"volume along {'zyx'[-roi.dims :][axis]} ({held} nm) are kept out of the "
        "training.",
    )
    parts = (
        CropArrayConfig(f"{labels.name}_{kind}", labels, part)
        for kind, part in (("train", kept), ("validate", held))
    )
    return [(raw, next(parts)), *others], [(raw, next(parts))]


def _datasets(plan: Plan, kind: str, pairs: Sequence[DataPair]) -> list[DatasetConfig]:
    return [
        _dataset(plan, f"{kind}_{number}", raw, labels)
        for number, (raw, labels) in enumerate(pairs)
    ]


def _dataset(
    plan: Plan, name: str, raw: ArrayConfig, labels: ArrayConfig
) -> RawGTDatasetConfig:
    low, high = plan.facts.intensities
    scaled = IntensitiesArrayConfig(
        f"{name}_raw", resampled_to(raw, plan.voxel_size), (low + high) / 2, high
    )
    gt = resampled_to(labels, plan.voxel_size, interp_order=0)
    if plan.task not in LABEL_TASKS:
        groupings = [(c, list(ids)) for c, ids in channels(plan).items()]
        gt = BinarizeArrayConfig(f"{name}_gt", gt, groupings=groupings)
    return RawGTDatasetConfig(name, raw_config=scaled, gt_config=gt)
