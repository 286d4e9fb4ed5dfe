"""Data splits made from boxes, and the boxes in a data split; opens no file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.arrays import (
    ArrayConfig,
    CropArrayConfig,
    ExceptBoxesArrayConfig,
    OnesArrayConfig,
    ResampledArrayConfig,
)
from napari_dacapo.datasplits import TrainValidateDataSplitConfig
from napari_dacapo.datasplits.datasets import RawGTDatasetConfig
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi, least_common_multiple

from ._experiment_splits import configs_in, leaf, replaced
from .models.boxes import Box, Grid, Use

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ._experiment_splits import Pair

_LISTS = {Use.TRAIN: "train_configs", Use.VALIDATE: "validate_configs"}


def boxes_of(datasplit: Any, pair: Pair) -> list[Box]:
    """Return the boxes to which a data split restricts the volume `pair`.

    Datasets that use all of the volume are no boxes.
    """
    if not isinstance(datasplit, TrainValidateDataSplitConfig):
        return []
    found: list[Box] = []
    for use, field in _LISTS.items():
        for dataset in _datasets(getattr(datasplit, field), pair):
            roi = _cropped_to(dataset.gt_config)
            found += [] if roi is None else [Box(use, roi)]
            ignored = (Box(Use.IGNORE, roi) for roi in _ignored(dataset.mask_config))
            found += [box for box in ignored if box not in found]
    return sorted(found, key=lambda box: list(Use).index(box.use))


def is_drawn(datasplit: Any, pair: Pair) -> bool:
    """Whether the parts of `pair` that are used can only be told by boxes.

    One part to train on and one to validate on may be told in words.
    """
    boxes = boxes_of(datasplit, pair)
    uses = [box.use for box in boxes]
    return Use.IGNORE in uses or len(uses) != len(set(uses))


def with_boxes(
    datasplit: TrainValidateDataSplitConfig,
    pair: Pair,
    boxes: Sequence[Box],
    grid: Grid,
) -> TrainValidateDataSplitConfig:
    """Return `datasplit` with the volume `pair` used as `boxes` say.

    Each box to train or to validate on becomes a dataset whose ground truth is cropped
    to it; raw data stay whole, for the network looks around. What is to be ignored is
    taken out by masks. Without a box to train or validate on, all of the volume is
    trained on.

    Raises
    ------
    ConfigError
        If there are boxes to validate on, but none to train on.
    """
    old = [d for f in _LISTS.values() for d in _datasets(getattr(datasplit, f), pair)]
    if not old:
        return datasplit
    template = _whole(old[0])
    used = {use: [b.roi for b in boxes if b.use is use] for use in Use}
    if used[Use.VALIDATE] and not used[Use.TRAIN]:
        raise ConfigError(
            "train: there are boxes to validate on, but none to train on; draw one, or "
            "change the use of a box"
        )
    changes: dict[str, Any] = {}
    for use, field in _LISTS.items():
        others = [d for d in getattr(datasplit, field) if d not in old]
        new = [_cropped(template, _on_grid(template, r, grid)) for r in used[use]]
        if use is Use.TRAIN and not new:
            new = [template]
        masked = [
            without_places(dataset, used[Use.IGNORE], grid.roi) for dataset in new
        ]
        changes[field] = [*_named(masked, use, others), *others]
    return attrs.evolve(datasplit, **changes)


def rows_without(
    pairs: tuple[list[Pair], list[Pair]],
    uses: tuple[list[Any], list[Any]],
    drawn: Sequence[Pair],
) -> tuple[tuple[list[Pair], list[Pair]], tuple[list[Any], list[Any]]]:
    """Return volumes and their uses in words, each volume with boxes only once.

    Parameters
    ----------
    pairs, uses
        As `pairs_of` and `uses_of` return them.
    drawn : sequence of pairs
        The volumes with boxes.
    """
    (train, validate), (train_uses, validate_uses) = pairs, uses
    kept = [i for i, p in enumerate(train) if p not in drawn or p not in train[:i]]
    others = [i for i, p in enumerate(validate) if p not in drawn]
    words = [("", "") if train[i] in drawn else train_uses[i] for i in kept]
    return (
        ([train[i] for i in kept], [validate[i] for i in others]),
        (words, [validate_uses[i] for i in others]),
    )


def _datasets(datasets: Sequence[Any], pair: Pair) -> Iterator[RawGTDatasetConfig]:
    """Yield the datasets of the volume `pair`."""
    for dataset in datasets:
        if isinstance(dataset, RawGTDatasetConfig):
            volume = leaf(dataset.raw_config), leaf(dataset.gt_config)
            if volume == tuple(pair):
                yield dataset


def _cropped_to(config: ArrayConfig | None) -> Roi | None:
    """Return the part that all crops in a chain of arrays have in common."""
    crops = [c.roi for c in configs_in(config) if isinstance(c, CropArrayConfig)]
    if not crops:
        return None
    common = crops[0]
    for roi in crops[1:]:
        common = common.intersect(roi)
    return common


def _ignored(config: ArrayConfig | None) -> list[Roi]:
    return [
        roi
        for inner in configs_in(config)
        if isinstance(inner, ExceptBoxesArrayConfig)
        for roi in inner.boxes
    ]


def _whole(dataset: RawGTDatasetConfig) -> RawGTDatasetConfig:
    """Return `dataset` without what boxes added to it."""
    mask = dataset.mask_config
    if isinstance(mask, ExceptBoxesArrayConfig):
        mask = mask.source_array_config
        mask = None if isinstance(mask, OnesArrayConfig) else mask
    return attrs.evolve(
        dataset, gt_config=_uncropped(dataset.gt_config), mask_config=_uncropped(mask)
    )


def _uncropped(config: ArrayConfig | None) -> Any:
    while isinstance(config, CropArrayConfig):
        config = config.source_array_config
    source = getattr(config, "source_array_config", None)
    if config is None or source is None:
        return config
    changes: dict[str, Any] = {"source_array_config": _uncropped(source)}
    return attrs.evolve(config, **changes)


def _cropped(dataset: RawGTDatasetConfig, roi: Roi) -> RawGTDatasetConfig:
    labels = leaf(dataset.gt_config)
    if labels is None:
        return dataset
    crop = CropArrayConfig(f"{labels.name}_box", labels, roi)
    return attrs.evolve(
        dataset, gt_config=replaced(dataset.gt_config, [(labels, crop)])
    )


def _on_grid(dataset: RawGTDatasetConfig, roi: Roi, grid: Grid) -> Roi:
    """Return `roi` with faces between voxels before and after resampling."""
    size = grid.voxel_size
    for config in configs_in(dataset.gt_config):
        if isinstance(config, ResampledArrayConfig):
            size = size * config.downsample / config.upsample
    step = least_common_multiple([grid.voxel_size, size])
    return grid.snapped(roi, Coordinate(step)) or roi


def without_places(
    dataset: RawGTDatasetConfig, ignored: Sequence[Roi], volume: Roi
) -> RawGTDatasetConfig:
    """Return `dataset` with a mask that leaves out what is `ignored` of it."""
    gt = dataset.gt_config
    inside = _cropped_to(gt) or volume
    boxes = [roi for roi in ignored if roi.intersects(inside)]
    if gt is None or not boxes:
        return dataset
    mask = dataset.mask_config or OnesArrayConfig(f"{gt.name}_ones", gt)
    without = ExceptBoxesArrayConfig(f"{gt.name}_mask", mask, boxes)
    return attrs.evolve(dataset, mask_config=without)


def _named(
    datasets: Sequence[RawGTDatasetConfig], use: Use, others: Sequence[Any]
) -> list[RawGTDatasetConfig]:
    """Return `datasets` with names of their own, which tell them apart in scores."""
    taken = {other.name for other in others}
    names = (f"{use}_{i}" for i in range(len(datasets) + len(taken)))
    free = (name for name in names if name not in taken)
    return [attrs.evolve(dataset, name=next(free)) for dataset in datasets]
