"""Reading a whole array piece by piece."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any

from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from .base import Array

BLOCK_BYTES = 2**26


def iter_blocks(array: Array, block_bytes: int = BLOCK_BYTES) -> Iterator[NDArray[Any]]:
    """Yield the values of `array` in pieces of at most about `block_bytes`."""
    for roi in iter_rois(array, block_bytes):
        yield array[roi]


def iter_rois(array: Array, block_bytes: int = BLOCK_BYTES) -> Iterator[Roi]:
    """Yield boxes (nm) that cover `array`, slowest axis first."""
    voxel_bytes = array.dtype.itemsize * (array.num_channels or 1)
    lengths = []
    room = max(1, block_bytes // voxel_bytes)
    for length in array.shape[::-1]:
        lengths.append(max(1, min(length, room)))
        room = max(1, room // lengths[-1])
    lengths.reverse()
    steps = [range(0, n, step) for n, step in zip(array.shape, lengths, strict=True)]
    block = Coordinate(lengths) * array.voxel_size
    if math.prod(array.shape) == 0:
        return
    for start in product(*steps):
        corner = array.roi.offset + array.voxel_size * start
        yield Roi(corner, block).intersect(array.roi)
