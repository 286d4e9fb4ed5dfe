"""Affinities: whether a voxel and its neighbour at some offset are the same object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def affinities(
    labels: NDArray[Any],
    neighborhood: Sequence[Sequence[int]],
    region: tuple[slice, ...],
    *,
    background_as_object: bool = False,
) -> NDArray[np.float32]:
    """Return one channel per offset: 1 where both voxels are in the same object.

    Parameters
    ----------
    labels : ndarray of integers
        Object ids, spatial axes only; 0 is background. Compared as they are, so that
        ids up to the largest uint64 work.
    neighborhood : sequence of offsets
        In voxels. The affinity of voxel ``p`` concerns ``p`` and ``p + offset``; it is
        0 if the latter is outside of `labels`.
    region : tuple of slices
        The voxels to compute, with explicit bounds.
    background_as_object : bool
        Whether background voxels belong together, too.

    Returns
    -------
    ndarray of float32
        Shape ``(offset, *region)``.
    """
    shape = [part.stop - part.start for part in region]
    result = np.zeros((len(neighborhood), *shape), np.float32)
    for offset, channel in zip(neighborhood, result, strict=True):
        here, there, target = _overlap(offset, labels.shape, region)
        if not all(part.start < part.stop for part in here):
            continue
        same = labels[here] == labels[there]
        if not background_as_object:
            same &= labels[here] != 0
        channel[target] = same
    return result


def _overlap(
    offset: Sequence[int], shape: Sequence[int], region: tuple[slice, ...]
) -> tuple[tuple[slice, ...], ...]:
    """Return the voxels that have a neighbour, the neighbours, and where they go."""
    here, there, target = [], [], []
    for step, length, part in zip(offset, shape, region, strict=True):
        start, stop = max(part.start, -step), min(part.stop, length - step)
        here.append(slice(start, stop))
        there.append(slice(start + step, stop + step))
        target.append(slice(start - part.start, stop - part.start))
    return tuple(here), tuple(there), tuple(target)
