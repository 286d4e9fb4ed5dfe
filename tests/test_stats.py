"""Tables of losses and scores."""

import importlib
import math
import sys

import pandas as pd
import pytest

from napari_dacapo.errors import DataError, MissingDependencyError
from napari_dacapo.stats import (
    TrainingIterationStats,
    TrainingStats,
    ValidationIterationScores,
    ValidationScores,
)
from napari_dacapo.tasks.evaluators import (
    BinarySegmentationEvaluator,
    InstanceEvaluationScores,
)
from napari_dacapo.tasks.post_processors import ThresholdPostProcessorParameters

NAN = math.nan
PARAMETERS = [
    ThresholdPostProcessorParameters(id=0, threshold=100),
    ThresholdPostProcessorParameters(id=1, threshold=127),
]


def trained(*iterations):
    stats = TrainingStats()
    for iteration in iterations:
        stats.add_iteration_stats(
            TrainingIterationStats(iteration, loss=1 / (iteration + 1), time=0.5)
        )
    return stats


def validated(*, datasets=("a", "b"), iterations=(10, 20, 30)):
    """Scores by (split, merge, voi): split falls, merge rises with the iteration."""
    scores = ValidationScores(PARAMETERS, list(datasets), InstanceEvaluationScores())
    for iteration in iterations:
        values = [1 / iteration, iteration / 100, NAN]
        table = [[values for _ in PARAMETERS] for _ in datasets]
        scores.add_iteration_scores(ValidationIterationScores(iteration, table))
    return scores


class TestTrainingStats:
    def test_iterations_are_counted(self):
        assert TrainingStats().trained_until == 0
        assert trained(0, 1, 2).trained_until == 3
        assert trained(7, 8).trained_until == 9

    @pytest.mark.parametrize("iteration", [1, 2, 4])
    def test_a_gap_or_repetition_is_refused(self, iteration):
        stats = trained(0, 1, 2)
        with pytest.raises(DataError, match=rf"got {iteration} after iteration 2"):
            stats.add_iteration_stats(TrainingIterationStats(iteration, 0.1, 0.1))

    def test_a_stretch_can_be_trained_again(self):
        stats = trained(0, 1, 2)
        stats.delete_after(1)
        assert stats.trained_until == 1
        stats.add_iteration_stats(TrainingIterationStats(1, 0.1, 0.1))
        assert stats.trained_until == 2

    def test_the_table_has_one_row_per_iteration(self):
        table = trained(3, 4).to_dataframe()
        assert table.index.tolist() == [3, 4]
        assert table["loss"].tolist() == [1 / 4, 1 / 5]
        assert table["time"].tolist() == [0.5, 0.5]

    def test_an_empty_table_has_its_columns(self):
        table = TrainingStats().to_dataframe()
        assert table.empty
        assert table.columns.tolist() == ["loss", "time"]


class TestValidationScores:
    def test_names(self):
        scores = validated()
        assert scores.criteria == ["voi_split", "voi_merge", "voi"]
        assert scores.parameter_names == ["id", "threshold"]

    def test_validated_until_is_behind_the_last_validation(self):
        assert validated(iterations=()).validated_until == 0
        assert validated(iterations=(30, 10)).validated_until == 31

    def test_delete_after_keeps_what_came_before(self):
        scores = validated()
        scores.delete_after(20)
        assert [entry.iteration for entry in scores.scores] == [10]

    def test_compare_with_what_is_stored(self):
        scores = validated(iterations=(10, 20))
        assert scores.compare([]) == (False, 0)
        assert scores.compare(scores.scores[:1]) == (False, 11)
        longer = validated(iterations=(10, 20, 30))
        assert scores.compare(longer.scores) == (True, 0)

    def test_subscores_leave_the_original_alone(self):
        scores = validated()
        part = scores.subscores(scores.scores[:1])
        assert part.validated_until == 11
        assert scores.validated_until == 31

    def test_scores_of_another_shape_are_refused(self):
        scores = validated()
        with pytest.raises(DataError, match=r"shape \(2, 2, 3\) .*use NaN"):
            scores.add_iteration_scores(ValidationIterationScores(40, [[[1.0]]]))

    def test_a_series_is_one_curve(self):
        curve = list(validated().series("b", PARAMETERS[1], "voi_merge"))
        assert curve == [(10, 0.1), (20, 0.2), (30, 0.3)]

    @pytest.mark.parametrize(
        ("where", "complaint"),
        [
            (("c", PARAMETERS[0], "voi"), "dataset c is not in the table: a, b"),
            (("a", PARAMETERS[0], "dice"), "criterion dice is not in the table"),
        ],
    )
    def test_an_unknown_curve(self, where, complaint):
        with pytest.raises(KeyError, match=complaint):
            list(validated().series(*where))

    def test_the_table_has_one_row_per_result(self):
        table = validated().to_dataframe()
        assert table.index.names == ["iteration", "dataset", "parameters"]
        assert table.shape == (3 * 2 * 2, 3)
        assert table.loc[(20, "b", 1), "voi_split"] == 1 / 20

    def test_an_empty_table_has_its_columns(self):
        table = validated(iterations=()).to_dataframe()
        assert table.empty
        assert table.columns.tolist() == ["voi_split", "voi_merge", "voi"]

    def test_best_by_each_criterion_in_its_own_direction(self):
        where, best = validated().get_best(validated().to_dataframe(), "iteration")
        assert where.index.tolist() == [(d, p) for d in "ab" for p in (0, 1)]
        assert set(where["voi_split"]) == {30}
        assert set(where["voi_merge"]) == {10}
        assert set(where["voi"]) == {None}
        assert set(best["voi_split"]) == {1 / 30}
        assert best["voi"].isna().all()

    def test_best_of_criteria_with_mixed_directions(self):
        evaluator = BinarySegmentationEvaluator(20, 5, ["x"])
        scores = ValidationScores(PARAMETERS[:1], ["a"], evaluator.score)
        for iteration, value in ((1, 0.2), (2, 0.8), (3, NAN)):
            values = [value] * len(scores.criteria)
            scores.add_iteration_scores(
                ValidationIterationScores(iteration, [[values]])
            )
        where, _ = scores.get_best(scores.to_dataframe(), "iteration")
        assert where["x__dice"].tolist() == [2]
        assert where["x__voi"].tolist() == [1]

    def test_best_over_parameters(self):
        scores = validated(iterations=(10,))
        scores.scores[0].scores[0][1] = [0.0, 0.0, 0.0]
        where, best = scores.get_best(scores.to_dataframe(), "parameters")
        assert where.loc[(10, "a")].tolist() == [1, 1, 1]
        assert best.loc[(10, "a")].tolist() == [0, 0, 0]

    def test_best_along_an_unknown_level(self):
        with pytest.raises(KeyError, match="'epoch' is not one of iteration, dataset"):
            validated().get_best(validated().to_dataframe(), "epoch")

    def test_best_of_nothing(self):
        scores = validated(iterations=())
        where, best = scores.get_best(scores.to_dataframe(), "iteration")
        assert where.empty
        assert best.empty
        assert isinstance(where, pd.DataFrame)


def test_xarray_where_it_is_installed():
    pytest.importorskip("xarray")
    scores = validated().to_xarray()
    assert scores.dims == ("iterations", "datasets", "parameters", "criteria")
    best = scores.sel(iterations=20, datasets="a", parameters=1, criteria="voi_split")
    assert float(best) == 1 / 20
    assert trained(0, 1).to_xarray().sel(iterations=1) == 0.5


def test_xarray_where_it_is_missing(monkeypatch):
    # an entry of None makes Python report the module as not installed
    monkeypatch.setitem(sys.modules, "xarray", None)
    importlib.invalidate_caches()
    with pytest.raises(MissingDependencyError, match="pip install xarray"):
        validated().to_xarray()
