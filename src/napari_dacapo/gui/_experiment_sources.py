"""Data chosen for an experiment: what it is, and configs made from it; no Qt in here.

All functions that open files are meant for a worker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.arrays import (
    ArrayConfig,
    BinarizeArrayConfig,
    TiffArrayConfig,
    ZarrArrayConfig,
)
from napari_dacapo.datasplits import DataSplitConfig, TrainValidateDataSplitConfig
from napari_dacapo.datasplits.datasets import RawGTDatasetConfig
from napari_dacapo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from napari_dacapo.arrays import Array
    from napari_dacapo.geometry import Coordinate

    from ._layer_content import LayerContent

    #: names of what is learned, and the labels that belong to each
    Classes = Sequence[tuple[str, list[int]]]
    #: raw data and labels
    Pair = tuple[ArrayConfig | None, ArrayConfig | None]

_TIMES = "\N{MULTIPLICATION SIGN}"
#: labels that are listed one by one; of more only the number is told
MAX_LISTED_IDS = 8
#: voxels of the box in the middle in which labels are looked for
MAX_LOOKED_AT = 2**22


@attrs.frozen
class Found:
    """An array found in a container: `dataset` is its path inside."""

    config: ArrayConfig
    text: str


def arrays_at(path: Path) -> list[Found]:
    """Return the arrays in the file or container at `path`, or inside it.

    Reads metadata only.

    Raises
    ------
    DataError
        If there is none, or this kind of file is unknown.
    """
    from napari_dacapo.arrays._nodes import (
        CONTAINER_SUFFIXES,
        check_container,
        iter_nodes,
    )
    from napari_dacapo.arrays.tiff_array import TIFF_SUFFIXES

    if path.suffix.lower() in TIFF_SUFFIXES:
        return [Found(TiffArrayConfig(path.stem, path), path.name)]
    above = (path, *path.parents)
    container = next((p for p in above if p.suffix in CONTAINER_SUFFIXES), None)
    if container is None:
        raise DataError(
            f"{path} is no .zarr or .n5 container and no .tif file; choose one of "
            "those, or open the data as a layer of napari and choose that"
        )
    check_container(container)
    below = path.relative_to(container).as_posix()
    nodes = iter_nodes(container, "" if below == "." else below)
    found = [
        Found(
            ZarrArrayConfig(_name(container, node.path), container, node.path),
            f"{node.path or container.name}   {_product(node.shape)}, {node.dtype}",
        )
        for node in nodes
        if node.kind == "array"
    ]
    if not found:
        raise DataError(f"there is no array in {path}; choose another folder")
    return found


def _name(container: Path, dataset: str) -> str:
    return "_".join([container.stem, *dataset.split("/")]).strip("_")


def describe(config: ArrayConfig, *, labels: bool) -> str:
    """Return how the array of `config` is understood, in one or two sentences.

    Raises
    ------
    DaCapoError
        If it cannot be opened.
    """
    array = config.create_array()
    facts = [
        placed(array.axes, array.voxel_size),
        f"{_product(array.shape)} voxels, {array.dtype}",
        f"from {_origin(config)}",
    ]
    notes = getattr(array, "notes", ())
    return ". ".join([", ".join(facts), *notes, *([ids_in(array)] if labels else [])])


def describe_layer(content: LayerContent) -> str:
    """Return how a layer is understood; reads no voxel."""
    unit = "" if content.is_placed else " (no scale set: 1 voxel counts as 1 nm)"
    return (
        f"{placed(content.axes, content.voxel_size)}{unit}, "
        f"{_product(content.shape)} voxels, {content.data.dtype}, from the layer"
    )


def placed(axes: Sequence[str], voxel_size: Coordinate) -> str:
    """Return axes and voxel size as text: ``"z y x, 40 x 8.25 x 8.25 nm"``."""
    return f"{' '.join(axes)}, {_product(voxel_size.to_plain())} nm"


def _product(numbers: Sequence[Any]) -> str:
    return f" {_TIMES} ".join(str(number) for number in numbers)


def _origin(config: ArrayConfig) -> str:
    """Return which metadata say where the array lies."""
    from napari_dacapo.arrays._multiscales import find_level
    from napari_dacapo.arrays._nodes import find_array

    if isinstance(config, ZarrArrayConfig):
        node = find_array(config.file_name, config.dataset)
        if find_level(node) is not None:
            return "OME-Zarr"
        return "N5" if node.format == "n5" else "zarr attributes"
    return "TIFF" if isinstance(config, TiffArrayConfig) else "its config"


def ids_in(array: Array) -> str:
    """Return which labels occur in the middle of `array`, as text."""
    import numpy as np

    shape = list(array.shape)
    while np.prod(shape, dtype=float) > MAX_LOOKED_AT:
        longest = shape.index(max(shape))
        shape[longest] = -(-shape[longest] // 2)
    size = array.voxel_size
    begin = (array.roi.shape / size - shape).floor_division(2)
    middle = type(array.roi)(array.roi.offset + begin * size, size * shape)
    ids = np.unique(array[middle])
    if len(ids) > MAX_LISTED_IDS:
        return f"{len(ids)} different labels in the middle, up to {ids[-1]}"
    return f"Labels in the middle: {', '.join(str(i) for i in ids)}"


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


def store_layers(
    contents: Sequence[tuple[ArrayConfig, LayerContent]], folder: Path
) -> list[tuple[ArrayConfig, ArrayConfig]]:
    """Store layers that exist in memory only; return what stands for what.

    Parameters
    ----------
    contents : sequence of (ArrayConfig, LayerContent)
        What layers show, and the configs that stood for them so far.
    folder : Path
        The project folder.
    """
    from ._layer_arrays import array_config

    return [(old, array_config(content, folder)) for old, content in contents]


def planned_config(name: str, folder: Path) -> ZarrArrayConfig:
    """Return the config that stands for a layer until it is stored."""
    from napari_dacapo.store.names import safe_file_name

    return ZarrArrayConfig(name, folder / "data" / f"{safe_file_name(name)}.zarr", "s0")
