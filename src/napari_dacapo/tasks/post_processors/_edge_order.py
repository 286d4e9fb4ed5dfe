"""The order in which the mutex watershed visits the edges of affinities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Slices = tuple[slice, ...]


@attrs.frozen(eq=False)
class EdgeOrder:
    """Edges in descending order of absolute weight, one packed number each.

    From high to low bits: closeness of the weight to 0, channel, voxel, attraction.
    """

    packed: NDArray[np.uint64]
    attractive: NDArray[np.int64]
    voxel_bits: int
    channel_bits: int

    @property
    def attractive_count(self) -> int:
        """Number of edges that attract."""
        return len(self.attractive)

    def position_of_attractive(self, number: int) -> int:
        """Return the position of an attractive edge among all."""
        return int(self.attractive[number])

    def decode(
        self, start: int, stop: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.bool_]]:
        """Return channel, voxel (flat index) and attraction of some edges."""
        packed = self.packed[start:stop]
        attractive = (packed & np.uint64(1)).astype(bool)
        packed = packed >> np.uint64(1)
        voxel = packed & np.uint64((1 << self.voxel_bits) - 1)
        packed >>= np.uint64(self.voxel_bits)
        channel = packed & np.uint64((1 << self.channel_bits) - 1)
        return channel.view(np.int64), voxel.astype(np.int32), attractive


def ordered_edges(
    affinities: NDArray[Any], offsets: Sequence[Sequence[int]], bias: float
) -> tuple[EdgeOrder, NDArray[np.bool_]]:
    """Return the edges in order, and which voxels have an attractive one.

    See `mutex_watershed` for the arguments; edges that leave the array do not exist.
    """
    shape = affinities.shape[1:]
    voxel_bits = max(1, (math.prod(shape) - 1).bit_length())
    channel_bits = max(1, (len(offsets) - 1).bit_length())
    weight_shift = 1 + voxel_bits + channel_bits
    voxels = np.arange(math.prod(shape), dtype=np.uint64).reshape(shape)
    voxels <<= np.uint64(1)
    attracted = np.zeros(shape, bool)
    parts = []
    for channel, (source, target) in enumerate(_ends(offsets, shape)):
        packed, attracts = _closeness(
            affinities[channel][source], bias, bits=64 - weight_shift
        )
        attracted[source] |= attracts
        attracted[target] |= attracts
        packed <<= np.uint64(channel_bits)
        packed |= np.uint64(channel)
        packed <<= np.uint64(voxel_bits + 1)
        packed |= voxels[source]
        packed |= attracts
        parts.append(packed.ravel())
    packed = np.concatenate(parts)
    if affinities.dtype == np.uint8:
        levels = (packed >> np.uint64(weight_shift)).astype(np.uint8)
        packed = packed[np.argsort(levels, kind="stable")]  # a radix sort
    else:
        packed.sort()
    attractive = np.flatnonzero(packed & np.uint64(1))
    order = EdgeOrder(packed, attractive, voxel_bits, channel_bits)
    return order, attracted.ravel()


def _closeness(
    affinities: NDArray[Any], bias: float, bits: int
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return whole numbers that fall with the absolute weight, and what attracts."""
    if affinities.dtype == np.uint8:
        weights = np.arange(256) / 255 - bias
        levels = np.unique(-np.abs(weights), return_inverse=True)[1]
        return levels.astype(np.uint64)[affinities], (weights > 0)[affinities]
    weights = affinities.astype(np.float64)
    weights -= bias
    attracts = weights > 0
    np.abs(weights, out=weights)
    np.subtract(1, weights, out=weights)
    np.fmax(weights, 0, out=weights)  # out of range or NaN: certain
    weights *= 2.0 ** (bits - 1)
    return weights.astype(np.uint64), attracts


def _ends(
    offsets: Sequence[Sequence[int]], shape: tuple[int, ...]
) -> Iterator[tuple[Slices, Slices]]:
    """Yield where the edges of each offset begin and end."""
    for offset in offsets:
        pairs = list(zip(offset, shape, strict=True))
        source = tuple(slice(max(0, -o), max(0, n - max(0, o))) for o, n in pairs)
        target = tuple(slice(max(0, o), max(0, n + min(0, o))) for o, n in pairs)
        yield source, target
