"""Writing multiscale OME-Zarr 0.5 images (zarr v3)."""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

from ._creation import ArraySpec, make_groups
from ._multiscales import image_entries, is_label_image
from ._node import Node, normal_path, read_node
from .base import NON_SPATIAL_AXES
from .identifiers import LocalArrayIdentifier
from .zarr_array import ZarrArray

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

VERSION = "0.5"
#: levels are added until no axis is longer than this, in voxels
COARSEST = 128


def create_image(  # noqa: PLR0913
    container: Path,
    group: str,
    *,
    axes: Sequence[str],
    roi: Roi,
    voxel_size: Sequence[float],
    num_channels: int | None,
    dtype: Any,
    labels: bool = False,
    chunk_shape: Sequence[int] | None = None,
    overwrite: bool = False,
    attributes: dict[str, Any] | None = None,
) -> ZarrArray:
    """Create an OME-Zarr 0.5 image of zeros and open its level 0 for writing.

    Parameters
    ----------
    container : Path
        Folder of the container; made if it does not exist.
    group : str
        Path of the image inside it; level 0 is the array ``<group>/s0``.
    axes : sequence of str
        Axis names; the channel axis is moved to the front.
    roi, voxel_size
        In nm. The corner of `roi` is written as the translation of level 0.
    num_channels : int or None
        Length of the channel axis; there is none for `None` and 1.
    dtype : dtype-like
        Type of the values.
    labels : bool
        Whether the image is marked as a label image.
    chunk_shape : sequence of int, optional
        Spatial shape of a chunk in voxels; default: a cube of about 5 MiB.
    overwrite : bool
        Whether an existing image is replaced.
    attributes : dict, optional
        More attributes of the group.

    Raises
    ------
    DataError
        If the region is not in whole voxels, or something exists and `overwrite` is
        false.
    """
    write_size = None
    if chunk_shape is not None:
        write_size = Coordinate(chunk_shape) * Coordinate(voxel_size)
    spec = ArraySpec.from_arguments(
        axes, roi, num_channels, voxel_size, dtype, write_size
    )
    group = normal_path(group)
    _make_room(container, group, overwrite)
    level = _level(spec.voxel_size, spec.roi.offset, spec.axes, "s0")
    image = _image(spec.axes, PurePosixPath(group).name, level)
    ome = _ome(image, labels=labels)
    _make_group(container, group, {**(attributes or {}), "ome": ome})
    _create_level(container, group, "s0", spec)
    return _open(read_node(container, group), "s0")


def describe_image(identifier: LocalArrayIdentifier, *, labels: bool = False) -> None:
    """Make the group around a stored zarr v3 array an OME-Zarr image of one level.

    Parameters
    ----------
    identifier : LocalArrayIdentifier
        Level 0, in a group of its own, such as ``<image>/s0``.
    labels : bool
        Whether the image is marked as a label image.
    """
    import zarr

    array = ZarrArray.open_from_array_identifier(identifier)
    path = PurePosixPath(normal_path(identifier.dataset))
    level = _level(array.voxel_size, array.roi.offset, array.axes, path.name)
    image = _image(array.axes, path.parent.name, level)
    group = zarr.open_group(
        str(identifier.container / path.parent), mode="r+", zarr_format=3
    )
    group.attrs["ome"] = _ome(image, labels=labels)


def _ome(image: dict[str, Any], *, labels: bool) -> dict[str, Any]:
    extra: dict[str, Any] = {"image-label": {}} if labels else {}
    return {"version": VERSION, "multiscales": [image], **extra}


def _make_room(container: Path, group: str, overwrite: bool) -> None:
    folder = container / group
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not overwrite:
        raise DataError(
            f"{group or 'an image'} exists already in {container}; choose another name "
            "or overwrite it"
        )
    shutil.rmtree(folder)


def _image(axes: Sequence[str], name: str, level: dict[str, Any]) -> dict[str, Any]:
    listed = [
        {"name": axis, "type": "channel"}
        if axis in NON_SPATIAL_AXES
        else {"name": axis, "type": "space", "unit": "nanometer"}
        for axis in axes
    ]
    return {"name": name, "axes": listed, "datasets": [level]}


def _level(
    voxel_size: Coordinate, offset: Coordinate, axes: Sequence[str], path: str
) -> dict[str, Any]:
    extra = [a for a in axes if a in NON_SPATIAL_AXES]
    scale = [1.0] * len(extra) + list(voxel_size.as_floats())
    translation = [0.0] * len(extra) + list(offset.as_floats())
    return {
        "path": path,
        "coordinateTransformations": [
            {"type": "scale", "scale": scale},
            {"type": "translation", "translation": translation},
        ],
    }


def _make_group(container: Path, group: str, attributes: dict[str, Any]) -> None:
    import zarr

    make_groups(container, group, zarr_format=3)
    zarr.create_group(
        str(container / group), attributes=attributes, zarr_format=3, overwrite=False
    )
    parent = PurePosixPath(group).parent
    if parent.name == "labels":
        _list_label_image(container / parent, PurePosixPath(group).name)


def _list_label_image(folder: Path, name: str) -> None:
    """Add a label image to the list that its ``labels`` group has to carry."""
    import zarr

    labels = zarr.open_group(str(folder), mode="r+", zarr_format=3)
    attributes: dict[str, Any] = dict(labels.attrs)
    ome = attributes.get("ome", {"version": VERSION})
    ome["labels"] = sorted({*ome.get("labels", []), name})
    labels.attrs["ome"] = ome


def _create_level(container: Path, group: str, path: str, spec: ArraySpec) -> None:
    import zarr

    zarr.create_array(
        str(container / group),
        name=path,
        shape=spec.shape,
        chunks=spec.chunks,
        dtype=spec.dtype,
        fill_value=0,
        zarr_format=3,
        dimension_names=spec.axes,
        attributes=spec.attributes,
    )


def add_pyramid(container: Path, group: str) -> None:
    """Add coarser levels to an image; see `iter_pyramid`."""
    for _ in iter_pyramid(container, group):
        pass


def iter_pyramid(container: Path, group: str) -> Iterator[tuple[int, int, Roi]]:
    """Add coarser levels to an image, each a half of the one before it.

    Axes with voxels more than 1.5 times as large as the smallest are left as they are
    until the others have caught up. Labels keep one voxel of each block, other values
    become block means. Levels that exist already are written anew; the metadata name
    the new ones when all of them are complete.

    Yields
    ------
    (int, int, Roi)
        Number (from 1) and total of the chunks of the level that is being written, and
        the region of the chunk just written, in nm.

    Raises
    ------
    DataNotFoundError
        If there is no image.
    """
    import zarr

    node = read_node(container, group)
    nearest = is_label_image(node)
    opened = zarr.open_group(str(node.folder), mode="r+", zarr_format=3)
    for old in node.folder.glob("s[1-9]*"):
        shutil.rmtree(old)
    fine = _open(node, "s0")
    levels = [_level_of(fine, fine, "s0")]
    finest = fine
    while (factors := _factors(fine)) is not None:
        path = f"s{len(levels)}"
        spec = _coarse_spec(fine, factors)
        _create_level(node.container, node.path, path, spec)
        coarse = _open(node, path)
        blocks = list(_blocks(spec))
        for number, block in enumerate(blocks, 1):
            coarse[block] = _shrunk(fine[block], factors, nearest)
            yield number, len(blocks), block
        levels.append(_level_of(coarse, finest, path))
        fine = coarse
    ome = node.attributes["ome"]
    ome["multiscales"] = [{**image_entries(node)[0], "datasets": levels}]
    opened.attrs["ome"] = ome


def _open(node: Node, path: str) -> ZarrArray:
    dataset = f"{node.path}/{path}"
    return ZarrArray.open_from_array_identifier(
        LocalArrayIdentifier(node.container, dataset)
    )


def _level_of(array: ZarrArray, finest: ZarrArray, path: str) -> dict[str, Any]:
    """Describe a level whose voxels are centred on blocks of the finest level."""
    shift = (array.voxel_size - finest.voxel_size) / 2
    return _level(array.voxel_size, finest.roi.offset + shift, array.axes, path)


def _factors(array: ZarrArray) -> tuple[int, ...] | None:
    """Return by how much each axis shrinks next, or `None` if it is small enough."""
    smallest = min(array.voxel_size)
    factors = tuple(
        2 if size <= smallest * 1.5 and length > 1 else 1
        for size, length in zip(array.voxel_size, array.shape, strict=True)
    )
    is_small = max(array.shape) <= COARSEST
    return None if is_small or max(factors) == 1 else factors


def _coarse_spec(fine: ZarrArray, factors: tuple[int, ...]) -> ArraySpec:
    size = fine.voxel_size * factors
    shape = Coordinate(n // f for n, f in zip(fine.shape, factors, strict=True))
    return ArraySpec.from_arguments(
        fine.axes,
        Roi(fine.roi.offset, shape * size),
        fine.num_channels,
        size,
        fine.dtype,
        Coordinate(fine.data.chunks[-fine.dims :]) * size,
    )


def _blocks(spec: ArraySpec) -> Iterator[Roi]:
    """Yield the boxes (nm) of the chunks of a level."""
    chunk = Coordinate(spec.chunk_shape) * spec.voxel_size
    counts = spec.roi.shape.ceil_division(chunk).as_integers()
    for index in product(*map(range, counts)):
        yield Roi(spec.roi.offset + chunk * index, chunk).intersect(spec.roi)


def _shrunk(
    values: NDArray[Any], factors: tuple[int, ...], nearest: bool
) -> NDArray[Any]:
    """Join blocks of `factors` voxels along the last axes into one voxel."""
    extra = (slice(None),) * (values.ndim - len(factors))
    if nearest:
        return values[(*extra, *(slice(f // 2, None, f) for f in factors))]
    shape: list[int] = list(values.shape[: len(extra)])
    for length, factor in zip(values.shape[len(extra) :], factors, strict=True):
        shape += [length // factor, factor]
    blocks = tuple(range(len(extra) + 1, len(shape), 2))
    means = values.reshape(shape).mean(axis=blocks)
    rounded: NDArray[Any] = means if values.dtype.kind == "f" else np.rint(means)
    return rounded
