"""Reading volumes for a check: block by block, a sample of them if there are many."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.arrays.base import CHANNEL_AXIS, NON_SPATIAL_AXES
from napari_dacapo.blockwise import BlockGrid, fitting_block_shape
from napari_dacapo.geometry import Coordinate, Roi

from .control import RunControl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array

#: voxels that a check looks at, all arrays together
MAX_VOXELS = 2**27
#: voxels of an array that are looked at even if there are very many arrays
LEAST_VOXELS = 2**20
#: seconds after which a check looks at no further block
MAX_SECONDS = 30.0
#: memory for the values of a block
BLOCK_BYTES = 2**25
#: shape of a storage chunk where it is not known
CHUNK_EDGE = 64


class Limits:
    """How much a check may read, and who may stop it.

    Parameters
    ----------
    num_arrays : int
        Among which the voxels are shared out.
    control : RunControl, optional
        Looked at before each block.
    """

    def __init__(self, num_arrays: int, control: RunControl | None) -> None:
        self.voxels = max(LEAST_VOXELS, MAX_VOXELS // max(1, num_arrays))
        self._control = control or RunControl()
        self._end = time.monotonic() + MAX_SECONDS

    def exhausted(self) -> bool:
        """Whether the time is over.

        Raises
        ------
        StopRequestedError
            If the user asked for a stop.
        """
        self._control.check()
        return time.monotonic() > self._end


class Scan:
    """The blocks of a region of an array, or as many as the limits allow.

    Blocks of a sample are spread evenly. Memory does not depend on the volume.

    Attributes
    ----------
    region : Roi
        What is read (nm), on the voxel grid of the array.
    seen : int
        Voxels that were read.
    block : Roi
        The block that is read now (nm): where a problem is, if one comes up.
    """

    def __init__(self, array: Array, region: Roi, limits: Limits) -> None:
        self._array, self._limits = array, limits
        self.region = self.block = region
        self.shape = (region.shape / array.voxel_size).as_integers()
        self.seen = 0

    @property
    def total(self) -> int:
        """Number of voxels of the region."""
        return math.prod(self.shape)

    @property
    def complete(self) -> bool:
        """Whether every voxel was read."""
        return self.seen >= self.total

    @property
    def note(self) -> str:
        """Words for a finding that says which part was looked at; empty for all."""
        if self.complete:
            return ""
        return (
            f" (in the {self.seen / self.total:.2g} of the volume looked at)".replace(
                f"{self.seen / self.total:.2g}", f"{self.seen / self.total:.1%}"
            )
        )

    def __iter__(self) -> Iterator[tuple[tuple[slice, ...], NDArray[Any]]]:
        """Yield place (voxels from the begin of the region) and values, ``c`` first.

        Raises
        ------
        DataError, OSError
            If a block cannot be read; `block` says which.
        """
        grid = self._grid()
        for number in _spread(len(grid), math.prod(grid.block_shape), self._limits):
            if self._limits.exhausted():
                return
            place = grid.block(number).write_roi
            self.block = place * self._array.voxel_size + self.region.offset
            values = channels_first(self._array, self._array[self.block])
            self.seen += math.prod(values.shape[1:])
            yield place.to_slices(), values

    def _grid(self) -> BlockGrid:
        none = (0,) * len(self.shape)
        size = self._array.dtype.itemsize * (self._array.num_channels or 1)
        shape = fitting_block_shape(
            self.shape, _chunk_shape(self._array), size, BLOCK_BYTES
        )
        return BlockGrid(
            Roi(none, self.shape), shape, Coordinate(none), Coordinate(none)
        )


def _spread(num_blocks: int, block_voxels: int, limits: Limits) -> list[int]:
    """Return the numbers of the blocks to look at."""
    wanted = min(num_blocks, max(1, limits.voxels // max(1, block_voxels)))
    chosen = np.linspace(0, num_blocks - 1, wanted).round()
    return [int(number) for number in chosen]


def _chunk_shape(array: Array) -> tuple[int, ...]:
    """Return the shape of the storage chunks below `array`, in voxels."""
    while hasattr(array, "source_array"):
        array = array.source_array
    try:
        stored = array.data.chunks
    except (ValueError, AttributeError):
        return (CHUNK_EDGE,) * array.dims
    chunks = [c for c, a in zip(stored, array.axes, strict=True) if _is_space(a)]
    return tuple(chunks)


def _is_space(axis: str) -> bool:
    return axis not in NON_SPATIAL_AXES


def channels_first(array: Array, values: NDArray[Any]) -> NDArray[Any]:
    """Return `values` of `array` as ``(channel, *space)``; without channels, one."""
    others = [i for i, axis in enumerate(array.axes) if not _is_space(axis)]
    if CHANNEL_AXIS in array.axes and len(others) == 1:
        return np.moveaxis(values, array.axes.index(CHANNEL_AXIS), 0)
    moved = np.moveaxis(values, others, range(len(others)))
    return moved.reshape(-1, *moved.shape[len(others) :])


class Box:
    """The smallest box around marked voxels, over many blocks."""

    def __init__(self) -> None:
        self.count = 0
        self._low: list[int] = []
        self._high: list[int] = []

    def add(self, place: tuple[slice, ...], marked: NDArray[np.bool_]) -> None:
        """Take in the marked voxels (no channels) of the block at `place`."""
        count = int(np.count_nonzero(marked))
        if not count:
            return
        self.count += count
        for axis, part in enumerate(place):
            others = tuple(a for a in range(marked.ndim) if a != axis)
            found = np.flatnonzero(marked.any(axis=others)) + part.start
            if len(self._low) <= axis:
                self._low.append(int(found[0]))
                self._high.append(int(found[-1]) + 1)
            self._low[axis] = min(self._low[axis], int(found[0]))
            self._high[axis] = max(self._high[axis], int(found[-1]) + 1)

    def roi(self, scan: Scan, voxel_size: Coordinate) -> Roi | None:
        """Return the box in nm, `None` if nothing is marked."""
        if not self.count:
            return None
        low, high = Coordinate(self._low), Coordinate(self._high)
        return Roi(low, high - low) * voxel_size + scan.region.offset
