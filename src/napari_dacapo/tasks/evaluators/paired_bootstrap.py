"""Whether one segmentation is better than another, or whether it only looks so.

The volume is cut into blocks, each is scored for both segmentations, and the blocks are
resampled in pairs: what makes a block hard for one segmentation makes it hard for the
other, and cancels.

Source: B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall
1993, chapter 13 (percentile interval).
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Protocol

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_dacapo.arrays import NumpyArray
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_dacapo.arrays import Array

    from .base import EvaluationScores

BLOCKS = 64
#: of larger blocks only the middle is scored, so that a large volume takes seconds
MAXIMUM_VOXELS = 2**19
RESAMPLES = 10_000
LEVEL = 0.95


class ArrayEvaluator(Protocol):
    """An evaluator that scores arrays, stored or in memory."""

    def evaluate_arrays(
        self, output: Array, truth: Array, mask: Array | None = None
    ) -> EvaluationScores:
        """Return the scores of `output`."""

    def values(self, scores: EvaluationScores) -> list[float]:
        """Return scores as numbers, in the order of `score`."""

    @property
    def score(self) -> EvaluationScores:
        """An empty score record."""


@attrs.frozen
class ScoreDifference:
    """The mean difference ``A - B`` of a score and what is known about it.

    Attributes
    ----------
    difference : float
        Mean over the blocks, NaN without blocks.
    low, high : float
        Percentile interval of the mean; NaN with fewer than two blocks.
    blocks : int
        Number of blocks in which both scores are defined.
    """

    difference: float
    low: float
    high: float
    blocks: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes no difference."""
        return self.low > 0 or self.high < 0


@attrs.frozen(eq=False)
class BlockScores:
    """The scores of two segmentations in the same blocks.

    Attributes
    ----------
    criteria : list of str
        Names of the criteria.
    a, b : ndarray of float64
        Shape ``(blocks, criteria)``, NaN where a score is undefined.
    """

    criteria: list[str]
    a: NDArray[np.float64]
    b: NDArray[np.float64]

    def difference(self, criterion: str, *, seed: int = 0) -> ScoreDifference:
        """Return the difference by `criterion`; ValueError if there is no such one."""
        number = self.criteria.index(criterion)
        return paired_bootstrap(self.a[:, number], self.b[:, number], seed=seed)


def paired_bootstrap(
    a: ArrayLike,
    b: ArrayLike,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 0,
) -> ScoreDifference:
    """Return the mean of ``a - b`` with its bootstrap percentile interval.

    Parameters
    ----------
    a, b : array-like of float
        Shape ``(blocks,)``. Pairs of which a value is not finite are left out.
    resamples : int
        How many times as many pairs as there are get drawn with replacement.
    level : float
        Coverage of the interval, between 0 and 1.
    seed : int
        Of the draws: equal seeds give equal intervals.

    Raises
    ------
    ValueError
        If the shapes differ, or `level` or `resamples` is out of range.
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"paired scores have shapes {first.shape} and {second.shape}")
    if not 0 < level < 1 or resamples < 1:
        raise ValueError(f"level {level} is not in (0, 1) or resamples {resamples} < 1")
    differences = first - second
    differences = differences[np.isfinite(differences)]
    blocks = len(differences)
    if blocks == 0:
        return ScoreDifference(math.nan, math.nan, math.nan, 0)
    mean = float(differences.mean())
    if blocks == 1:  # a single block says nothing about others
        return ScoreDifference(mean, math.nan, math.nan, 1)
    draws = np.random.default_rng(seed).integers(0, blocks, (resamples, blocks))
    means = differences[draws].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return ScoreDifference(mean, float(low), float(high), blocks)


def score_blocks(
    evaluator: ArrayEvaluator,
    a: Array,
    b: Array,
    truth: Array,
    mask: Array | None = None,
    *,
    blocks: int = BLOCKS,
    check: Callable[[], Any] = lambda: None,
) -> BlockScores:
    """Score two segmentations block by block, in the region that all arrays cover.

    Parameters
    ----------
    evaluator : ArrayEvaluator
        How to score.
    a, b, truth, mask : Array
        As for `Evaluator.evaluate`, with voxels of the same size.
    blocks : int
        About how many blocks to make.
    check : callable
        Called before every block; may raise in order to give up.

    Raises
    ------
    DataError
        If the arrays do not fit together.
    """
    roi = common_roi(a, b, truth, *(() if mask is None else (mask,)))
    scores: list[list[list[float]]] = []
    for block in split_roi(roi, a.voxel_size, blocks):
        check()
        box = _middle(block, a.voxel_size, MAXIMUM_VOXELS)
        target = cropped(truth, box)
        used = None if mask is None else cropped(mask, box)
        scores.append(
            [
                evaluator.values(
                    evaluator.evaluate_arrays(cropped(array, box), target, used)
                )
                for array in (a, b)
            ]
        )
    both = np.array(scores, np.float64)
    return BlockScores(list(evaluator.score.criteria), both[:, 0], both[:, 1])


def common_roi(*arrays: Array) -> Roi:
    """Return the region that all `arrays` cover, world units.

    Raises
    ------
    DataError
        If there is none, or if the voxels differ in size.
    """
    roi = arrays[0].roi
    for array in arrays[1:]:
        if array.voxel_size != arrays[0].voxel_size:
            raise DataError(
                f"voxels of {arrays[0].voxel_size} and {array.voxel_size} cannot be "
                "compared; choose results of the same voxel size"
            )
        roi = roi.intersect(array.roi)
    if roi.empty:
        raise DataError("the results have no common region; choose the same volume")
    return roi


def cropped(array: Array, roi: Roi) -> NumpyArray:
    """Return what lies in `roi` as an array in memory."""
    return NumpyArray.from_np_array(array[roi], roi, array.voxel_size, array.axes)


def split_roi(roi: Roi, voxel_size: Coordinate, blocks: int = BLOCKS) -> list[Roi]:
    """Cut `roi` into about `blocks` boxes of nearly equal size on the voxel grid.

    The boxes are as near to cubes in the world as whole voxels allow.
    """
    extents = roi.shape.as_floats()
    voxels = [int(count) for count in roi.shape / voxel_size]
    counts = _counts(extents, voxels, blocks)
    cuts = [
        np.linspace(0, length, count + 1).round().astype(int).tolist()
        for length, count in zip(voxels, counts, strict=True)
    ]
    sides = [list(itertools.pairwise(cut)) for cut in cuts]
    return [
        Roi(
            roi.offset + Coordinate(begin for begin, _ in box) * voxel_size,
            Coordinate(end - begin for begin, end in box) * voxel_size,
        )
        for box in itertools.product(*sides)
    ]


def _counts(extents: Any, voxels: list[int], blocks: int) -> list[int]:
    """Return how many boxes to make along each axis."""
    counts = [1] * len(voxels)
    while math.prod(counts) < blocks:
        # the longest side is cut once more, unless its boxes are single voxels
        sides = [
            extent / count if count < length else 0.0
            for extent, count, length in zip(extents, counts, voxels, strict=True)
        ]
        if not any(sides):
            break
        counts[sides.index(max(sides))] += 1
    return counts


def _middle(block: Roi, voxel_size: Coordinate, maximum: int) -> Roi:
    """Return the middle of `block`, of at most about `maximum` voxels."""
    shape = [int(count) for count in block.shape / voxel_size]
    share = min(1.0, maximum / math.prod(shape)) ** (1 / len(shape))
    inner = [max(1, int(length * share)) for length in shape]
    begin = [(length - part) // 2 for length, part in zip(shape, inner, strict=True)]
    return Roi(
        block.offset + Coordinate(begin) * voxel_size, Coordinate(inner) * voxel_size
    )
