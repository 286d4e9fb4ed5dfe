"""What a container holds, for choosers: quick, bounded, and without opening a voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate

from ._multiscales import is_label_image, level_paths
from ._nodes import check_container, iter_nodes
from ._placed import shown_axes
from ._placement import place
from .base import NON_SPATIAL_AXES
from .locations import Location, to_location

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._node import Node

Role = Literal["raw", "labels"]
_LABEL_WORDS = ("label", "gt", "groundtruth", "ground_truth", "seg", "mask", "annot")


@attrs.frozen
class ArrayInfo:
    """An array of a container as a chooser shows it.

    Parameters
    ----------
    path : str
        Path inside the container.
    shape : tuple of int
        In voxels, in the order of `axes`.
    dtype : str
        Name of the type of its values.
    axes : tuple of str
        As reading returns them: ``c z y x`` as far as there are.
    voxel_size, offset : Coordinate or None
        In nm, spatial axes only.
    level : int or None
        Number of the level if the array belongs to an OME image, 0 is the finest.
    role : {"raw", "labels"}
        What the values probably are, by name, metadata and type.
    notes : tuple of str
        What was assumed about the place in the world.
    problem : str
        Why the array cannot be used; empty if it can.
    format : str
        How it is stored: zarr2, zarr3 or n5.
    chunks : tuple of int
        Shape of a storage chunk (of a shard, where chunks are in shards), in voxels, in
        the order of `axes`; empty if that is not known.
    """

    path: str
    shape: tuple[int, ...]
    dtype: str
    axes: tuple[str, ...] = ()
    voxel_size: Coordinate | None = None
    offset: Coordinate | None = None
    level: int | None = None
    role: Role = "raw"
    notes: tuple[str, ...] = ()
    problem: str = ""
    format: str = ""
    chunks: tuple[int, ...] = ()

    @property
    def is_image_level(self) -> bool:
        """Whether the array is a level of an OME image."""
        return self.level is not None


def list_arrays(container: str | Location, below: str = "") -> list[ArrayInfo]:
    """Return the arrays of a zarr or N5 container, sorted by path.

    Parameters
    ----------
    container : str, Path or Url
        A folder, a zipped container, or an address such as ``s3://bucket/a.zarr``.
    below : str
        Path inside the container; what is not at or below it is left out.

    Returns
    -------
    list of ArrayInfo
        At most 500 arrays, ten groups deep. Arrays with broken metadata are listed with
        the `problem` that opening them would have.

    Raises
    ------
    DataNotFoundError
        If the container does not exist.
    DataError
        If it is no container, or a server does not tell what is in it.
    """
    location = to_location(container)
    check_container(location)
    nodes = list(iter_nodes(location, below, keep_broken=True))
    if not nodes:
        raise DataError(
            f"{location} holds no metadata of zarr or N5; choose another container"
        )
    levels = _levels(nodes)
    label_groups = tuple(f"{n.path}/".lstrip("/") for n in nodes if is_label_image(n))
    infos = [
        _describe(node, levels.get(node.path), label_groups)
        for node in nodes
        if node.kind != "group"
    ]
    known = {node.path for node in nodes}
    infos += [
        _missing(path, level) for path, level in levels.items() if path not in known
    ]
    return sorted(infos, key=lambda info: info.path)


def _levels(nodes: Iterable[Node]) -> dict[str, int]:
    """Return the level number of the arrays that belong to images, by path."""
    return {
        f"{node.path}/{path}".strip("/"): number
        for node in nodes
        for number, path in enumerate(level_paths(node))
    }


def _missing(path: str, level: int) -> ArrayInfo:
    problem = f"the multiscales metadata name {path!r}, but there is no array"
    return ArrayInfo(path, (), "", level=level, problem=problem)


def _describe(
    node: Node, level: int | None, label_groups: tuple[str, ...]
) -> ArrayInfo:
    problem = node.problem
    if not problem:
        try:
            return _described(node, level, label_groups)
        except DataError as error:
            problem = str(error)
    return ArrayInfo(node.path, (), "", level=level, problem=problem)


def _described(
    node: Node, level: int | None, label_groups: tuple[str, ...]
) -> ArrayInfo:
    placement = place(node)
    order = shown_axes(placement, node.shape)
    axes = [placement.axes[i] for i in order]
    letters = [a for a in placement.axes if a not in NON_SPATIAL_AXES]
    spatial = [letters.index(a) for a in axes if a not in NON_SPATIAL_AXES]
    return ArrayInfo(
        node.path,
        tuple(node.shape[i] for i in order),
        node.dtype.name,
        tuple(axes),
        Coordinate(placement.voxel_size[i] for i in spatial),
        Coordinate(placement.offset[i] for i in spatial),
        level,
        _role(node, label_groups),
        placement.notes,
        format=node.format,
        chunks=tuple(stored[i] for i in order) if (stored := _chunks(node)) else (),
    )


def _chunks(node: Node) -> tuple[int, ...]:
    """Return the shape of a chunk in stored order, empty if it is not a plain one."""
    if node.format == "n5":
        return node.block_size
    found: Any = node.metadata.get("chunks")
    grid = node.metadata.get("chunk_grid")
    if isinstance(grid, dict) and isinstance(grid.get("configuration"), dict):
        found = grid["configuration"].get("chunk_shape")
    is_plain = isinstance(found, list) and len(found) == len(node.shape)
    return tuple(found) if is_plain else ()


def _role(node: Node, label_groups: tuple[str, ...]) -> Role:
    """Guess by mark, by name, then by type: pictures are seldom of wide integers."""
    words = node.path.lower()
    is_named = any(word in words for word in _LABEL_WORDS)
    is_wide = node.dtype.kind in "biu" and node.dtype not in (np.uint8, np.uint16)
    is_marked = node.path.startswith(label_groups) or "cellmap" in node.attributes
    return "labels" if is_marked or is_named or is_wide else "raw"
