"""An evaluator without purpose, for trying out pipelines."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import attrs

from .base import Criterion, EvaluationScores, Evaluator, criterion_field

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier


@attrs.define
class DummyEvaluationScores(EvaluationScores):
    """Two numbers that mean nothing."""

    frizz_level: float = criterion_field(
        Criterion("Means nothing; higher is better.", True, (0.0, 1.0), True)
    )
    blipp_score: float = criterion_field(
        Criterion("Means nothing; lower is better.", False, (0.0, 1.0), True)
    )


class DummyEvaluator(Evaluator):
    """Returns random scores in [0, 1) without looking at anything."""

    criteria = ["frizz_level", "blipp_score"]  # noqa: RUF012

    def evaluate(
        self,
        output_array_identifier: LocalArrayIdentifier,
        evaluation_array: Array,
        mask: Array | None = None,
    ) -> DummyEvaluationScores:
        """Return random scores."""
        return DummyEvaluationScores(random.random(), random.random())

    def evaluate_arrays(
        self, output: Array, truth: Array, mask: Array | None = None
    ) -> DummyEvaluationScores:
        """Return random scores."""
        return DummyEvaluationScores(random.random(), random.random())

    @property
    def score(self) -> DummyEvaluationScores:
        return DummyEvaluationScores()
