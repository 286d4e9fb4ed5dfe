"""Exact Euclidean distances to object boundaries and to the border of what is known.

Distances are built axis by axis from the minimum over shifted parabolas (Felzenszwalb
and Huttenlocher, 2012, "Distance transforms of sampled functions"). All heavy steps are
single numpy calls on whole arrays, which release the GIL: this runs in loader threads
beside a window.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def signed_distances(
    inside: NDArray[np.bool_], voxel_size: Sequence[float], limit: float = math.inf
) -> NDArray[np.float32]:
    """Return the distance of every voxel centre to the nearest object boundary.

    The boundary consists of the centres of all faces between a voxel inside and a voxel
    outside; the border of the array is no boundary. A voxel beside such a face along an
    axis has half a voxel edge as its distance.

    Parameters
    ----------
    inside : ndarray of bool
        Object mask, spatial axes only.
    voxel_size : sequence of float
        Edge lengths, one per axis, in the unit of the result.
    limit : float
        Distances are cut off here; a small limit is faster.

    Returns
    -------
    ndarray of float32
        Positive inside, negative outside. Without any boundary the magnitude is half of
        the shortest extent of the array everywhere.
    """
    edges = [float(edge) for edge in voxel_size]
    if inside.all() or not inside.any():
        half_extents = [n * e / 2 for n, e in zip(inside.shape, edges, strict=True)]
        distances = np.full(inside.shape, min(*half_extents, limit), np.float32)
    else:
        distances = _boundary_distances(inside, edges, limit)
    return np.negative(distances, out=distances, where=~inside)


def _boundary_distances(
    inside: NDArray[np.bool_], edges: list[float], limit: float
) -> NDArray[np.float32]:
    # The set of face centres is the union, over the axes, of the faces across an axis.
    # Those lie on a grid of their own, half a voxel off along that axis, so each takes
    # one pass along its axis and a parabola pass along every other axis. Passes
    # distribute over the minimum, hence the faces of earlier axes go on as one array.
    # This does an eighth of the work of a transform on a grid refined twice.
    longest = math.hypot(*(n * e for n, e in zip(inside.shape, edges, strict=True)))
    limit = min(limit, longest)
    nearest = _squared_run_distances(inside, 0, edges[0], limit)
    for axis in range(1, inside.ndim):
        nearest = _add_parabolas(nearest, axis, edges[axis])
        across = _squared_run_distances(inside, axis, edges[axis], limit)
        for other in range(axis):
            across = _add_parabolas(across, other, edges[other])
        np.minimum(nearest, across, out=nearest)
    return np.sqrt(nearest, out=nearest)


def distances_to_outside(
    known: NDArray[np.bool_], voxel_size: Sequence[float], limit: float
) -> NDArray[np.float32]:
    """Return the distance of every voxel centre to the nearest voxel not `known`.

    Everything beyond the array counts as unknown.

    Parameters
    ----------
    known : ndarray of bool
        Spatial axes only.
    voxel_size : sequence of float
        Edge lengths, one per axis, in the unit of the result.
    limit : float
        Distances are cut off here.

    Returns
    -------
    ndarray of float32
        0 where not `known`.
    """
    edges = [float(edge) for edge in voxel_size]
    distances = np.full(known.shape, np.float32(limit))
    for axis, (length, edge) in enumerate(zip(known.shape, edges, strict=True)):
        steps = np.arange(length, dtype=np.float32)
        to_border = np.minimum(steps + 1, length - steps) * np.float32(edge)
        np.minimum(distances, _along(to_border, axis, known.ndim), out=distances)
    if known.all():
        return distances
    last = known.ndim - 1
    squared = np.where(known, np.float32(limit), np.float32(0))
    squared = np.square(_sweep(squared, last, edges[last]))
    for axis in range(last):
        squared = _add_parabolas(squared, axis, edges[axis])
    return np.minimum(distances, np.sqrt(squared, out=squared), out=distances)


def _squared_run_distances(
    inside: NDArray[np.bool_], axis: int, edge: float, limit: float
) -> NDArray[np.float32]:
    """Return squared distances to the nearest boundary face along `axis` alone."""
    upper, lower = _shifted(inside.ndim, axis, 1)
    is_face = inside[upper] != inside[lower]
    distances = np.full(inside.shape, np.float32(limit))
    half = np.float32(min(edge / 2, limit))
    np.copyto(distances[upper], half, where=is_face)
    np.copyto(distances[lower], half, where=is_face)
    return np.square(_sweep(distances, axis, edge))


def _sweep(
    distances: NDArray[np.float32], axis: int, edge: float
) -> NDArray[np.float32]:
    """Let `distances` spread along `axis` in both directions, in place."""
    lines = np.moveaxis(distances, axis, 0)
    candidate = np.empty(lines.shape[1:], np.float32)
    step = np.float32(edge)
    for direction in (lines, lines[::-1]):
        for before, here in itertools.pairwise(direction):
            np.add(before, step, out=candidate)
            np.minimum(here, candidate, out=here)
    return distances


def _add_parabolas(
    squared: NDArray[np.float32], axis: int, edge: float
) -> NDArray[np.float32]:
    """Return ``min over k of squared[i + k] + (k * edge)**2`` along `axis`."""
    result = squared.copy()
    raised = np.empty_like(squared)
    highest = float(result.max())
    for shift in range(1, squared.shape[axis]):
        rise = (shift * edge) ** 2
        if rise >= highest:
            break
        np.add(squared, np.float32(rise), out=raised)
        upper, lower = _shifted(squared.ndim, axis, shift)
        np.minimum(result[lower], raised[upper], out=result[lower])
        np.minimum(result[upper], raised[lower], out=result[upper])
        if shift % 2 == 0:
            highest = float(result.max())
    return result


def _shifted(
    ndim: int, axis: int, shift: int
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return the indices of all voxels but the first, and all but the last `shift`."""
    upper, lower = [slice(None)] * ndim, [slice(None)] * ndim
    upper[axis], lower[axis] = slice(shift, None), slice(None, -shift)
    return tuple(upper), tuple(lower)


def _along(values: NDArray[Any], axis: int, ndim: int) -> NDArray[Any]:
    """Return one-dimensional `values` shaped to broadcast along `axis`."""
    return values.reshape([-1 if a == axis else 1 for a in range(ndim)])
