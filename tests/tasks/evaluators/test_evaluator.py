"""The book-keeping of best scores."""

import math

import pytest

from napari_dacapo.stats import ValidationIterationScores, ValidationScores
from napari_dacapo.tasks.evaluators import (
    DummyEvaluationScores,
    DummyEvaluator,
    InstanceEvaluationScores,
    InstanceEvaluator,
)
from napari_dacapo.tasks.post_processors import DummyPostProcessorParameters

NAN = math.nan
FIRST, SECOND = (DummyPostProcessorParameters(id=n, min_size=n) for n in (1, 2))


def evaluator_after(*scores):
    """An evaluator that saw (split, merge) of both parameter sets per iteration."""
    evaluator = InstanceEvaluator()
    table = ValidationScores([FIRST, SECOND], ["data"], evaluator.score)
    for iteration, (first, second) in enumerate(scores):
        rows = [[*values, sum(values) / 2] for values in (first, second)]
        table.add_iteration_scores(ValidationIterationScores(iteration, [rows]))
    evaluator.set_best(table)
    return evaluator


def test_nothing_is_recorded_at_first():
    evaluator = InstanceEvaluator()
    assert evaluator.best_scores == {}
    assert evaluator.get_overall_best("data", "voi") is None
    assert evaluator.get_overall_best_parameters("data", "voi") is None
    assert evaluator.is_best("data", FIRST, "voi", InstanceEvaluationScores(1, 1))


def test_equal_is_not_better():
    evaluator = DummyEvaluator()
    assert evaluator.compare(0.5, 0.4, "frizz_level")
    assert evaluator.compare(0.4, 0.5, "blipp_score")
    assert not evaluator.compare(0.5, 0.5, "frizz_level")
    assert not evaluator.compare(0.5, 0.5, "blipp_score")


def test_a_perfect_score_of_zero_is_the_best():
    evaluator = evaluator_after([(0.5, 0.5), (0.0, 0.0)])
    assert evaluator.get_overall_best("data", "voi") == 0
    assert evaluator.get_overall_best_parameters("data", "voi") == SECOND


def test_parameters_without_score_do_not_hide_others():
    evaluator = evaluator_after([(0.5, 0.5), (NAN, NAN)])
    assert evaluator.best_scores["data", SECOND, "voi"] is None
    assert evaluator.get_overall_best("data", "voi") == 0.5
    assert evaluator.get_overall_best_parameters("data", "voi") == FIRST


def test_is_best_compares_with_the_record():
    evaluator = evaluator_after([(0.5, 0.5), (0.1, 0.1)])
    assert evaluator.is_best("data", FIRST, "voi", InstanceEvaluationScores(0.4, 0.4))
    assert not evaluator.is_best(
        "data", SECOND, "voi", InstanceEvaluationScores(0.4, 0.4)
    )
    assert not evaluator.is_best(
        "data", FIRST, "voi", InstanceEvaluationScores(NAN, 0.0)
    )


def test_unknown_criteria():
    with pytest.raises(KeyError, match="DummyEvaluationScores has no criterion 'dice'"):
        DummyEvaluationScores.higher_is_better("dice")


def test_the_dummy_scores_at_random(tmp_path):
    scores = DummyEvaluator().evaluate(None, None)
    assert 0 <= scores.frizz_level < 1
    assert 0 <= scores.blipp_score < 1
    assert DummyEvaluator().criteria == scores.criteria
