"""Exact coordinates and boxes in world units, and their arithmetic.

`Coordinate` and `Roi` behave like those of ``funlib.geometry`` on integers; unlike
those they keep rational numbers exactly (4.6 nm stays 23/5 instead of 4).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from fractions import Fraction
from numbers import Integral, Rational, Real
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

if TYPE_CHECKING:
    from ._typing import AnyNumber, CoordinateLike, Number

#: floats are read as fractions with a denominator up to this
MAX_DENOMINATOR = 10**6


def exact(value: Any) -> Number:
    """Return `value` as an exact number: `int` where integral, else `Fraction`.

    A float is read as the simplest fraction that rounds to it, so that 4.6 (also in
    single precision) means 23/5 and 100000 / 3 stays what it was before rounding.

    Raises
    ------
    TypeError
        If `value` is not a real number.
    ValueError
        If `value` is NaN or infinite.
    """
    if type(value) is int:
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Rational):
        fraction = Fraction(int(value.numerator), int(value.denominator))
    elif isinstance(value, Real):
        if not math.isfinite(value):
            raise ValueError(f"a coordinate must be finite, got {value!r}")
        fraction = _simplest_fraction(value)
    else:
        raise TypeError(f"a coordinate needs numbers, got {value!r}")
    return fraction.numerator if fraction.denominator == 1 else fraction


def _simplest_fraction(value: Real) -> Fraction:
    stored = Fraction(float(value))
    bound = 1
    while True:
        fraction = stored.limit_denominator(bound)
        # rounding in the precision of `value`: numpy has shorter floats than Python
        if bound >= MAX_DENOMINATOR or type(value)(float(fraction)) == value:  # type: ignore[call-arg]
            return fraction
        bound *= 10


def plain(value: Number | None) -> int | float | None:
    """Return an exact number as `int` or `float`, for files and display."""
    return value if value is None or isinstance(value, int) else float(value)


class Coordinate(tuple[Any, ...]):
    """An immutable vector of exact numbers, one per spatial axis (order ``z, y, x``).

    Parameters
    ----------
    *components
        Either one iterable or the components themselves; `None` stands for unbounded.
        Floats are read as the simplest fraction that rounds to them.

    Notes
    -----
    Arithmetic is elementwise with another coordinate of the same length, a tuple, or a
    number. ``/`` divides exactly, ``//`` rounds down. A coordinate equals a tuple that
    would become the same coordinate, so ``Coordinate(4.6) == (4.6,)``.
    """

    __slots__ = ()

    def __new__(cls, *components: Any) -> Coordinate:
        if len(components) == 1 and isinstance(components[0], Iterable):
            components = tuple(components[0])
        # hundreds of these are made per training sample, nearly all of plain integers
        numbers = [c if c is None or type(c) is int else exact(c) for c in components]
        return super().__new__(cls, numbers)

    @property
    def dims(self) -> int:
        """Number of components."""
        return len(self)

    def is_multiple_of(self, other: CoordinateLike) -> bool:
        """Whether every component is a whole multiple of that of `other`."""
        return all(a % b == 0 for a, b in self._pairs(other))

    def floor_division(self, other: Any) -> Coordinate:
        """Divide and round each component down."""
        return self._apply(other, operator.floordiv)

    def ceil_division(self, other: Any) -> Coordinate:
        """Divide and round each component up."""
        return self._apply(other, lambda a, b: -(-a // b))

    def round_division(self, other: Any) -> Coordinate:
        """Divide and round each component to the nearest whole number, ties down."""
        return self._apply(other, lambda a, b: -((b - 2 * a) // (2 * b)))

    def as_integers(self) -> tuple[int, ...]:
        """Return the components as plain integers.

        Raises
        ------
        ValueError
            If a component is not whole.
        """
        if not all(isinstance(c, int) for c in self):
            raise ValueError(f"{self} has components that are no whole numbers")
        return tuple(int(c) for c in self)

    def as_floats(self) -> tuple[float, ...]:
        """Return the components as floats (`None` becomes NaN)."""
        return tuple(math.nan if c is None else float(c) for c in self)

    def to_plain(self) -> list[int | float | None]:
        """Return the components as a list of `int` and `float`, for files."""
        return [plain(c) for c in self]

    def _pairs(self, other: Any) -> list[tuple[Any, Any]]:
        if isinstance(other, Iterable):
            components = other if type(other) is Coordinate else Coordinate(other)
            if len(components) != len(self):
                raise ValueError(
                    f"coordinates of different length: {self} and {components}"
                )
            return list(zip(self, components, strict=True))
        number = exact(other)
        return [(a, number) for a in self]

    def _apply(self, other: Any, function: Callable[[Any, Any], Any]) -> Coordinate:
        return Coordinate(
            None if a is None or b is None else function(a, b)
            for a, b in self._pairs(other)
        )

    def __eq__(self, other: object) -> bool:
        if super().__eq__(other) is True:
            return True
        if type(other) is Coordinate or not isinstance(other, tuple):
            return False
        try:
            return super().__eq__(Coordinate(other))
        except (TypeError, ValueError):
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__

    def __add__(self, other: Any) -> Coordinate:
        return self._apply(other, operator.add)

    def __sub__(self, other: Any) -> Coordinate:
        return self._apply(other, operator.sub)

    def __rsub__(self, other: Any) -> Coordinate:
        return self._apply(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Coordinate:
        return self._apply(other, operator.mul)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Coordinate:
        return self._apply(other, _exact_quotient)

    def __floordiv__(self, other: Any) -> Coordinate:
        return self._apply(other, operator.floordiv)

    def __mod__(self, other: Any) -> Coordinate:
        return self._apply(other, operator.mod)

    def __pow__(self, other: Any) -> Coordinate:
        return self._apply(other, operator.pow)

    def __neg__(self) -> Coordinate:
        return Coordinate(None if a is None else -a for a in self)

    def __abs__(self) -> Coordinate:
        return Coordinate(None if a is None else abs(a) for a in self)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Coordinate: ...
    def __getitem__(self, index: Any) -> Any:
        item = super().__getitem__(index)
        return Coordinate(item) if isinstance(index, slice) else item

    def __repr__(self) -> str:
        return "(" + ", ".join(_show(c) for c in self) + ")"


def _exact_quotient(a: Number, b: Number) -> Number:
    if type(a) is type(b) is int and a % b == 0:
        return a // b
    return Fraction(a) / b


def _show(value: Number | None) -> str:
    return "None" if value is None else f"{plain(value)}"


class Roi:
    """A half-open, axis-aligned box in world units: ``begin <= point < end``.

    Parameters
    ----------
    offset : sequence of numbers
        The lower corner; `None` for unbounded axes.
    shape : sequence of numbers
        The extent; `None` for unbounded axes.

    Raises
    ------
    ValueError
        If the lengths differ or an extent is negative.
    """

    __slots__ = ("_offset", "_shape")

    def __init__(self, offset: CoordinateLike, shape: CoordinateLike) -> None:
        self._offset, self._shape = Coordinate(offset), Coordinate(shape)
        if self._offset.dims != self._shape.dims:
            raise ValueError(
                f"a ROI needs as many offsets as extents, got offset {self._offset} "
                f"and shape {self._shape}"
            )
        if any(s is not None and s < 0 for s in self._shape):
            raise ValueError(f"a ROI cannot have a negative shape, got {self._shape}")

    @classmethod
    def coerce(cls, value: Any) -> Roi:
        """Return `value` (any kind of ROI or an ``(offset, shape)`` pair) as a Roi."""
        if isinstance(value, Roi):
            return value
        if hasattr(value, "offset") and hasattr(value, "shape"):
            return cls(value.offset, value.shape)
        offset, shape = value
        return cls(offset, shape)

    @property
    def offset(self) -> Coordinate:
        """Lower corner."""
        return self._offset

    @property
    def shape(self) -> Coordinate:
        """Extent."""
        return self._shape

    @property
    def begin(self) -> Coordinate:
        """Lower corner, same as `offset`."""
        return self._offset

    @property
    def end(self) -> Coordinate:
        """Upper corner, which no longer belongs to the box."""
        return self._offset + self._shape

    @property
    def center(self) -> Coordinate:
        """Middle of the box."""
        return self._offset + self._shape / 2

    @property
    def dims(self) -> int:
        """Number of axes."""
        return self._offset.dims

    @property
    def size(self) -> Number | None:
        """Volume in world units, or `None` if unbounded."""
        return None if self.unbounded else math.prod(self._shape)

    @property
    def empty(self) -> bool:
        """Whether the box holds no point."""
        return any(s is not None and s <= 0 for s in self._shape)

    @property
    def unbounded(self) -> bool:
        """Whether any extent is unbounded."""
        return any(s is None for s in self._shape)

    def contains(self, other: Any) -> bool:
        """Whether `other`, a point or a box, lies inside (an empty box never does)."""
        if self.empty:
            return False
        if isinstance(other, Roi):
            return not other.empty and self._bounds(other.begin, other.end, closed=True)
        point = Coordinate(other)
        return self._bounds(point, point, closed=False)

    def _bounds(self, low: Coordinate, high: Coordinate, *, closed: bool) -> bool:
        for begin, end, a, b in zip(self.begin, self.end, low, high, strict=True):
            if begin is not None and (a is None or a < begin):
                return False
            if end is not None and (b is None or (b > end if closed else b >= end)):
                return False
        return True

    def intersect(self, other: Roi) -> Roi:
        """Return the common part; if there is none: offset all `None`, shape all 0."""
        begin = [_pick(max, a, b) for a, b in zip(self.begin, other.begin, strict=True)]
        end = [_pick(min, a, b) for a, b in zip(self.end, other.end, strict=True)]
        shape = [
            None if b is None or e is None else e - b
            for b, e in zip(begin, end, strict=True)
        ]
        # the offset of an empty box may be `None`, which must not count as unbounded
        if self.empty or other.empty or any(s is not None and s <= 0 for s in shape):
            return Roi((None,) * self.dims, (0,) * self.dims)
        return Roi(begin, shape)

    def intersects(self, other: Roi) -> bool:
        """Whether there is a common part."""
        return not self.intersect(other).empty

    def union(self, other: Roi) -> Roi:
        """Return the smallest box around both (an empty one takes no part)."""
        if self.empty or other.empty:
            return other if self.empty else self
        begin = Coordinate(_outer(min, self.begin, other.begin))
        end = Coordinate(_outer(max, self.end, other.end))
        return Roi(begin, end - begin)

    def shift(self, by: Any) -> Roi:
        """Return the box moved by a vector or number."""
        return Roi(self._offset + by, self._shape)

    def grow(self, amount_neg: Any = 0, amount_pos: Any = 0) -> Roi:
        """Move the lower faces out by `amount_neg` and the upper ones by `amount_pos`.

        Negative amounts shrink; a box shrunk to nothing has shape 0.
        """
        offset = self._offset - amount_neg
        shape = self._shape + amount_neg
        shape = shape + amount_pos
        return Roi(offset, [None if s is None else max(s, 0) for s in shape])

    def snap_to_grid(
        self,
        voxel_size: CoordinateLike,
        mode: str = "grow",
        origin: CoordinateLike | None = None,
    ) -> Roi:
        """Return the box on the grid of `voxel_size`.

        Parameters
        ----------
        voxel_size : sequence of numbers
            Grid spacing in world units.
        mode : {"grow", "shrink", "closest"}
            Which way the faces move.
        origin : sequence of numbers, optional
            A point of the grid, by default 0; for the grid of an array its offset.

        Raises
        ------
        ValueError
            If `mode` is unknown.
        """
        down, up, near = (
            Coordinate.floor_division,
            Coordinate.ceil_division,
            Coordinate.round_division,
        )
        if origin is not None:
            start = Coordinate(origin)
            return (self - start).snap_to_grid(voxel_size, mode) + start
        modes = {"grow": (down, up), "shrink": (up, down), "closest": (near, near)}
        if mode not in modes:
            raise ValueError(f"mode must be one of {', '.join(modes)}, got {mode!r}")
        grid = Coordinate(voxel_size)
        begin = modes[mode][0](self.begin, grid) * grid
        end = modes[mode][1](self.end, grid) * grid
        shape = [
            None if b is None or e is None else max(e - b, 0)
            for b, e in zip(begin, end, strict=True)
        ]
        return Roi(begin, shape)

    def to_slices(self) -> tuple[slice, ...]:
        """Return numpy slices; the box must be in (whole) voxels."""
        return tuple(
            slice(b, e)
            for b, e in zip(
                self.begin.as_integers(), self.end.as_integers(), strict=True
            )
        )

    def to_plain(self) -> list[list[int | float | None]]:
        """Return ``[offset, shape]`` as lists of `int` and `float`, for files."""
        return [self._offset.to_plain(), self._shape.to_plain()]

    def __add__(self, other: Any) -> Roi:
        return self.shift(other)

    def __sub__(self, other: Any) -> Roi:
        return Roi(self._offset - other, self._shape)

    def __mul__(self, other: Any) -> Roi:
        return Roi(self._offset * other, self._shape * other)

    def __truediv__(self, other: Any) -> Roi:
        return Roi(self._offset / other, self._shape / other)

    def __floordiv__(self, other: Any) -> Roi:
        return Roi(self._offset // other, self._shape // other)

    def __eq__(self, other: object) -> bool:
        if not (hasattr(other, "offset") and hasattr(other, "shape")):
            return NotImplemented
        return self._offset == tuple(other.offset) and self._shape == tuple(other.shape)

    def __hash__(self) -> int:
        return hash((self._offset, self._shape))

    def __repr__(self) -> str:
        sides = zip(self.begin, self.end, strict=True)
        return "[" + ", ".join(f"{_show(b)}:{_show(e)}" for b, e in sides) + "]"


def _outer(
    choose: Callable[[Any, Any], Any], first: Coordinate, second: Coordinate
) -> list[Any]:
    return [
        None if a is None or b is None else choose(a, b)
        for a, b in zip(first, second, strict=True)
    ]


def _pick(choose: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    if a is None or b is None:
        return b if a is None else a
    return choose(a, b)


def world_to_voxels(roi: Roi, offset: Coordinate, voxel_size: Coordinate) -> Roi:
    """Return the box in voxels of a grid that starts at `offset`.

    Raises
    ------
    ValueError
        If a face of `roi` does not lie on the grid.
    """
    voxels = (roi - offset) / voxel_size
    if not all(isinstance(c, int) for c in (*voxels.offset, *voxels.shape)):
        raise ValueError(
            f"region {roi} does not lie on the voxel grid with offset {offset} and "
            f"voxel size {voxel_size}"
        )
    return voxels


def least_common_multiple(voxel_sizes: Iterable[Coordinate]) -> Coordinate:
    """Return the finest spacing, per axis, that is a multiple of all `voxel_sizes`."""
    return Coordinate(
        _rational_lcm(components) for components in zip(*voxel_sizes, strict=True)
    )


def _rational_lcm(values: tuple[AnyNumber, ...]) -> Fraction:
    fractions = [Fraction(v) for v in values]
    denominator = math.lcm(*(f.denominator for f in fractions))
    return Fraction(
        math.lcm(*(f.numerator * (denominator // f.denominator) for f in fractions)),
        denominator,
    )
