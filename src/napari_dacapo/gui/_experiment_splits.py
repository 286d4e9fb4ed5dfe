"""Data splits made from chosen data, and what choices stand in them; opens no file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.arrays import (
    ArrayConfig,
    BinarizeArrayConfig,
    CropArrayConfig,
    ResampledArrayConfig,
)
from napari_dacapo.datasplits import DataSplitConfig, TrainValidateDataSplitConfig
from napari_dacapo.datasplits.datasets import RawGTDatasetConfig

if TYPE_CHECKING:
    #: names of what is learned, and the labels that belong to each
    from collections.abc import Iterator, Sequence

    Classes = Sequence[tuple[str, list[int]]]
    #: raw data and labels
    Pair = tuple[ArrayConfig | None, ArrayConfig | None]


def datasplit_of(
    train: Sequence[Pair], validate: Sequence[Pair], classes: Classes
) -> TrainValidateDataSplitConfig:
    """Return a data split of raw data and labels as they are.

    With `classes` the labels become one 0/1 channel for each.
    """
    return TrainValidateDataSplitConfig(
        "data",
        _datasets("train", train, classes),
        _datasets("validate", validate, classes),
    )


def _datasets(kind: str, pairs: Sequence[Pair], classes: Classes) -> list[Any]:
    return [
        RawGTDatasetConfig(
            f"{kind}_{number}",
            raw_config=raw,
            gt_config=labels and with_classes(labels, classes),
        )
        for number, (raw, labels) in enumerate(pairs)
    ]


def with_classes(
    labels: ArrayConfig, classes: Classes, name: str | None = None
) -> ArrayConfig:
    """Return the config of one 0/1 channel per class, or of the labels themselves."""
    if not classes:
        return labels
    return BinarizeArrayConfig(name or f"{labels.name}_classes", labels, list(classes))


def leaf(config: ArrayConfig | None) -> ArrayConfig | None:
    """Return the stored array at the end of a chain of derived ones."""
    while config is not None and hasattr(config, "source_array_config"):
        config = config.source_array_config
    return config


def use_of(config: ArrayConfig | None) -> str:
    """Return what a chain of derived arrays does to the place of the stored one."""
    if config is None or not hasattr(config, "source_array_config"):
        return ""
    before = use_of(config.source_array_config)
    if isinstance(config, CropArrayConfig):
        here = f"only {config.roi} nm is used"
    elif isinstance(config, ResampledArrayConfig):
        here = "resampled to other voxels"
    else:
        return before
    return f"{before}, {here}" if before else here


def uses_of(datasplit: DataSplitConfig) -> tuple[list[Any], list[Any]]:
    """Return `use_of` raw data and labels as pairs, as `pairs_of` returns them."""
    train, validate = (
        [
            (use_of(dataset.raw_config), use_of(dataset.gt_config))
            for dataset in getattr(datasplit, f"{kind}_configs")
        ]
        for kind in ("train", "validate")
    )
    return train, validate


def pairs_of(datasplit: DataSplitConfig) -> tuple[list[Pair], list[Pair]] | None:
    """Return the stored raw data and labels of a data split.

    `None` if they are not all there is to it, as when arrays are made from several.
    """
    if not isinstance(datasplit, TrainValidateDataSplitConfig):
        return None
    both = []
    for datasets in (datasplit.train_configs, datasplit.validate_configs):
        pairs: list[Pair] = []
        for dataset in datasets:
            if not isinstance(dataset, RawGTDatasetConfig):
                return None
            pair = leaf(dataset.raw_config), leaf(dataset.gt_config)
            if any(part is not None and _has_sources(part) for part in pair):
                return None
            pairs.append(pair)
        both.append(pairs)
    return both[0], both[1]


def _has_sources(config: ArrayConfig) -> bool:
    return hasattr(config, "source_array_configs")


def classes_of(datasplit: DataSplitConfig) -> Classes:
    """Return the classes of the first labels that are grouped into any."""
    found = (c for c in configs_in(datasplit) if isinstance(c, BinarizeArrayConfig))
    first = next(found, None)
    return [] if first is None else first.groupings


def configs_in(value: Any) -> Iterator[Any]:
    """Yield `value`, if it is a config, and all configs inside it."""
    if attrs.has(type(value)):
        yield value
        for field in attrs.fields(type(value)):
            yield from configs_in(getattr(value, field.name))
    elif isinstance(value, dict):
        for member in value.values():
            yield from configs_in(member)
    elif type(value) in (list, tuple):
        for member in value:
            yield from configs_in(member)


def replaced(value: Any, new: Sequence[tuple[Any, Any]]) -> Any:
    """Return `value` with configs inside it replaced: (old, new) by equality."""
    for old, replacement in new:
        if type(value) is type(old) and value == old:
            return replacement
    if attrs.has(type(value)):
        changes = {
            field.alias: replaced(getattr(value, field.name), new)
            for field in attrs.fields(type(value))
            if field.init
        }
        return type(value)(**changes)
    if isinstance(value, dict):
        return {key: replaced(member, new) for key, member in value.items()}
    if type(value) in (list, tuple):
        return type(value)(replaced(member, new) for member in value)
    return value


def regrouped(
    datasplit: TrainValidateDataSplitConfig, classes: Classes
) -> TrainValidateDataSplitConfig:
    """Return `datasplit` with the labels of all datasets grouped into `classes`."""
    return attrs.evolve(
        datasplit,
        train_configs=[_regrouped(c, classes) for c in datasplit.train_configs],
        validate_configs=[_regrouped(c, classes) for c in datasplit.validate_configs],
    )


def _regrouped(dataset: Any, classes: Classes) -> Any:
    labels = getattr(dataset, "gt_config", None)
    if labels is None:
        return dataset
    grouped = [c for c in configs_in(labels) if isinstance(c, BinarizeArrayConfig)]
    if not grouped:
        return attrs.evolve(dataset, gt_config=with_classes(labels, classes))
    changes = [
        (old, with_classes(old.source_array_config, classes, old.name))
        for old in grouped
    ]
    return attrs.evolve(dataset, gt_config=replaced(labels, changes))
