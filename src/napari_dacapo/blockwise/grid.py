"""The grid of blocks that covers a region: what each reads and what it writes."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Literal

import attrs

from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_dacapo._typing import CoordinateLike

#: what happens to blocks that reach over the upper faces of the region
Fit = Literal["shrink", "overhang"]


@attrs.frozen
class Block:
    """One unit of block-wise work.

    Write regions never overlap and cover the total exactly.

    Attributes
    ----------
    number : int
        Position in processing order, from 0.
    index : tuple of int
        Position in the grid, one number per axis.
    read_roi, write_roi : Roi
        What the block needs and what it may write, in the unit of the grid.
    """

    number: int
    index: tuple[int, ...]
    read_roi: Roi
    write_roi: Roi


@attrs.frozen
class BlockGrid:
    """The blocks that cover a region, in C order (last axis fastest).

    All lengths are exact numbers in one unit, either voxels or world units.

    Parameters
    ----------
    total_write_roi : Roi
        The region to cover.
    block_shape : Coordinate
        Extent of the write region of a full block.
    context_low, context_high : Coordinate
        How far a block reads beyond its write region, below and above.
    total_read_roi : Roi, optional
        Read regions are cut to this region; without it they may leave the data.
    fit : {"shrink", "overhang"}
        Blocks at the upper faces write only what belongs to the region. With
        ``"shrink"`` they also read less; with ``"overhang"`` every block reads the
        same extent, for networks that take only this one.

    Raises
    ------
    ValueError
        If the number of axes differs, an extent is not positive, or `fit` is unknown.
    """

    total_write_roi: Roi
    block_shape: Coordinate = attrs.field(converter=Coordinate)
    context_low: Coordinate = attrs.field(converter=Coordinate)
    context_high: Coordinate = attrs.field(converter=Coordinate)
    total_read_roi: Roi | None = None
    fit: Fit = "shrink"

    def __attrs_post_init__(self) -> None:
        lengths = {
            self.total_write_roi.dims,
            self.block_shape.dims,
            self.context_low.dims,
            self.context_high.dims,
        }
        if len(lengths) != 1:
            raise ValueError(
                f"region {self.total_write_roi}, block shape {self.block_shape} and "
                f"context {self.context_low}, {self.context_high} need the same number "
                "of axes"
            )
        if any(s <= 0 for s in self.block_shape):
            raise ValueError(f"block shape {self.block_shape} must be positive")
        if any(c < 0 for c in (*self.context_low, *self.context_high)):
            raise ValueError(
                f"context {self.context_low}, {self.context_high} must not be negative"
            )
        if self.fit not in ("shrink", "overhang"):
            raise ValueError(f"fit must be 'shrink' or 'overhang', got {self.fit!r}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of blocks along each axis."""
        return self.total_write_roi.shape.ceil_division(self.block_shape).as_integers()

    def __len__(self) -> int:
        return math.prod(self.shape)

    def __iter__(self) -> Iterator[Block]:
        indices = itertools.product(*map(range, self.shape))
        for number, index in enumerate(indices):
            yield self._block(number, index)

    def block(self, number: int) -> Block:
        """Return the block at a position of the order, without the ones before it.

        Raises
        ------
        IndexError
            If there is no such block.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"there is no block {number}, only {len(self)} blocks")
        index, rest = [], number
        for length in reversed(self.shape):
            rest, position = divmod(rest, length)
            index.append(position)
        return self._block(number, tuple(reversed(index)))

    def _block(self, number: int, index: tuple[int, ...]) -> Block:
        begin = self.total_write_roi.begin + self.block_shape * index
        full = Roi(begin, self.block_shape)
        write = full.intersect(self.total_write_roi)
        core = full if self.fit == "overhang" else write
        read = core.grow(self.context_low, self.context_high)
        if self.total_read_roi is not None:
            read = read.intersect(self.total_read_roi)
        return Block(number, index, read, write)


def iter_blocks(
    total_write_roi: Roi,
    block_shape: CoordinateLike,
    context_low: CoordinateLike | None = None,
    context_high: CoordinateLike | None = None,
    *,
    total_read_roi: Roi | None = None,
    fit: Fit = "shrink",
) -> Iterator[Block]:
    """Yield the blocks of a `BlockGrid`; context is 0 unless given."""
    none = (0,) * total_write_roi.dims
    return iter(
        BlockGrid(
            total_write_roi,
            Coordinate(block_shape),
            Coordinate(none if context_low is None else context_low),
            Coordinate(none if context_high is None else context_high),
            total_read_roi,
            fit,
        )
    )
