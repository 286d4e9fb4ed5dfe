"""Axes, voxel size and offset of a stored array, from whatever metadata it carries.

Searched in this order: OME-NGFF multiscales of the enclosing groups; then, on the array
and on its parent group, the attributes ``voxel_size`` or ``resolution`` or ``scale``
with ``offset`` and ``units``, ``pixelResolution``, and COSEM's ``transform``; else one
voxel counts as 1 nm, which is told in the notes. N5 lists its vectors as x, y, z.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate

from ._multiscales import Level, find_level
from ._units import nanometres
from .base import CHANNEL_AXIS, NON_SPATIAL_AXES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_dacapo._typing import Number

    from ._nodes import Node

SPATIAL_AXES = "zyx"
#: an offset this close to the voxel grid (in voxels) is on it: files round floats
GRID_TOLERANCE = Fraction(1, 10_000)
_NAMES = {"channel": "c", "channels": "c", "time": "t", "sample": "s", "batch": "b"}
_VOXEL_SIZE_KEYS = ("voxel_size", "resolution", "scale")
_AXES_KEYS = ("axes", "axis_names", "_ARRAY_DIMENSIONS")


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
    level = find_level(node)
    found = _Attributes(node)
    if axes is not None:
        letters = _with_channel(_letters(axes), node)
    elif level is not None:
        names, kinds = zip(*level.axes, strict=True)
        letters = _letters(names, kinds)
    else:
        letters = found.axes() or _guess_axes(node, found)
    letters = _checked(letters, node)
    if level is not None:
        spatial = [a not in NON_SPATIAL_AXES for a in letters]
        size = Coordinate(_select(level.scale, spatial))
        offset = Coordinate(_select(level.offset, spatial))
        notes = _unit_notes(node, level)
    else:
        size, notes = found.voxel_size(letters)
        offset = found.offset(letters)
    return Placement(letters, size, _onto_grid(offset, size), notes)


def _unit_notes(node: Node, level: Level) -> tuple[str, ...]:
    if level.has_unit:
        return ()
    return (f"{node} names no unit of its voxel size: nm is assumed",)


class _Attributes:
    """The attributes of an array and of its parent that say where it lies."""

    def __init__(self, node: Node) -> None:
        self._node = node
        parent = node.parent
        self._nodes = [node] if parent is None else [node, parent]

    def axes(self) -> tuple[str, ...] | None:
        """Return the axis letters where they are stored."""
        for attributes in self._each():
            for key in _AXES_KEYS:
                names = attributes.get(key)
                if isinstance(names, list) and names and all(map(_is_name, names)):
                    types = attributes.get("types") if key == "axis_names" else None
                    letters = _letters(self._ordered(names), self._ordered(types))
                    return _with_channel(letters, self._node)
        names = self._node.metadata.get("dimension_names")
        if isinstance(names, list) and names and all(map(_is_name, names)):
            return _letters(names)
        return None

    def dims(self) -> int | None:
        """Return the number of spatial axes where a vector tells it."""
        ndim = len(self._node.shape)
        vectors = (v for v, _, _ in (*self._voxel_sizes(), *self._offsets()))
        return next((len(v) for v in vectors if len(v) < ndim), None)

    def voxel_size(self, axes: tuple[str, ...]) -> tuple[Coordinate, tuple[str, ...]]:
        """Return the voxel size in nm and what had to be assumed."""
        for vector, units, key in self._voxel_sizes():
            size = self._lengths(vector, units, axes, key)
            if any(s <= 0 for s in size):
                raise DataError(f"{self._node} has {key} {vector}; it must be positive")
            return size, ()
        dims = sum(a not in NON_SPATIAL_AXES for a in axes)
        note = (
            f"{self._node} says no voxel size: 1 nm along each axis is assumed; enter "
            "the true one (attribute 'resolution') if distances matter"
        )
        return Coordinate((1,) * dims), (note,)

    def offset(self, axes: tuple[str, ...]) -> Coordinate:
        """Return the offset in nm, zero where none is stored."""
        for vector, units, key in self._offsets():
            return self._lengths(vector, units, axes, key)
        return Coordinate((0,) * sum(a not in NON_SPATIAL_AXES for a in axes))

    def _each(self) -> Iterator[dict[str, Any]]:
        return (node.attributes for node in self._nodes)

    def _ordered(self, values: Any) -> Any:
        """Return a list of the file slowest axis first."""
        if self._node.format == "n5" and isinstance(values, list):
            return values[::-1]
        return values

    def _voxel_sizes(self) -> Iterator[tuple[list[float], Any, str]]:
        for attributes in self._each():
            units = self._ordered(attributes.get("units"))
            for key in _VOXEL_SIZE_KEYS:
                if key in attributes:
                    yield self._vector(self._ordered(attributes[key]), key), units, key
            pixel = attributes.get("pixelResolution")
            if isinstance(pixel, dict) and "dimensions" in pixel:
                key = "pixelResolution"
                vector = self._vector(self._ordered(pixel["dimensions"]), key)
                yield self._downsampled(vector), pixel.get("unit", units), key
            yield from self._transform(attributes, "scale")

    def _offsets(self) -> Iterator[tuple[list[float], Any, str]]:
        for attributes in self._each():
            if "offset" in attributes:
                vector = self._vector(self._ordered(attributes["offset"]), "offset")
                yield vector, self._ordered(attributes.get("units")), "offset"
            yield from self._transform(attributes, "translate")

    def _transform(
        self, attributes: dict[str, Any], key: str
    ) -> Iterator[tuple[list[float], Any, str]]:
        """Yield a vector of COSEM's transform, which states its own axis order."""
        transform = attributes.get("transform")
        if isinstance(transform, dict) and key in transform:
            ordering = transform.get("ordering", transform.get("order", "C"))
            step = -1 if ordering == "F" else 1
            units = transform.get("units")
            units = units[::step] if isinstance(units, list) else units
            vector = self._vector(transform[key], f"transform.{key}")[::step]
            yield vector, units, f"transform.{key}"

    def _downsampled(self, vector: list[float]) -> list[float]:
        """Scale by the factors that the N5 viewer writes beside each level."""
        own = self._node.attributes
        if "downsamplingFactors" not in own or "pixelResolution" in own:
            return vector
        factors = self._ordered(own["downsamplingFactors"])
        factors = self._vector(factors, "downsamplingFactors")
        return [v * f for v, f in zip(vector, factors, strict=True)]

    def _vector(self, value: Any, key: str) -> list[float]:
        if isinstance(value, (int, float)):
            value = [value] * min(len(self._node.shape), len(SPATIAL_AXES))
        if not isinstance(value, list) or not all(
            isinstance(v, (int, float)) and math.isfinite(v) for v in value
        ):
            raise DataError(f"{self._node} has {key} {value!r}; it must be numbers")
        return value

    def _lengths(
        self, vector: list[float], units: Any, axes: tuple[str, ...], key: str
    ) -> Coordinate:
        """Return the entries of `vector` for the spatial axes, in nm."""
        spatial = [a not in NON_SPATIAL_AXES for a in axes]
        if len(vector) == len(axes):
            vector = _select(vector, spatial)
        if len(vector) != sum(spatial):
            raise DataError(
                f"{self._node} has {key} {vector}, but {sum(spatial)} spatial axes "
                f"({', '.join(axes)}); each needs one number"
            )
        if not isinstance(units, list):
            units = [units] * len(vector)
        elif len(units) == len(axes):
            units = _select(units, spatial)
        if len(units) != len(vector):
            raise DataError(f"{self._node} has {len(units)} units for {key} {vector}")
        factors = map(nanometres, units)
        return Coordinate(
            float(Fraction(v) * f) for v, f in zip(vector, factors, strict=True)
        )


def _is_name(value: Any) -> bool:
    return isinstance(value, str)


def _select(values: Sequence[Any], chosen: list[bool]) -> list[Any]:
    return [v for v, wanted in zip(values, chosen, strict=True) if wanted]


def _letters(names: Sequence[str], types: Any = None) -> tuple[str, ...]:
    """Return one letter per axis; spatial axes with unknown names go by position."""
    kinds = types if isinstance(types, (list, tuple)) else [""] * len(names)
    letters = [_letter(n, k) for n, k in zip(names, kinds, strict=False)]
    spatial = [i for i, a in enumerate(letters) if a not in NON_SPATIAL_AXES]
    if not {letters[i] for i in spatial} <= set(SPATIAL_AXES):
        for i, letter in zip(spatial[::-1], SPATIAL_AXES[::-1], strict=False):
            letters[i] = letter
    return tuple(letters)


def _letter(name: str, kind: str) -> str:
    plain = name.strip().lower().removesuffix("^")
    letter = _NAMES.get(plain, plain)
    if kind in _NAMES:
        return _NAMES[kind]
    is_extra = name.endswith("^") and letter not in NON_SPATIAL_AXES
    return CHANNEL_AXIS if is_extra else letter


def _with_channel(letters: tuple[str, ...], node: Node) -> tuple[str, ...]:
    """Add the channel axis that many files leave out of their axis names."""
    missing = len(node.shape) - len(letters)
    if missing == 1 and CHANNEL_AXIS not in letters:
        return (CHANNEL_AXIS, *letters)
    return letters


def _guess_axes(node: Node, found: _Attributes) -> tuple[str, ...]:
    ndim = len(node.shape)
    dims = min(found.dims() or ndim, ndim, len(SPATIAL_AXES))
    extra = ndim - dims
    if extra > 2:
        raise DataError(
            f"{node} has {ndim} axes and does not name them; enter their names in the "
            "field 'axes' of the array"
        )
    return (
        *("t", CHANNEL_AXIS)[2 - extra :],
        *SPATIAL_AXES[len(SPATIAL_AXES) - dims :],
    )


def _checked(letters: tuple[str, ...], node: Node) -> tuple[str, ...]:
    spatial = [a for a in letters if a not in NON_SPATIAL_AXES]
    if len(letters) != len(node.shape):
        problem = f"{len(letters)} axes are named, the array has {len(node.shape)}"
    elif len(set(letters)) < len(letters):
        problem = "an axis is named twice"
    elif not spatial or not set(spatial) <= set(SPATIAL_AXES):
        problem = f"the spatial axes must be among {', '.join(SPATIAL_AXES)}"
    else:
        return letters
    raise DataError(
        f"the axes {', '.join(letters)} do not fit {node} of shape {node.shape}: "
        f"{problem}"
    )


def _onto_grid(offset: Coordinate, voxel_size: Coordinate) -> Coordinate:
    return Coordinate(
        round(o / s) * s if _is_near_grid(o, s) else o
        for o, s in zip(offset, voxel_size, strict=True)
    )


def _is_near_grid(offset: Number, size: Number) -> bool:
    ratio = Fraction(offset) / Fraction(size)
    return abs(ratio - round(ratio)) < GRID_TOLERANCE
