"""Scores against the original program."""

import numpy as np
import pytest
from scored_arrays import in_memory, stored

import golden_data
import napari_dacapo.tasks.evaluators as evaluators
from napari_dacapo.arrays import BinarizeArrayConfig
from napari_dacapo.stats import ValidationIterationScores, ValidationScores
from napari_dacapo.tasks.post_processors import DummyPostProcessorParameters

_, ARRAYS = golden_data.load("evaluators")


def array(case, name, **options):
    return in_memory(
        ARRAYS[case[name]], case["voxel_size"], case["roi"]["offset"], **options
    )


def binary_evaluator(case):
    return evaluators.BinarySegmentationEvaluator(
        case["clip_distance"], case["tol_distance"], case["channels"]
    )


def check_scores(scores, case):
    assert type(scores).__name__ == case["expect"]["scores_class"]
    for name, expected in case["expect"]["scores"].items():
        if expected["status"] != "undefined":
            np.testing.assert_allclose(
                getattr(scores, name),
                golden_data.numbers(expected["value"]),
                **case["tol"],
                err_msg=name,
            )


@pytest.mark.parametrize("case", golden_data.cases("evaluators", "binary_evaluation"))
def test_binary_scores(case, tmp_path):
    output = stored(tmp_path, array(case, "output"))
    scores = binary_evaluator(case).evaluate(output, array(case, "truth"))
    check_scores(scores, case)
    assert list(case["expect"]["scores"]) == scores.criteria


@pytest.mark.parametrize(
    "case", golden_data.cases("evaluators", "binary_evaluation_channels")
)
def test_binary_scores_of_several_channels(case, tmp_path, in_memory_config):
    labels = in_memory_config(array(case, "labels"))
    truth = BinarizeArrayConfig("truth", labels, case["groupings"]).create_array()
    output = stored(tmp_path, array(case, "output", channels=True))
    evaluator = binary_evaluator(case)
    scores = evaluator.evaluate(output, truth)
    check_scores(scores, case)
    assert scores.criteria == case["expect"]["criteria"] == evaluator.score.criteria
    assert evaluator.values(scores) == pytest.approx(
        [getattr(scores, name) for name in scores.criteria], nan_ok=True
    )


@pytest.fixture
def in_memory_config():
    from array_data import InMemoryConfig

    InMemoryConfig.verify = lambda self: (True, "")
    return InMemoryConfig


@pytest.mark.parametrize("case", golden_data.cases("evaluators", "instance_evaluation"))
def test_instance_scores(case, tmp_path):
    output = stored(tmp_path, array(case, "output"))
    scores = evaluators.InstanceEvaluator().evaluate(output, array(case, "truth"))
    for name, expected in case["expect"]["scores"].items():
        np.testing.assert_allclose(getattr(scores, name), expected, **case["tol"])


def empty_scores(case):
    if case["scores_class"].startswith("Multi"):
        names = case.get("channels") or case["evaluator_channels"]
        return evaluators.BinarySegmentationEvaluator(1, 1, names).score
    return getattr(evaluators, case["scores_class"])()


@pytest.mark.parametrize("case", golden_data.cases("evaluators", "criteria"))
def test_criteria(case):
    scores, expect = empty_scores(case), case["expect"]
    assert scores.criteria == expect["criteria"]
    for name, properties in expect["properties"].items():
        assert np.isnan(getattr(scores, name))
        assert scores.higher_is_better(name) == properties["higher_is_better"]
        assert scores.store_best(name) == properties["store_best"]
        np.testing.assert_equal(
            scores.bounds(name), tuple(golden_data.numbers(properties["bounds"]))
        )


@pytest.mark.parametrize("case", golden_data.cases("evaluators", "best_scores"))
def test_best_scores(case):
    names = case["evaluator_channels"]
    evaluator = (
        evaluators.BinarySegmentationEvaluator(1, 1, names)
        if names
        else evaluators.InstanceEvaluator()
    )
    parameters = [
        DummyPostProcessorParameters(id=number, min_size=1)
        for number in case["parameter_ids"]
    ]
    table = ValidationScores(parameters, case["datasets"], evaluator.score)
    for iteration, scores in zip(
        case["iterations"], ARRAYS[case["scores"]].tolist(), strict=True
    ):
        table.add_iteration_scores(ValidationIterationScores(iteration, scores))
    evaluator.set_best(table)
    expected = {
        (dataset, parameters[case["parameter_ids"].index(number)], criterion): best
        for dataset, number, criterion, best in case["expect"]["best"]
    }
    assert evaluator.best_scores.keys() == expected.keys()
    for key, best in expected.items():
        found = evaluator.best_scores[key]
        if best is None:
            assert found is None
        else:
            assert found[0] == best[0]
            np.testing.assert_allclose(found[1], best[1], **case["tol"])
