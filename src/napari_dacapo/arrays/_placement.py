"""Axes, voxel size and offset of a stored array, from whatever metadata it carries.

Searched in this order: OME-NGFF multiscales of the enclosing groups; then, on the array
and on its parent group, the attributes ``voxel_size`` or ``resolution`` or ``scale``
with ``offset`` and ``units``, ``pixelResolution``, and COSEM's ``transform``; else one
voxel counts as 1 nm, which is told in the notes. N5 lists its vectors as x, y, z.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.errors import ConfigError, DataError
from napari_dacapo.geometry import Coordinate

from ._attributes import PlaceAttributes, select
from ._axis_names import (
    SPATIAL_AXES,
    checked_axes,
    guess_axes,
    letters_of,
    with_channel,
)
from ._multiscales import Level, find_level, named_axes
from .base import NON_SPATIAL_AXES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo._typing import Number

    from ._node import Node

#: an offset this close to the voxel grid (in voxels) is on it: files round floats
GRID_TOLERANCE = Fraction(1, 10_000)


@attrs.frozen
class Placement:
    """Where a stored array lies in the world.

    Parameters
    ----------
    axes : tuple of str
        One letter per stored axis, in stored order.
    voxel_size, offset : Coordinate
        In nm, one entry per spatial axis in stored order; `offset` is the lower corner
        of the first voxel.
    notes : tuple of str
        What was assumed and a user should know.
    """

    axes: tuple[str, ...]
    voxel_size: Coordinate
    offset: Coordinate
    notes: tuple[str, ...] = ()


def place(node: Node, axes: Sequence[str] | None = None) -> Placement:
    """Return where the array `node` lies; `axes` replaces the stored axis names.

    Raises
    ------
    DataError
        If the metadata contradict the shape of the array or themselves.
    """
    if not node.shape or 0 in node.shape:
        raise DataError(
            f"{node} is no image: it has the shape {node.shape}, without any voxel"
            if node.shape
            else f"{node} is no image: it holds a single number"
        )
    level = find_level(node)
    found = PlaceAttributes(node)
    if axes is not None:
        letters = with_channel(letters_of(axes), node)
    elif (listed := named_axes(node) if level is None else level.axes) is not None:
        names, kinds = zip(*listed, strict=True)
        letters = letters_of(names, kinds)
    else:
        letters = found.axes() or guess_axes(node, found.dims())
    letters = checked_axes(letters, node)
    if level is not None:
        spatial = [a not in NON_SPATIAL_AXES for a in letters]
        size = Coordinate(select(level.scale, spatial))
        offset = Coordinate(select(level.offset, spatial))
        notes = _unit_notes(node, level)
    else:
        size, notes = found.voxel_size(letters)
        offset = found.offset(letters)
    return Placement(letters, size, _onto_grid(offset, size), notes)


def overridden(
    placement: Placement,
    voxel_size: Coordinate | None,
    offset: Coordinate | None,
    *,
    keep_order: bool = False,
) -> Placement:
    """Return `placement` with what a user entered instead.

    Parameters
    ----------
    placement : Placement
        What the file says.
    voxel_size, offset : Coordinate or None
        In nm, in the order ``z y x``; `None` takes what the file says.
    keep_order : bool
        Whether the vectors are in stored order instead.

    Raises
    ------
    ConfigError
        If a vector has another number of entries than there are spatial axes.
    """
    stored = [a for a in placement.axes if a not in NON_SPATIAL_AXES]
    entered = stored if keep_order else sorted(stored, key=SPATIAL_AXES.index)
    order = [entered.index(axis) for axis in stored]
    for field, vector in {"voxel_size": voxel_size, "offset": offset}.items():
        if vector is not None and vector.dims != len(order):
            raise ConfigError(
                f"{field}: {vector} has {vector.dims} numbers, but the array has the "
                f"spatial axes {', '.join(entered)}"
            )
    if voxel_size is not None:
        size = Coordinate(voxel_size[i] for i in order)
        placement = attrs.evolve(placement, voxel_size=size, notes=())
    if offset is not None:
        corner = Coordinate(offset[i] for i in order)
        placement = attrs.evolve(placement, offset=corner)
    return placement


def require_positive(config: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Check a field that holds a voxel size or nothing.

    Raises
    ------
    ConfigError
        If an entry is not greater than 0.
    """
    if value is not None and not all(v is not None and v > 0 for v in value):
        raise ConfigError(
            f"{attribute.name}: {value} must hold numbers greater than 0, in nm"
        )


def _unit_notes(node: Node, level: Level) -> tuple[str, ...]:
    if level.has_unit:
        return ()
    return (f"{node} names no unit of its voxel size: nm is assumed",)


def _onto_grid(offset: Coordinate, voxel_size: Coordinate) -> Coordinate:
    return Coordinate(
        round(o / s) * s if _is_near_grid(o, s) else o
        for o, s in zip(offset, voxel_size, strict=True)
    )


def _is_near_grid(offset: Number, size: Number) -> bool:
    ratio = Fraction(offset) / Fraction(size)
    return abs(ratio - round(ratio)) < GRID_TOLERANCE
