"""Scores of instance segmentations: one label per object."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from napari_dacapo.errors import DataError

from . import _instance_metrics as metrics
from ._comparison import compare_arrays
from ._contingency import Contingency
from ._wrong_voxels import objects_differ, wrong_in
from .base import Criterion, EvaluationScores, Evaluator, criterion_field
from .object_errors import find_object_errors

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array, NumpyArray
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier

    from .object_errors import ObjectError

_VOI = Criterion(
    "Variation of information in bits, mean of splits and merges.",
    higher_is_better=False,
    store_best=True,
)


@attrs.define
class InstanceEvaluationScores(EvaluationScores):
    """Variation of information in bits, with background as an object.

    `voi` is the mean of `voi_split` and `voi_merge`.
    """

    voi_split: float = criterion_field(
        Criterion("Bits lost by splitting objects.", False, store_best=True)
    )
    voi_merge: float = criterion_field(
        Criterion("Bits lost by merging objects.", False, store_best=True)
    )

    @property
    def voi(self) -> float:
        """Mean of the two."""
        return (self.voi_split + self.voi_merge) / 2

    @property
    def criteria(self) -> list[str]:
        declared = super().criteria
        return [*declared[:2], "voi", *declared[2:]]

    @classmethod
    def criterion(cls, name: str) -> Criterion:
        return _VOI if name == "voi" else super().criterion(name)


@attrs.define
class DetailedInstanceEvaluationScores(InstanceEvaluationScores):
    """Further measures of instance segmentations; definitions: `_instance_metrics`."""

    adapted_rand_error: float = criterion_field(
        Criterion(
            "1 minus the F-score of pairs of voxels in one object, true background "
            "left out.",
            False,
            store_best=True,
        )
    )
    rand_precision: float = criterion_field(
        Criterion("Part of the output's pairs of voxels that truly belong.", True)
    )
    rand_recall: float = criterion_field(
        Criterion("Part of the truth's pairs of voxels that were found.", True)
    )
    average_precision_50: float = criterion_field(
        Criterion(
            "Right objects among all of truth and output, at IoU 0.5.",
            True,
            store_best=True,
        )
    )
    f1_score_50: float = criterion_field(
        Criterion(
            "Harmonic mean of precision and recall of objects, IoU 0.5.",
            True,
            store_best=True,
        )
    )
    mean_average_precision: float = criterion_field(
        Criterion("Average precision, mean over IoU 0.5, 0.55, ..., 0.95.", True)
    )
    mean_f1_score: float = criterion_field(
        Criterion("F1 score of objects, mean over IoU 0.5, 0.55, ..., 0.95.", True)
    )
    panoptic_quality: float = criterion_field(
        Criterion("How many objects are right, times how well they fit.", True)
    )


class InstanceEvaluator(Evaluator):
    """Scores label volumes.

    Parameters
    ----------
    detailed : bool
        Whether to compute `DetailedInstanceEvaluationScores` instead of the variation
        of information only.
    """

    criteria = ["voi_merge", "voi_split", "voi"]  # noqa: RUF012

    def __init__(self, detailed: bool = False) -> None:
        self.detailed = detailed

    def evaluate(
        self,
        output_array_identifier: LocalArrayIdentifier,
        evaluation_array: Array,
        mask: Array | None = None,
    ) -> InstanceEvaluationScores:
        """Return the scores; see `Evaluator.evaluate` and `evaluate_arrays`."""
        from napari_dacapo.arrays.zarr_array import ZarrArray

        output = ZarrArray.open_from_array_identifier(output_array_identifier)
        return self.evaluate_arrays(output, evaluation_array, mask)

    def evaluate_arrays(
        self, output: Array, truth: Array, mask: Array | None = None
    ) -> InstanceEvaluationScores:
        """Return the scores of the labels `output` against the labels `truth`.

        Raises
        ------
        DataError
            If the arrays do not fit together or have several channels.
        """
        comparison = compare_arrays(output, truth, mask)
        for what, values in (
            ("segmentation", comparison.output),
            ("ground truth", comparison.truth),
        ):
            if len(values) != 1:
                raise DataError(
                    f"the {what} has {len(values)} channels; objects are scored from "
                    "one label volume"
                )
        return self._scores(
            Contingency.of(
                comparison.truth[0], comparison.output[0], comparison.channel_mask(0)
            )
        )

    def find_errors(
        self, output: Array, truth: Array, mask: Array | None = None
    ) -> list[ObjectError]:
        """Return where `output` is wrong; every label is an object."""
        return find_object_errors(output, truth, mask, labels_are_objects=True)

    def wrong_voxels(
        self, output: Array, truth: Array, mask: Array | None = None
    ) -> NumpyArray:
        """Return which voxels lie in a wrong object; see `objects_differ`."""
        comparison = compare_arrays(output, truth, mask)
        return wrong_in(comparison, objects_differ, output.axes)

    def _scores(self, table: Contingency) -> InstanceEvaluationScores:
        split, merge = metrics.variation_of_information(table)
        if not self.detailed:
            return InstanceEvaluationScores(split, merge)
        rand = metrics.adapted_rand(table)
        overlaps = metrics.Overlaps.of(table)
        return DetailedInstanceEvaluationScores(
            split,
            merge,
            adapted_rand_error=rand.error,
            rand_precision=rand.precision,
            rand_recall=rand.recall,
            average_precision_50=metrics.average_precision(overlaps, 0.5),
            f1_score_50=metrics.object_f1(overlaps, 0.5),
            mean_average_precision=metrics.mean_average_precision(overlaps),
            mean_f1_score=metrics.mean_object_f1(overlaps),
            panoptic_quality=metrics.panoptic_quality(overlaps),
        )

    @property
    def score(self) -> InstanceEvaluationScores:
        kind = (
            DetailedInstanceEvaluationScores
            if self.detailed
            else InstanceEvaluationScores
        )
        return kind(math.nan, math.nan)
