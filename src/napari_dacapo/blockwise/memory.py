"""How large blocks may be: as much of a volume as fits comfortably in memory."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from napari_dacapo.geometry import Coordinate

if TYPE_CHECKING:
    from collections.abc import Sequence

GIB = 2**30
#: where the physical memory cannot be asked for (Windows)
ASSUMED_MEMORY = 8 * GIB
LARGEST_BUDGET = 4 * GIB


def memory_budget() -> int:
    """Return how many bytes block-wise work may use.

    A quarter of the physical memory, at most 4 GiB: the rest belongs to napari, to a
    training that may be running, and to the disk cache.
    """
    return min(LARGEST_BUDGET, _physical_memory() // 4)


def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return ASSUMED_MEMORY


def fitting_block_shape(
    shape: Sequence[int],
    chunk_shape: Sequence[int],
    bytes_per_voxel: float,
    budget: int | None = None,
) -> Coordinate:
    """Return the largest convenient block: the whole volume, or whole chunks of it.

    Parameters
    ----------
    shape, chunk_shape : sequence of int
        Voxels of the volume and of its storage chunks, spatial axes.
    bytes_per_voxel : float
        Working memory that one voxel of a block needs.
    budget : int, optional
        Bytes available; by default `memory_budget`.
    """
    budget = memory_budget() if budget is None else budget
    if math.prod(shape) * bytes_per_voxel <= budget:
        return Coordinate(max(1, s) for s in shape)
    block = [max(1, min(c, s)) for c, s in zip(chunk_shape, shape, strict=True)]
    while growable := [axis for axis, n in enumerate(shape) if block[axis] < n]:
        # the axis that is shortest now, so that blocks stay compact
        axis = min(growable, key=block.__getitem__)
        grown = [*block]
        grown[axis] = min(block[axis] + chunk_shape[axis], shape[axis])
        if math.prod(grown) * bytes_per_voxel > budget:
            break
        block = grown
    return Coordinate(block)
