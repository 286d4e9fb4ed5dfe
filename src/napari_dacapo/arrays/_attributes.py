"""Attributes that say where an array lies, in the spellings of several programs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate

from ._axis_names import SPATIAL_AXES, letters_of, with_channel
from ._units import length_nm, nanometres
from .base import NON_SPATIAL_AXES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ._node import Node

_VOXEL_SIZE_KEYS = ("voxel_size", "resolution", "scale")
_AXES_KEYS = ("axes", "axis_names", "_ARRAY_DIMENSIONS")


class PlaceAttributes:
    """The attributes of an array and of its parent that say where it lies.

    Parameters
    ----------
    node : Node
        The array.
    """

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
                    letters = letters_of(self._ordered(names), self._ordered(types))
                    return with_channel(letters, self._node)
        names = self._node.metadata.get("dimension_names")
        if isinstance(names, list) and names and all(map(_is_name, names)):
            return letters_of(names)
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
                raise DataError(
                    f"{self._node} has {key} {vector}; it must be positive, correct it "
                    "in the file"
                )
            return size, ()
        dims = sum(a not in NON_SPATIAL_AXES for a in axes)
        note = (
            f"{self._node} says no voxel size: 1 nm along each axis is assumed; enter "
            "the true one in the field 'voxel_size' if distances matter"
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
            raise DataError(
                f"{self._node} has {key} {value!r}; it must be numbers, correct it in "
                "the file"
            )
        return value

    def _lengths(
        self, vector: list[float], units: Any, axes: tuple[str, ...], key: str
    ) -> Coordinate:
        """Return the entries of `vector` for the spatial axes, in nm."""
        spatial = [a not in NON_SPATIAL_AXES for a in axes]
        if len(vector) == len(axes):
            vector = select(vector, spatial)
        if len(vector) != sum(spatial):
            raise DataError(
                f"{self._node} has {key} {vector}, but {sum(spatial)} spatial axes "
                f"({', '.join(axes)}); each needs one number"
            )
        if not isinstance(units, list):
            units = [units] * len(vector)
        elif len(units) == len(axes):
            units = select(units, spatial)
        if len(units) != len(vector):
            raise DataError(f"{self._node} has {len(units)} units for {key} {vector}")
        factors = [nanometres(unit, self._node) for unit in units]
        return Coordinate(
            length_nm(v, f, self._node) for v, f in zip(vector, factors, strict=True)
        )


def _is_name(value: Any) -> bool:
    return isinstance(value, str)


def select(values: Sequence[Any], chosen: list[bool]) -> list[Any]:
    """Return the `values` that are `chosen`."""
    return [v for v, wanted in zip(values, chosen, strict=True) if wanted]
