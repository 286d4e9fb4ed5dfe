"""Writing multiscale OME-Zarr images, 0.5 (zarr v3) or 0.4 (zarr v2)."""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

from ._creation import ArraySpec, make_groups
from ._multiscales import image_entries, is_label_image
from ._node import Node, normal_path, read_node
from ._ome_metadata import (
    ZARR_FORMATS,
    Version,
    group_attributes,
    image_entry,
    image_name,
    level_entry,
    list_label_image,
    update_group,
)
from .identifiers import LocalArrayIdentifier
from .locations import writable_folder
from .zarr_array import ZarrArray

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

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
    version: Version = "0.5",
) -> ZarrArray:
    """Create an OME-Zarr image of zeros and open its level 0 for writing.

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
    version : {"0.5", "0.4"}
        Of OME-Zarr.

    Raises
    ------
    DataError
        If the region is not in whole voxels, something exists and `overwrite` is
        false, or the container is a zip file or an address, which are only read.
    """
    write_size = None
    if chunk_shape is not None:
        write_size = Coordinate(chunk_shape) * Coordinate(voxel_size)
    spec = ArraySpec.from_arguments(
        axes, roi, num_channels, voxel_size, dtype, write_size
    )
    container, group = writable_folder(container), normal_path(group)
    _make_room(container, group, overwrite)
    level = level_entry(spec.voxel_size, spec.roi.offset, spec.axes, "s0")
    image = image_entry(spec.axes, image_name(group), level)
    described = group_attributes(image, labels=labels, version=version)
    zarr_format = ZARR_FORMATS[version]
    _make_group(container, group, {**(attributes or {}), **described}, zarr_format)
    _create_level(container / group, "s0", spec, zarr_format)
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
    level = level_entry(array.voxel_size, array.roi.offset, array.axes, path.name)
    image = image_entry(array.axes, path.parent.name, level)
    group = zarr.open_group(
        str(identifier.container / path.parent), mode="r+", zarr_format=3
    )
    group.attrs.update(group_attributes(image, labels=labels))


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


def _make_group(
    container: Path, group: str, attributes: dict[str, Any], zarr_format: Literal[2, 3]
) -> None:
    import zarr

    make_groups(container, group, zarr_format)
    zarr.create_group(
        str(container / group),
        attributes=attributes,
        zarr_format=zarr_format,
        overwrite=False,
    )
    parent = PurePosixPath(group).parent
    if parent.name == "labels":
        list_label_image(container / parent, image_name(group))


def _create_level(
    folder: Path, path: str, spec: ArraySpec, zarr_format: Literal[2, 3]
) -> None:
    import zarr

    keys: Any = {"name": "v2", "separator": "/"} if zarr_format == 2 else None
    zarr.create_array(
        str(folder),
        name=path,
        shape=spec.shape,
        chunks=spec.chunks,
        dtype=spec.dtype,
        fill_value=0,
        zarr_format=zarr_format,
        dimension_names=spec.axes if zarr_format == 3 else None,
        chunk_key_encoding=keys,
        attributes=spec.attributes,
    )


def add_pyramid(container: Path, group: str) -> None:
    """Add coarser levels to an image; see `iter_pyramid`."""
    for _ in iter_pyramid(container, group):
        pass


def iter_pyramid(
    container: Path, group: str, num_levels: int | None = None
) -> Iterator[tuple[int, int, Roi]]:
    """Add coarser levels to an image, each a half of the one before it.

    Axes with voxels more than 1.5 times as large as the smallest are left as they are
    until the others have caught up. Labels keep one voxel of each block, other values
    become block means. Levels that exist already are written anew; the metadata name
    the new ones when all of them are complete.

    Parameters
    ----------
    container, group
        Where the image is.
    num_levels : int, optional
        How many levels there shall be, the finest included: labels have as many as
        their image. By default as many as make the coarsest small.

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
    node = read_node(container, group)
    nearest = is_label_image(node)
    for old in node.folder.glob("s[1-9]*"):
        shutil.rmtree(old)
    fine = _open(node, "s0")
    levels = [_level_of(fine, fine, "s0")]
    finest = fine
    while not _is_enough(fine, len(levels), num_levels):
        factors = _factors(fine)
        path = f"s{len(levels)}"
        spec = _coarse_spec(fine, factors)
        _create_level(node.folder, path, spec, node.zarr_format)
        coarse = _open(node, path)
        blocks = list(_blocks(spec))
        for number, block in enumerate(blocks, 1):
            coarse[block] = _shrunk(fine[block], factors, nearest)
            yield number, len(blocks), block
        levels.append(_level_of(coarse, finest, path))
        fine = coarse
    image = {**image_entries(node)[0], "datasets": levels}
    update_group(node.folder, {"multiscales": [image]})


def _open(node: Node, path: str) -> ZarrArray:
    dataset = f"{node.path}/{path}"
    return ZarrArray.open_from_array_identifier(
        LocalArrayIdentifier(node.container, dataset)
    )


def _level_of(array: ZarrArray, finest: ZarrArray, path: str) -> dict[str, Any]:
    """Describe a level whose voxels are centred on blocks of the finest level."""
    shift = (array.voxel_size - finest.voxel_size) / 2
    return level_entry(array.voxel_size, finest.roi.offset + shift, array.axes, path)


def _is_enough(array: ZarrArray, count: int, wanted: int | None) -> bool:
    if wanted is not None:
        return count >= wanted
    return max(array.shape) <= COARSEST or max(_factors(array)) == 1


def _factors(array: ZarrArray) -> tuple[int, ...]:
    """Return by how much each axis shrinks next."""
    smallest = min(array.voxel_size)
    return tuple(
        2 if size <= smallest * 1.5 and length > 1 else 1
        for size, length in zip(array.voxel_size, array.shape, strict=True)
    )


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
