"""What layers show, as the config of an array that training can use."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

from ._layer_content import LayerContent, layer_content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Layer

    from napari_dacapo.arrays import Array, ArrayConfig, ZarrArray
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.arrays.locations import Location

#: relative difference up to which voxel sizes are the same
_SAME_SIZE = 1e-6
#: Difference up to which places are the same, in voxels. Readers do not agree whether
#: an OME-Zarr translation is the corner or the centre of the first voxel.
_SAME_PLACE = 0.5 + 1e-3


def array_config_from_layer(layer: Layer, project_folder: Path) -> ArrayConfig:
    """Return the config of an array with the voxels of `layer` at its place.

    May read and write many voxels: in the window take `layer_content` and call
    `array_config` in a worker.

    Parameters
    ----------
    layer : napari.layers.Image or Labels
        Also multiscale; the finest level counts.
    project_folder : Path
        Layers that exist in memory only are stored in its subfolder ``data``.

    Raises
    ------
    DataError
        If the layer is rotated or sheared, or its axes cannot be told.
    """
    return array_config(layer_content(layer), project_folder)


def array_config(content: LayerContent, project_folder: Path) -> ArrayConfig:
    """Return the config of an array with this content, stored on disk.

    The file from which the layer was opened is used if it holds the same voxels at the
    same place; otherwise they are copied into the project, once per content.
    """
    from napari_dacapo.arrays import ZarrArrayConfig

    found = _origin(content) or _stored_copy(content, project_folder / "data")
    return ZarrArrayConfig(content.name, found.container, found.dataset)


def _origin(content: LayerContent) -> LocalArrayIdentifier | None:
    """Return the stored array that the layer shows unchanged, if there is one."""
    # what is in memory may have been painted on, anywhere
    slabs = None if isinstance(content.data, np.ndarray) else 3
    for array, identifier in _arrays_at(content.path):
        in_place = not content.is_placed or _same_place(array, content)
        same_form = _same_form(array, content)
        if same_form and in_place and _same_values(array, content, slabs):
            return identifier
    return None


def _arrays_at(
    path: Location | None,
) -> Iterator[tuple[ZarrArray, LocalArrayIdentifier]]:
    from napari_dacapo.arrays import ZarrArray
    from napari_dacapo.arrays._nodes import iter_nodes
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.arrays.locations import split_location

    found = None if path is None else split_location(_absolute(path))
    if found is None:
        return
    container, below = found
    for node in iter_nodes(container, below):
        if node.kind == "array":
            identifier = LocalArrayIdentifier(container, node.path)
            try:
                array = ZarrArray.open_from_array_identifier(identifier)
            except DataError:
                continue  # of no use for training, whatever the layer shows
            yield array, identifier


def _absolute(path: Location) -> Location:
    return path.absolute() if isinstance(path, Path) else path


def _same_form(array: Array, content: LayerContent) -> bool:
    return (
        tuple(array.shape) == content.shape
        and (array.num_channels or 1) == (content.num_channels or 1)
        and _number_type(array.dtype) == _number_type(content.data.dtype)
        and array.spatial_axes == content.axes[-len(content.shape) :]
    )


def _number_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return `dtype`, bytes for booleans: napari shows no others as labels."""
    return np.dtype(np.uint8) if dtype.kind == "b" else dtype


def _same_place(array: Array, content: LayerContent) -> bool:
    sizes = zip(array.voxel_size, content.voxel_size, strict=True)
    shift = (array.roi.offset - content.offset) / content.voxel_size
    same_size = all(math.isclose(a, b, rel_tol=_SAME_SIZE) for a, b in sizes)
    return same_size and all(abs(by) <= _SAME_PLACE for by in shift)


def _same_values(
    array: Array, content: LayerContent, at_most: int | None = None
) -> bool:
    """Compare all slabs, or `at_most` of them (at least 2) spread over the array."""
    slabs = content.slabs()
    if at_most is not None and len(slabs) > at_most:
        last = len(slabs) - 1
        slabs = [slabs[i * last // (at_most - 1)] for i in range(at_most)]
    return all(_same_slab(array, content, slab) for slab in slabs)


def _same_slab(array: Array, content: LayerContent, slab: tuple[int, int]) -> bool:
    shown = content.read(slab)
    stored = array[_slab_roi(slab, array.roi, array.voxel_size)].reshape(shown.shape)
    return np.array_equal(stored, shown, equal_nan=shown.dtype.kind == "f")


def _slab_roi(slab: tuple[int, int], roi: Roi, voxel_size: Coordinate) -> Roi:
    begin, end = slab
    first = voxel_size[0]
    offset = (roi.offset[0] + begin * first, *roi.offset[1:])
    return Roi(offset, ((end - begin) * first, *roi.shape[1:]))


def _stored_copy(content: LayerContent, folder: Path) -> LocalArrayIdentifier:
    """Write the voxels to a container of their own, unless they are there already."""
    from napari_dacapo.arrays import ZarrArray
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.store.names import safe_file_name

    name = safe_file_name(content.name)
    number = 1
    while True:
        suffix = "" if number == 1 else f" {number}"
        place = LocalArrayIdentifier(folder / f"{name}{suffix}.zarr", "s0")
        if not place.container.exists():
            _write(content, place.container)
            return place
        stored = ZarrArray.open_from_array_identifier(place)
        same = _same_form(stored, content) and _same_place(stored, content)
        if same and _same_values(stored, content):
            return place
        number += 1


def _write(content: LayerContent, container: Path) -> None:
    array = content.new_image(container)
    for slab in content.slabs():
        # its own place: what a layer says in floats may have been rounded
        array[_slab_roi(slab, array.roi, array.voxel_size)] = content.read(slab)
