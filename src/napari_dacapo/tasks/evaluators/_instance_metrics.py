"""Measures of how well objects are told apart, from a contingency table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from ._metrics import NAN, ratio

if TYPE_CHECKING:
    from ._contingency import Contingency

#: IoU thresholds of the mean average precision
AP_THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))


def variation_of_information(table: Contingency) -> tuple[float, float]:
    """Return splits and merges in bits; background counts as an object.

    The first is ``H(output | truth)``, the second ``H(truth | output)`` (Meila,
    "Comparing clusterings", 2007). NaN if there is no voxel.
    """
    if not table.total:
        return NAN, NAN
    joint = table.shared / table.total
    in_truth = table.shared / table.truth_sizes[table.row]
    in_output = table.shared / table.output_sizes[table.column]
    # adding 0 turns -0.0 into 0.0
    split = -float(np.sum(joint * np.log2(in_truth))) + 0.0
    merge = -float(np.sum(joint * np.log2(in_output))) + 0.0
    return split, merge


@attrs.frozen
class RandScores:
    """Pairs of voxels: adapted Rand error, precision and recall."""

    error: float
    precision: float
    recall: float


def adapted_rand(table: Contingency) -> RandScores:
    """Return the adapted Rand error of the SNEMI3D challenge.

    1 minus the F-score of the pairs of voxels in one object. Voxels of true background
    are left out; output background counts as an object (Arganda-Carreras et al.,
    "Crowdsourcing the creation of image segmentation algorithms", 2015). NaN if truth
    has no foreground.
    """
    table = table.without_background(of_output=False)
    together = _pairs(table.shared)
    found, true = _pairs(table.output_sizes), _pairs(table.truth_sizes)
    return RandScores(
        error=1 - ratio(2 * together, found + true),
        precision=ratio(together, found),
        recall=ratio(together, true),
    )


def _pairs(sizes: NDArray[np.int64]) -> float:
    floats = sizes.astype(np.float64)
    return float(np.sum(floats * (floats - 1)))


@attrs.frozen(eq=False)
class Overlaps:
    """Intersection over union of truth and output objects; no background.

    Attributes
    ----------
    truth, output : ndarray of int
        Positions in the label lists of the contingency table, one pair each.
    iou : ndarray of float
        Of each pair.
    num_truth, num_output : int
        Numbers of objects.
    """

    truth: NDArray[np.int64]
    output: NDArray[np.int64]
    iou: NDArray[np.float64]
    num_truth: int
    num_output: int

    @classmethod
    def of(cls, table: Contingency) -> Overlaps:
        """Compute the overlap of every pair of objects that share a voxel."""
        both = table.without_background(of_output=True)
        union = (
            table.truth_sizes[both.row] + table.output_sizes[both.column] - both.shared
        )
        return cls(
            both.row,
            both.column,
            both.shared / union,
            int(np.count_nonzero(table.truth_labels)),
            int(np.count_nonzero(table.output_labels)),
        )

    def matches(self, threshold: float) -> NDArray[np.bool_]:
        """Return which pairs match: IoU greater than `threshold`, at least 0.5.

        Above one half no object can be part of two matching pairs.
        """
        matching: NDArray[np.bool_] = self.iou > threshold
        return matching


def average_precision(overlaps: Overlaps, threshold: float) -> float:
    """Return ``TP / (TP + FP + FN)`` of objects (Data Science Bowl 2018).

    NaN if there are no objects at all.
    """
    tp = int(np.count_nonzero(overlaps.matches(threshold)))
    return ratio(tp, overlaps.num_truth + overlaps.num_output - tp)


def object_f1(overlaps: Overlaps, threshold: float) -> float:
    """Return ``2 TP / (2 TP + FP + FN)`` of objects; NaN if there are none at all."""
    tp = int(np.count_nonzero(overlaps.matches(threshold)))
    return ratio(2 * tp, overlaps.num_truth + overlaps.num_output)


def mean_average_precision(overlaps: Overlaps) -> float:
    """Return the mean of the average precision over IoU 0.5, 0.55, ..., 0.95."""
    return float(np.mean([average_precision(overlaps, t) for t in AP_THRESHOLDS]))


def mean_object_f1(overlaps: Overlaps) -> float:
    """Return the mean of the F1 score over IoU 0.5, 0.55, ..., 0.95."""
    return float(np.mean([object_f1(overlaps, t) for t in AP_THRESHOLDS]))


def panoptic_quality(overlaps: Overlaps) -> float:
    """Return the sum of the IoU of all matches over ``TP + FP / 2 + FN / 2``.

    Kirillov et al., "Panoptic segmentation", 2019; NaN if there are no objects at all.
    """
    total = float(overlaps.iou[overlaps.matches(0.5)].sum())
    return ratio(total, (overlaps.num_truth + overlaps.num_output) / 2)
