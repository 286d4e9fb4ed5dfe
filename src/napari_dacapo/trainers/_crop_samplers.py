"""Samplers that know beforehand which places of a dataset can be used."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_dacapo.errors import DataError

from ._annotation import Annotation, FullAnnotation, LazyAnnotation, MaskAnnotation
from .sampling import CropGrid, CropSampler, middle_of_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_dacapo.geometry import Coordinate, Roi

#: mask voxels that are summed up at once
_SLAB = 2**22
#: masks with more places than this are only looked at in blocks
_MOST_PLACES = 2**24


def create_sampler(
    name: str,
    grid: CropGrid,
    annotation: Annotation,
    *,
    box: Sequence[int],
    min_masked: float,
    block: int,
    warn: Callable[[str], None],
) -> CropSampler:
    """Return a sampler of all places where enough of the output box can be used.

    Parameters
    ----------
    name : str
        The dataset, for messages.
    grid, annotation : CropGrid, Annotation
        All places, and how much of each can be used.
    box : sequence of int
        Shape of the output box in ground truth voxels.
    min_masked : float
        The usable fraction that is enough.
    block : int
        Masks are looked at in blocks of this many places per axis.
    warn : callable
        Called with a text if no place is good enough; then every place is taken that
        is annotated at its middle.

    Raises
    ------
    DataError
        If the mask allows no voxel at all.
    """
    if isinstance(annotation, MaskAnnotation):
        return _mask_sampler(name, grid, annotation, box, min_masked, block, warn)
    whole = np.zeros((1, len(grid.counts)), dtype=np.int64)
    if isinstance(annotation, FullAnnotation):
        middle = middle_of_cells(whole, grid.counts, grid.counts)[0]
        best = annotation.fraction(grid.start(middle))
        if best < min_masked:
            warn(_relaxed(name, min_masked, best))
            min_masked = 0
    return CropSampler(name, grid, annotation, whole, grid.counts, min_masked)


def _relaxed(name: str, min_masked: float, best: float) -> str:
    return (
        f"dataset {name!r}: min_masked asks for {min_masked:.0%} of the output box to "
        f"be annotated, but the best place has {best:.1%}; every annotated place is "
        "used instead. Lower min_masked, or make the input of the network smaller"
    )


def _mask_sampler(
    name: str,
    grid: CropGrid,
    annotation: MaskAnnotation,
    box: Sequence[int],
    min_masked: float,
    block: int,
    warn: Callable[[str], None],
) -> CropSampler:
    occupied, fraction = _survey(annotation.mask, grid, box, block)
    if not occupied.any():
        raise DataError(
            f"dataset {name!r}: its mask is 0 wherever there is ground truth, so "
            "nothing can be learned from it (in masks, 1 = use); remove the dataset or "
            "invert the mask"
        )
    best = float(fraction[occupied].max())
    # if the middles of all blocks are too poor, a place beside one may still do
    size = block
    while best < min_masked and size > 1 and math.prod(grid.counts) <= _MOST_PLACES:
        size //= 2
        occupied, fraction = _survey(annotation.mask, grid, box, size)
        best = max(best, float(fraction[occupied].max(initial=0)))
    if best < min_masked:
        warn(_relaxed(name, min_masked, best))
        min_masked, size = 0, block
        occupied, fraction = _survey(annotation.mask, grid, box, size)
    cells = np.argwhere(occupied & (fraction >= min_masked)) * size
    cell_shape = (size,) * len(box)
    return CropSampler(name, grid, annotation, cells, cell_shape, min_masked)


def _survey(
    mask: NDArray[np.bool_], grid: CropGrid, box: Sequence[int], block: int
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Look at all blocks of ``block`` places per axis.

    Returns
    -------
    occupied : ndarray of bool
        Whether the mask allows a voxel in the middle of one of the block's crops.
    fraction : ndarray of float
        Usable fraction of the output box at the middle place of the block.
    """
    axes = range(len(box))
    firsts = [np.arange(0, n, block) for n in grid.counts]
    middles = [
        np.minimum(first + block // 2, n - 1)
        for first, n in zip(firsts, grid.counts, strict=True)
    ]
    in_middle = box_sums(
        mask,
        [firsts[d] * grid.stride[d] for d in axes],
        [block * stride for stride in grid.stride],
    )
    in_box = box_sums(
        mask, [grid.first[d] + middles[d] * grid.stride[d] for d in axes], box
    )
    return in_middle > 0, in_box / math.prod(box)


def box_sums(
    mask: NDArray[np.bool_], starts: Sequence[NDArray[np.int64]], box: Sequence[int]
) -> NDArray[np.int64]:
    """Count the set voxels of boxes that start at every combination of `starts`.

    Parameters
    ----------
    mask : ndarray of bool
        Two or more spatial axes; outside it counts as not set.
    starts : sequence of ndarray
        First voxels of the boxes, per axis; may be negative.
    box : sequence of int
        Shape of the boxes in voxels.

    Returns
    -------
    ndarray of int64
        Of shape ``[len(s) for s in starts]``.
    """
    # the first axis is summed in slabs, as running sums take 8 times the memory
    slabs = np.array_split(mask, mask.size // _SLAB + 1, axis=1)
    sums = np.concatenate(
        [_axis_sums(slab, 0, starts[0], box[0]) for slab in slabs], axis=1
    )
    for axis in range(1, mask.ndim):
        sums = _axis_sums(sums, axis, starts[axis], box[axis])
    return sums


def _axis_sums(
    values: NDArray[np.generic], axis: int, starts: NDArray[np.int64], length: int
) -> NDArray[np.int64]:
    size = values.shape[axis]
    running = np.cumsum(values, axis=axis, dtype=np.int64)
    padding = [(0, 0)] * values.ndim
    padding[axis] = (1, 0)
    running = np.pad(running, padding)
    high = running.take(np.clip(starts + length, 0, size), axis=axis)
    return high - running.take(np.clip(starts, 0, size), axis=axis)


def restrict_to_points(
    sampler: CropSampler,
    points: Sequence[Coordinate],
    region: Roi,
    box: Sequence[int],
    warn: Callable[[str], None],
) -> CropSampler:
    """Return a sampler of the crops centred on `points`.

    A point is chosen the less often, the more others are within 1 world unit.

    Parameters
    ----------
    sampler : CropSampler
        Draws from all places of the dataset.
    points : sequence of Coordinate
        World coordinates.
    region : Roi
        The annotated region of the dataset.
    box : sequence of int
        Shape of the output box in ground truth voxels.
    warn : callable
        Called with a text if points cannot be used, or are too little annotated.

    Raises
    ------
    DataError
        If no point lies in the annotated region.
    """
    grid, name = sampler.grid, sampler.name
    inside = [point for point in points if region.contains(point)]
    places = np.array([_place(grid, point, region, box) for point in inside])
    if len(places):
        known = not isinstance(sampler.annotation, LazyAnnotation)
        fractions = np.array(
            [sampler.annotation.fraction(grid.start(p)) if known else 1 for p in places]
        )
        usable = fractions > 0
    if not len(places) or not usable.any():
        raise DataError(
            f"dataset {name!r}: none of its {len(points)} sample points lies where "
            f"there is ground truth, which covers {region} (world units); sample "
            "points are world coordinates in the order of the axes"
        )
    if usable.sum() < len(points):
        warn(
            f"dataset {name!r}: {len(points) - int(usable.sum())} of its {len(points)} "
            "sample points lie outside its ground truth or mask and are not used"
        )
    good, least = fractions >= max(sampler.least, np.finfo(float).tiny), sampler.least
    if not good.any():
        warn(_relaxed(name, least, float(fractions.max())))
        good, least = usable, 0
    weights = 1 / _neighbors([p for p, g in zip(inside, good, strict=True) if g])
    cells, cell_shape = places[good], (1,) * len(box)
    return CropSampler(
        name,
        grid,
        sampler.annotation,
        cells,
        cell_shape,
        least,
        weights / weights.sum(),
    )


def _place(
    grid: CropGrid, point: Coordinate, region: Roi, box: Sequence[int]
) -> list[int]:
    """Return the place whose middle voxel is nearest to the one that holds `point`."""
    steps = (point - region.begin) / grid.step
    found = []
    for axis, position in enumerate(steps):
        voxel = math.floor(position * grid.stride[axis])
        shift = voxel - box[axis] // 2 - grid.first[axis]
        place = round(shift / grid.stride[axis])
        found.append(min(max(place, 0), grid.counts[axis] - 1))
    return found


def _neighbors(points: Sequence[Coordinate]) -> NDArray[np.float64]:
    """Count, for each point, the points within radius 1 (with itself)."""
    from scipy.spatial import cKDTree

    positions = np.array([[float(c) for c in point] for point in points])
    counts = cKDTree(positions).query_ball_point(positions, 1, return_length=True)
    return np.asarray(counts, dtype=np.float64)
