"""Data chosen for an experiment: finding, describing and storing it.

Most of it opens files and is meant for a worker; no Qt in here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.arrays import (
    ArrayConfig,
    TiffArrayConfig,
    ZarrArrayConfig,
)
from napari_dacapo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo.arrays import Array
    from napari_dacapo.arrays.inspect import ArrayInfo
    from napari_dacapo.arrays.locations import Location
    from napari_dacapo.geometry import Coordinate

    from ._layer_content import LayerContent

_TIMES = "\N{MULTIPLICATION SIGN}"
#: labels that are listed one by one; of more only the number is told
MAX_LISTED_IDS = 8
#: voxels of the box in the middle in which labels are looked for
MAX_LOOKED_AT = 2**22


@attrs.frozen
class Found:
    """An array found in a container.

    Attributes
    ----------
    config : ArrayConfig
        Stands for it.
    text : str
        What a chooser says about it.
    is_labels : bool
        Whether its values probably are labels.
    is_finest : bool
        Whether it is no coarser level of an image.
    problem : str
        Why it cannot be used; empty if it can.
    """

    config: ArrayConfig
    text: str
    is_labels: bool = False
    is_finest: bool = True
    problem: str = ""


def arrays_at(path: Path | str) -> list[Found]:
    """Return the arrays in the file or container at `path`, or inside it.

    Reads metadata only. Arrays that cannot be used are among them if others can.

    Raises
    ------
    DataError
        If there is none that can be used, or this kind of file is unknown.
    """
    from napari_dacapo.arrays.inspect import list_arrays
    from napari_dacapo.arrays.locations import split_location, to_location
    from napari_dacapo.arrays.tiff_array import is_tiff

    location = to_location(path)
    if isinstance(location, Path) and is_tiff(location):
        return [Found(TiffArrayConfig(location.stem, location), location.name)]
    place = split_location(location)
    if place is None:
        raise DataError(
            f"{path} is no .zarr or .n5 container, .tif file or folder of them; choose "
            "one of those, or open the data as a layer of napari and choose that"
        )
    found = [_found(place[0], info) for info in list_arrays(*place)]
    if not found:
        raise DataError(f"there is no array in {path}; choose another folder")
    if all(each.problem for each in found):
        raise DataError(found[0].problem)
    return found


def _found(container: Location, info: ArrayInfo) -> Found:
    from napari_dacapo.arrays.locations import plain_name

    stem = plain_name(container)
    name = "_".join([stem, *info.path.split("/")]).strip("_")
    facts = f"{_product(info.shape)}, {info.dtype}"
    if info.problem:
        facts = "cannot be used"
    return Found(
        ZarrArrayConfig(name, container, info.path),
        f"{info.path or container.name}   {facts}",
        info.role == "labels",
        not info.level,
        info.problem,
    )


def arrays_meant(found: Sequence[Found]) -> tuple[Found, Found] | None:
    """Return raw data and labels if `found` are one of each, in full resolution."""
    usable = [each for each in found if each.is_finest and not each.problem]
    raw = [each for each in usable if not each.is_labels]
    labels = [each for each in usable if each.is_labels]
    both = len(raw) == 1 and len(labels) == 1
    return (raw[0], labels[0]) if both else None


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
