"""Overlap and distance measures of binary masks, as pure functions.

Formulas in ``T`` (truth foreground) and ``P`` (output foreground), sets of voxels, with
``tp = |T & P|``, ``fp = |P - T|``, ``fn = |T - P|`` and ``tn`` the rest. ``d_T(v)`` is
the distance from the centre of voxel ``v`` to the centre of the nearest voxel of ``T``
in world units, 0 inside ``T``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]

NAN = math.nan


def ratio(numerator: float, denominator: float) -> float:
    """Divide, giving NaN for 0/0 and anything else over 0."""
    return numerator / denominator if denominator else NAN


def harmonic_mean(a: float, b: float) -> float:
    """Return ``2ab / (a + b)``, NaN if both are 0 or one is NaN."""
    return ratio(2 * a * b, a + b)


@attrs.frozen
class Counts:
    """Numbers of voxels by truth and output: both foreground, only one, neither."""

    tp: int
    fp: int
    fn: int
    tn: int

    @classmethod
    def of(cls, truth: BoolArray, output: BoolArray, total: int) -> Counts:
        """Count; `total` voxels take part, of which the foreground is a part."""
        tp = int(np.count_nonzero(truth & output))
        fn = int(np.count_nonzero(truth)) - tp
        fp = int(np.count_nonzero(output)) - tp
        return cls(tp, fp, fn, total - tp - fp - fn)

    @property
    def truth(self) -> int:
        """Voxels of truth foreground."""
        return self.tp + self.fn

    @property
    def output(self) -> int:
        """Voxels of output foreground."""
        return self.tp + self.fp

    @property
    def union(self) -> int:
        """Voxels that are foreground in truth, output or both."""
        return self.tp + self.fp + self.fn


def binary_scores(
    truth: NDArray[Any],
    output: NDArray[Any],
    voxel_size: Sequence[float],
    *,
    clip_distance: float,
    tol_distance: float,
    mask: NDArray[Any] | None = None,
) -> dict[str, float]:
    """Return all criteria of `BinarySegmentationEvaluationScores`.

    Parameters
    ----------
    truth, output : ndarray
        Same shape, spatial axes only; whatever is not 0 is foreground.
    voxel_size : sequence of float
        Voxel edge lengths in world units, one per axis.
    clip_distance : float
        Upper limit of a voxel's distance in the clipped means, world units.
    tol_distance : float
        Voxels at most this far away do not count as wrong in the criteria with
        tolerance, world units.
    mask : ndarray, optional
        0 where voxels take no part, as if they were not there.
    """
    truth, output = truth != 0, output != 0
    total = truth.size
    if mask is not None:
        used = mask != 0
        truth, output = truth & used, output & used
        total = int(np.count_nonzero(used))
    counts = Counts.of(truth, output, total)
    if counts.truth == 0 or counts.output == 0:
        return _scores_without_overlap(counts)
    misses, inventions = surface_distances(truth, output, voxel_size)
    return {
        **_overlap_scores(counts),
        **_distance_scores(misses, inventions, clip_distance),
        **_tolerant_scores(counts, misses, inventions, tol_distance),
    }


def _scores_without_overlap(counts: Counts) -> dict[str, float]:
    """Return the few criteria defined where truth or output is empty."""
    if counts.union == 0:
        return {"hausdorff": 0.0}
    scores = {"dice": 0.0, "jaccard": 0.0}
    if counts.output:
        scores["false_discovery_rate"] = 1.0
    return scores


def _overlap_scores(counts: Counts) -> dict[str, float]:
    precision = ratio(counts.tp, counts.output)
    recall = ratio(counts.tp, counts.truth)
    return {
        "dice": ratio(2 * counts.tp, counts.truth + counts.output),
        "jaccard": ratio(counts.tp, counts.union),
        "false_negative_rate": ratio(counts.fn, counts.truth),
        "false_positive_rate": ratio(counts.fp, counts.fp + counts.tn),
        "false_discovery_rate": ratio(counts.fp, counts.output),
        "voi": binary_voi(counts),
        "precision": precision,
        "recall": recall,
        "f1_score": harmonic_mean(precision, recall),
    }


def binary_voi(counts: Counts) -> float:
    """Return H(P|T) + H(T|P) in bits, with background as a label of its own."""
    joint = _entropy(counts.tp, counts.fp, counts.fn, counts.tn)
    truth = _entropy(counts.truth, counts.fp + counts.tn)
    output = _entropy(counts.output, counts.fn + counts.tn)
    # rounding may leave a few 1e-17 below zero
    return max(0.0, 2 * joint - truth - output)


def _entropy(*sizes: int) -> float:
    total = sum(sizes)
    return -sum(n / total * math.log2(n / total) for n in sizes if n)


def surface_distances(
    truth: BoolArray, output: BoolArray, voxel_size: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far off the voxels of two masks are, neither of them empty.

    Returns
    -------
    misses : ndarray of float64
        ``d_P`` of every voxel of truth, world units, in no particular order.
    inventions : ndarray of float64
        ``d_T`` of every voxel of output.
    """
    box = _bounding_box(truth | output)
    truth, output = truth[box], output[box]
    misses = _distances_to(output, voxel_size)[truth]
    inventions = _distances_to(truth, voxel_size)[output]
    return misses.astype(np.float64), inventions.astype(np.float64)


def _bounding_box(foreground: BoolArray) -> tuple[slice, ...]:
    """Return the box outside of which no voxel matters, neither as start nor as end."""
    box = []
    for axis in range(foreground.ndim):
        others = tuple(a for a in range(foreground.ndim) if a != axis)
        hits = np.flatnonzero(foreground.any(axis=others))
        box.append(slice(int(hits[0]), int(hits[-1]) + 1))
    return tuple(box)


def _distances_to(
    foreground: BoolArray, voxel_size: Sequence[float]
) -> NDArray[np.float32]:
    import edt

    anisotropy = tuple(float(length) for length in voxel_size)
    distances: NDArray[np.float32] = edt.edt(
        ~foreground, anisotropy=anisotropy, black_border=False
    )
    return distances


def _distance_scores(
    misses: NDArray[np.float64], inventions: NDArray[np.float64], clip_distance: float
) -> dict[str, float]:
    negative, positive = float(misses.mean()), float(inventions.mean())
    negative_clipped = float(np.minimum(misses, clip_distance).mean())
    positive_clipped = float(np.minimum(inventions, clip_distance).mean())
    return {
        "hausdorff": float(max(misses.max(), inventions.max())),
        "mean_false_distance": (negative + positive) / 2,
        "mean_false_negative_distance": negative,
        "mean_false_positive_distance": positive,
        "mean_false_distance_clipped": (negative_clipped + positive_clipped) / 2,
        "mean_false_negative_distance_clipped": negative_clipped,
        "mean_false_positive_distance_clipped": positive_clipped,
    }


def _tolerant_scores(
    counts: Counts,
    misses: NDArray[np.float64],
    inventions: NDArray[np.float64],
    tol_distance: float,
) -> dict[str, float]:
    fn = int(np.count_nonzero(misses > tol_distance))
    fp = int(np.count_nonzero(inventions > tol_distance))
    tp = counts.union - fn - fp
    precision, recall = ratio(tp, tp + fp), ratio(tp, tp + fn)
    return {
        "false_negative_rate_with_tolerance": ratio(fn, counts.truth),
        "false_positive_rate_with_tolerance": ratio(fp, counts.fp + counts.tn),
        "precision_with_tolerance": precision,
        "recall_with_tolerance": recall,
        "f1_score_with_tolerance": harmonic_mean(precision, recall),
    }
