"""Exact Euclidean distances to object boundaries and to the border of what is known.

Distances are built axis by axis from the minimum over shifted parabolas (Felzenszwalb
and Huttenlocher, 2012, "Distance transforms of sampled functions"). All heavy steps are
single numpy calls on whole arrays, which release the GIL: this runs in loader threads
beside a window.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


#: after so many shifts each it is worthwhile to see what is left to do
_LOOK = 4


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
    unit, edges, dtype = _smallest_numbers(edges, limit)
    reach = math.ceil(limit / unit)
    # the first axis last: what it leaves behind is in C order
    first, *axes = [*range(1, inside.ndim), 0]
    nearest = _squared_run_distances(inside, first, edges[first], dtype(reach))
    for done, axis in enumerate(axes, 1):
        nearest = _add_parabolas(nearest, axis, edges[axis])
        across = _squared_run_distances(inside, axis, edges[axis], dtype(reach))
        for other in [first, *axes][:done]:
            across = _add_parabolas(across, other, edges[other])
        nearest = np.minimum(nearest, across, out=nearest)
    distances: NDArray[np.float32] = np.sqrt(nearest, dtype=np.float32)
    distances *= np.float32(unit)
    np.minimum(distances, np.float32(limit), out=distances)
    return distances


def _smallest_numbers(
    edges: list[float], limit: float
) -> tuple[float, list[float], type[np.uint16 | np.float32]]:
    """Return a unit, `edges` in it, and the type that squared distances in it fit into.

    Where half of every voxel edge is a whole number of units, squares are whole as
    well; in 16 bits all takes half of the time.
    """
    halves = [Fraction(edge / 2).limit_denominator(10**6) for edge in edges]
    if all(float(half) == edge / 2 for half, edge in zip(halves, edges, strict=True)):
        denominator = math.lcm(*(half.denominator for half in halves))
        whole = [int(half * denominator) for half in halves]
        factor = math.gcd(*whole)
        unit = factor / denominator
        reach, numbers = math.ceil(limit / unit), [2 * (n // factor) for n in whole]
        # a sum of two squares, or of a distance and an edge, is the largest that occurs
        if max(2 * reach**2, reach + max(numbers)) <= np.iinfo(np.uint16).max:
            return unit, [float(number) for number in numbers], np.uint16
    return 1.0, edges, np.float32


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
    unit, edges, dtype = _smallest_numbers(edges, limit)
    reach = np.where(known, dtype(math.ceil(limit / unit)), dtype(0))
    squared = _by_lines(reach, last, lambda lines: _swept(lines.copy(), edges[last]))
    for axis in range(last):
        squared = _add_parabolas(squared, axis, edges[axis])
    to_unknown: NDArray[np.float32] = np.sqrt(squared, dtype=np.float32)
    to_unknown *= np.float32(unit)
    np.minimum(distances, to_unknown, out=distances)
    return distances


def _by_lines(
    values: NDArray[Any],
    axis: int,
    change: Callable[[NDArray[Any]], NDArray[Any]],
) -> NDArray[Any]:
    """Apply `change` to `values` as a matrix whose columns are the lines along `axis`.

    Shifts along the columns are then shifts of whole rows, many times faster than along
    an inner axis. The result is in C order for the first axis, else a view.
    """
    lines = np.moveaxis(values, axis, 0)
    matrix = np.ascontiguousarray(lines).reshape(len(lines), -1)
    return np.moveaxis(change(matrix).reshape(lines.shape), 0, axis)


def _squared_run_distances(
    inside: NDArray[np.bool_], axis: int, edge: float, limit: Any
) -> NDArray[Any]:
    """Return squared distances to the nearest boundary face along `axis` alone.

    They are of the type of `limit`.
    """
    half = min(type(limit)(edge / 2), limit)

    def change(lines: NDArray[np.bool_]) -> NDArray[Any]:
        is_face = lines[1:] != lines[:-1]
        distances = np.full(lines.shape, limit)
        np.copyto(distances[1:], half, where=is_face)
        np.copyto(distances[:-1], half, where=is_face)
        return _swept(distances, edge)

    return _by_lines(inside, axis, change)


def _swept(distances: NDArray[Any], edge: float) -> NDArray[Any]:
    """Let `distances` spread along columns, in place, both ways; square them."""
    candidate = np.empty_like(distances[0])
    step = distances.dtype.type(edge)
    for direction in (distances, distances[::-1]):
        for before, here in itertools.pairwise(direction):
            np.add(before, step, out=candidate)
            np.minimum(here, candidate, out=here)
    np.square(distances, out=distances)
    return distances


def _add_parabolas(squared: NDArray[Any], axis: int, edge: float) -> NDArray[Any]:
    """Return ``min over k of squared[i + k] + (k * edge)**2`` along `axis`."""
    return _by_lines(squared, axis, lambda lines: _lowered(lines.copy(), lines, edge))


def _lowered(
    result: NDArray[Any], squared: NDArray[Any], edge: float, begin: int = 1
) -> NDArray[Any]:
    """Lower `result`, in place, to ``squared[i + k] + (k * edge)**2``.

    `i` runs along columns, so does `k`, from `begin` in both directions. Columns in
    which nothing can change any more are left out as soon as they are the majority.
    """
    raised, highest = np.empty_like(squared), float(squared.max())
    for shift in range(begin, len(squared)):
        if (shift * edge) ** 2 >= highest:
            break
        rise = squared.dtype.type((shift * edge) ** 2)
        if shift % _LOOK == 0:
            (changing,) = np.nonzero(squared.min(0) + rise < result.max(0))
            if not len(changing):
                break
            if 2 * len(changing) < squared.shape[1]:
                part = result.take(changing, 1), squared.take(changing, 1)
                result[:, changing] = _lowered(*part, edge, shift)
                break
        np.add(squared, rise, out=raised)
        np.minimum(result[:-shift], raised[shift:], out=result[:-shift])
        np.minimum(result[shift:], raised[:-shift], out=result[shift:])
    return result


def _along(values: NDArray[Any], axis: int, ndim: int) -> NDArray[Any]:
    """Return one-dimensional `values` shaped to broadcast along `axis`."""
    return values.reshape([-1 if a == axis else 1 for a in range(ndim)])
