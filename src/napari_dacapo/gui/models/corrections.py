"""Segmentations that a person corrects, and training with what was corrected."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import attrs
import numpy as np

from napari_dacapo.arrays import (
    BinarizeArrayConfig,
    CropArrayConfig,
    ZarrArrayConfig,
)
from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.datasplits import TrainValidateDataSplitConfig
from napari_dacapo.datasplits.datasets import RawGTDatasetConfig
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.gui._box_facts import reach_of
from napari_dacapo.gui._box_splits import without_places
from napari_dacapo.gui._experiment_splits import configs_in

from .boxes import Grid
from .forks import Fork, fork_of

if TYPE_CHECKING:
    from pathlib import Path

    from napari_dacapo.arrays import Array, ArrayConfig
    from napari_dacapo.gui._regions import Region
    from napari_dacapo.runs import RunConfig

    from .editing import Editing
    from .preview import Preview

#: subfolder of the project for labels that were corrected
FOLDER = "data/corrections"


def train_with(
    editing: Editing, folder: Path, region: Region | None
) -> tuple[Fork, str]:
    """Store corrected labels and add them to a fork of the run that made them.

    Called in workers only.

    Parameters
    ----------
    editing : Editing
        The labels, after they were painted on.
    folder : Path
        The project folder.
    region : Region or None
        Where the labels can be trusted; `None` for around what was painted.

    Returns
    -------
    (Fork, str)
        The fork, not stored yet, and what to tell about it.

    Raises
    ------
    DataError
        If nothing was painted, or the run's data cannot be added to.
    """
    result, before = editing.preview.result, editing.before
    trusted = _painted(editing) if region is None else region.within(before.roi)
    trusted = (trusted - before.roi.begin).snap_to_grid(before.voxel_size)
    trusted = (trusted + before.roi.begin).intersect(before.roi)
    template = _validated(editing.config, result.dataset)
    truth = _truth_of(editing.preview)
    place = _store(editing, folder, f"{result.run} {result.dataset}")
    datasplit = editing.config.datasplit_config
    corrected = RawGTDatasetConfig(
        _free_name("corrections", [c.name for c in datasplit.train_configs]),
        raw_config=template.raw_config,
        gt_config=_gt_config(place, trusted, template, before),
    )
    datasplit, notes = _added(datasplit, template, corrected, trusted, truth)
    fork = fork_of(folder, result.run, result.iteration, f"{result.run}_corrected")
    forked = attrs.evolve(fork.config, datasplit_config=datasplit)
    return attrs.evolve(fork, config=forked), notes


def _painted(editing: Editing) -> Roi:
    """Return what was painted, and as much around it as the network puts out."""
    before = editing.before
    painted = editing.changed()
    if painted is None:
        raise DataError(
            "nothing was painted yet; correct the labels first, or choose another "
            "region to train on if they are right as they are"
        )
    grid = Grid(before.roi, before.voxel_size, tuple(before.spatial_axes))
    reach = reach_of(editing.config.architecture_config, grid)
    if reach is None:
        return painted
    sides = zip(reach.output, painted.shape, strict=True)
    more = Coordinate(max(0, least - side) for least, side in sides) / 2
    grown = painted.grow(more, more)
    return grown.shift(_into(grown, before.roi)).intersect(before.roi)


def _into(roi: Roi, whole: Roi) -> Coordinate:
    """Return by how much `roi` has to move to lie inside of `whole`, if it can."""
    return Coordinate(
        max(low - a, 0) + min(high - b, 0)
        for a, b, low, high in zip(
            roi.begin, roi.end, whole.begin, whole.end, strict=True
        )
    )


def _validated(config: RunConfig, name: str) -> RawGTDatasetConfig:
    datasplit = config.datasplit_config
    for dataset in getattr(datasplit, "validate_configs", ()):
        plain = isinstance(datasplit, TrainValidateDataSplitConfig)
        if plain and isinstance(dataset, RawGTDatasetConfig) and dataset.name == name:
            return dataset
    raise DataError(
        f"{name!r} is not among the validation data of run {config.name!r} as it is "
        "configured, so its raw data are not known; add the corrected labels to the "
        "training data by hand"
    )


def _truth_of(preview: Preview) -> Roi:
    """Return where there is ground truth to validate on (nm)."""
    if preview.dataset is None or preview.dataset.gt is None:
        raise DataError(
            f"the data of {preview.result.dataset!r} cannot be opened any more; put "
            "their files back, then train with the corrections"
        )
    roi: Roi = preview.dataset.gt.roi
    return roi


def _store(editing: Editing, folder: Path, name: str) -> ZarrArrayConfig:
    """Write the labels to a container of their own, which appears when complete."""
    from napari_dacapo.arrays._ome_zarr import create_image
    from napari_dacapo.store.atomic import atomic_folder
    from napari_dacapo.store.names import safe_file_name

    before = editing.before
    stem = safe_file_name(f"{name} {uuid.uuid4().hex[:6]}")
    container = folder / FOLDER / f"{stem}.zarr"
    has_channels = CHANNEL_AXIS in before.axes
    values = editing.values.astype(np.uint8) if has_channels else editing.values
    with atomic_folder(container) as partial:
        array = create_image(
            partial,
            "",
            axes=before.axes,
            roi=before.roi,
            voxel_size=before.voxel_size,
            num_channels=len(values) if has_channels else None,
            dtype=values.dtype,
            labels=True,
        )
        array[before.roi] = values
    return ZarrArrayConfig(f"corrected {name}", container, "s0")


def _gt_config(
    place: ZarrArrayConfig, region: Roi, template: RawGTDatasetConfig, before: Array
) -> ArrayConfig:
    """Return the corrected labels of a region, as classes if the truth has any."""
    cropped = CropArrayConfig(f"{place.name}_box", place, region)
    grouped = [
        c for c in configs_in(template.gt_config) if isinstance(c, BinarizeArrayConfig)
    ]
    if CHANNEL_AXIS in before.axes or not grouped or len(grouped[0].groupings) != 1:
        return cropped
    [(title, _)] = grouped[0].groupings
    return BinarizeArrayConfig(f"{place.name}_classes", cropped, [(title, [])])


def _added(
    datasplit: TrainValidateDataSplitConfig,
    template: RawGTDatasetConfig,
    corrected: RawGTDatasetConfig,
    region: Roi,
    truth: Roi,
) -> tuple[TrainValidateDataSplitConfig, str]:
    """Return a data split that trains on the corrections and validates elsewhere."""
    validate = [
        without_places(dataset, [region], truth) if dataset is template else dataset
        for dataset in datasplit.validate_configs
        if dataset is not template or not region.contains(truth)
    ]
    notes = f"The labels at {region} nm are trained on, and not validated on any more."
    if not validate:
        notes += (
            " No volume is left to validate on: choose another one, or nothing tells "
            "when the network is best."
        )
    train = [*datasplit.train_configs, corrected]
    return attrs.evolve(
        datasplit, train_configs=train, validate_configs=validate
    ), notes


def _free_name(name: str, taken: list[str]) -> str:
    number = 1
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
