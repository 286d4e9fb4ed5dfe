"""Scores of binary segmentations: 21 criteria per class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.errors import DataError

from ._comparison import compare_arrays
from ._metrics import binary_scores
from .base import Criterion, EvaluationScores, Evaluator, criterion_field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_dacapo.arrays import Array
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier

    from ._comparison import Comparison

#: between channel and criterion in the names of multi-channel criteria
SEPARATOR = "__"


def _better_high(help_text: str, *, store_best: bool = False) -> Any:
    return criterion_field(Criterion(help_text, True, (0, 1), store_best))


def _better_low(help_text: str, *, store_best: bool = False) -> Any:
    return criterion_field(Criterion(help_text, False, (0, 1), store_best))


def _distance(help_text: str) -> Any:
    return criterion_field(Criterion(help_text, False, (0, math.nan)))


@attrs.define
class BinarySegmentationEvaluationScores(EvaluationScores):
    """The scores of one class; NaN where a criterion is undefined.

    Formulas: `napari_dacapo.tasks.evaluators._metrics`. Distances are in world units.
    """

    dice: float = _better_high("Overlap, relative to the mean size of both.")
    jaccard: float = _better_high("Overlap, relative to the union of both.")
    hausdorff: float = _distance("Largest distance of any voxel to the other object.")
    false_negative_rate: float = _better_low("Missed part of the truth.")
    false_negative_rate_with_tolerance: float = _better_low(
        "Part of the truth that is missed by more than the tolerance."
    )
    false_positive_rate: float = _better_low("Invented part of the true background.")
    false_discovery_rate: float = _better_low("Invented part of the output.")
    false_positive_rate_with_tolerance: float = _better_low(
        "Part of the true background that is invented by more than the tolerance."
    )
    voi: float = _better_low(
        "Variation of information in bits, splits and merges together.",
        store_best=True,
    )
    mean_false_distance: float = _distance("Mean of the two mean false distances.")
    mean_false_negative_distance: float = _distance(
        "Mean distance from the truth to the output."
    )
    mean_false_positive_distance: float = _distance(
        "Mean distance from the output to the truth."
    )
    mean_false_distance_clipped: float = _distance(
        "Mean of the two clipped mean false distances."
    )
    mean_false_negative_distance_clipped: float = _distance(
        "Mean distance from the truth to the output, each limited to the clip distance."
    )
    mean_false_positive_distance_clipped: float = _distance(
        "Mean distance from the output to the truth, each limited to the clip distance."
    )
    precision_with_tolerance: float = _better_high(
        "Right part of the output, allowing for the tolerance."
    )
    recall_with_tolerance: float = _better_high(
        "Found part of the truth, allowing for the tolerance."
    )
    f1_score_with_tolerance: float = _better_high(
        "Harmonic mean of precision and recall with tolerance."
    )
    precision: float = _better_high("Right part of the output.")
    recall: float = _better_high("Found part of the truth.")
    f1_score: float = _better_high(
        "Harmonic mean of precision and recall.", store_best=True
    )


@attrs.define
class MultiChannelBinarySegmentationEvaluationScores(EvaluationScores):
    """The scores of several classes.

    Every score is an attribute ``<channel>__<criterion>``, such as ``mito__dice``.
    """

    channel_scores: list[tuple[str, BinarySegmentationEvaluationScores]]

    @property
    def criteria(self) -> list[str]:
        return [
            f"{channel}{SEPARATOR}{criterion}"
            for channel, scores in self.channel_scores
            for criterion in scores.criteria
        ]

    @classmethod
    def criterion(cls, name: str) -> Criterion:
        # channel names may contain the separator, criteria do not
        _, separator, criterion = name.rpartition(SEPARATOR)
        if not separator:
            raise KeyError(
                f"{name!r} is not of the form <channel>{SEPARATOR}<criterion>"
            )
        return BinarySegmentationEvaluationScores.criterion(criterion)

    def __getattr__(self, name: str) -> float:
        channel, separator, criterion = name.rpartition(SEPARATOR)
        if separator and criterion:
            for known, scores in self.channel_scores:
                if known == channel and criterion in scores.criteria:
                    return float(getattr(scores, criterion))
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")


class BinarySegmentationEvaluator(Evaluator):
    """Scores every channel of a binary segmentation.

    Parameters
    ----------
    clip_distance : float
        Upper limit of a voxel's distance in the clipped means, world units.
    tol_distance : float
        Distance up to which a wrong voxel counts as right in the criteria with
        tolerance, world units.
    channels : list of str
        Names of the classes, one per channel.
    """

    criteria = ["jaccard", "voi"]  # noqa: RUF012

    def __init__(
        self, clip_distance: float, tol_distance: float, channels: Iterable[str]
    ) -> None:
        self.clip_distance = clip_distance
        self.tol_distance = tol_distance
        self.channels = list(channels)
        self.criteria = [
            f"{channel}{SEPARATOR}{criterion}"
            for channel in self.channels
            for criterion in type(self).criteria
        ]

    def evaluate(
        self,
        output_array_identifier: LocalArrayIdentifier,
        evaluation_array: Array,
        mask: Array | None = None,
    ) -> EvaluationScores:
        """Return the scores; see `Evaluator.evaluate` and `evaluate_arrays`."""
        from napari_dacapo.arrays.zarr_array import ZarrArray

        output = ZarrArray.open_from_array_identifier(output_array_identifier)
        return self.evaluate_arrays(output, evaluation_array, mask)

    def evaluate_arrays(
        self, output: Array, truth: Array, mask: Array | None = None
    ) -> EvaluationScores:
        """Return the scores of `output` against `truth`.

        Returns
        -------
        EvaluationScores
            By channel, named after the channels of `truth` where they are known, else
            after those of the evaluator; without channel names if `truth` has no
            channel axis.

        Raises
        ------
        DataError
            If the arrays do not fit together.
        """
        comparison = compare_arrays(output, truth, mask)
        self._check_channels(comparison)
        scores = [
            self._evaluate_channel(comparison, channel)
            for channel in range(len(comparison.truth))
        ]
        if truth.num_channels is None:
            return scores[0]
        names = truth.channels or self.channels
        return MultiChannelBinarySegmentationEvaluationScores(
            list(zip(names, scores, strict=True))
        )

    def _check_channels(self, comparison: Comparison) -> None:
        found, expected = len(comparison.output), len(comparison.truth)
        if found != expected:
            raise DataError(
                f"the segmentation has {found} channels, the ground truth {expected}"
            )
        if expected != len(self.channels):
            raise DataError(
                f"the ground truth has {expected} channels, but {len(self.channels)} "
                f"are to be scored: {', '.join(self.channels)}; use a "
                "BinarizeArrayConfig with one group for each"
            )

    def _evaluate_channel(
        self, comparison: Comparison, channel: int
    ) -> BinarySegmentationEvaluationScores:
        return BinarySegmentationEvaluationScores(
            **binary_scores(
                comparison.truth[channel],
                comparison.output[channel],
                comparison.voxel_size.as_floats(),
                clip_distance=self.clip_distance,
                tol_distance=self.tol_distance,
                mask=comparison.channel_mask(channel),
            )
        )

    @property
    def score(self) -> MultiChannelBinarySegmentationEvaluationScores:
        return MultiChannelBinarySegmentationEvaluationScores(
            [
                (channel, BinarySegmentationEvaluationScores())
                for channel in self.channels
            ]
        )
