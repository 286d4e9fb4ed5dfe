"""Scores of binary segmentations."""

import copy
import logging
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial import distance
from scored_arrays import in_memory, stored

from napari_dacapo.arrays import NumpyArray
from napari_dacapo.errors import DataError
from napari_dacapo.tasks.evaluators import (
    BinarySegmentationEvaluationScores,
    BinarySegmentationEvaluator,
    MultiChannelBinarySegmentationEvaluationScores,
    OneHotEvaluator,
)
from napari_dacapo.tasks.evaluators._metrics import binary_scores

MASKS = hnp.arrays(bool, (4, 5, 3))
EVALUATOR = BinarySegmentationEvaluator(20, 5, ["x"])


def test_worked_example():
    """Half a box against a band: counts 80 tp, 80 fp, 120 fn, 120 tn."""
    x = np.broadcast_to(np.arange(10), (4, 10, 10))
    scores = binary_scores(
        x < 5,
        (x >= 3) & (x < 7),
        (4, 4, 4),
        clip_distance=6,
        tol_distance=4,
    )
    expected = {
        "dice": 0.44444,
        "jaccard": 0.28571,
        "hausdorff": 12,
        "false_negative_rate": 0.6,
        "false_negative_rate_with_tolerance": 0.4,
        "false_positive_rate": 0.4,
        "false_discovery_rate": 0.5,
        "false_positive_rate_with_tolerance": 0.2,
        "voi": 1.97095,
        "mean_false_distance": 3.9,
        "mean_false_negative_distance": 4.8,
        "mean_false_positive_distance": 3.0,
        "mean_false_distance_clipped": 2.85,
        "mean_false_negative_distance_clipped": 3.2,
        "mean_false_positive_distance_clipped": 2.5,
        "precision_with_tolerance": 0.8,
        "recall_with_tolerance": 0.66667,
        "f1_score_with_tolerance": 0.72727,
        "precision": 0.5,
        "recall": 0.4,
        "f1_score": 0.44444,
    }
    assert scores == pytest.approx(expected, abs=1e-5)


@given(MASKS, MASKS, st.sampled_from([(1, 1, 1), (40, 8, 4), (4.6, 4.6, 3.24)]))
def test_distances_are_those_between_all_pairs_of_voxels(truth, output, voxel_size):
    scores = BinarySegmentationEvaluationScores(
        **binary_scores(truth, output, voxel_size, clip_distance=9, tol_distance=5)
    )
    if not (truth.any() and output.any()):
        assert math.isnan(scores.mean_false_distance)
        return
    voxels = [np.argwhere(mask) * voxel_size for mask in (truth, output)]
    pairs = distance.cdist(*voxels)
    misses, inventions = pairs.min(axis=1), pairs.min(axis=0)
    assert scores.hausdorff == pytest.approx(max(misses.max(), inventions.max()))
    assert scores.mean_false_negative_distance == pytest.approx(misses.mean())
    assert scores.mean_false_positive_distance == pytest.approx(inventions.mean())
    assert scores.mean_false_negative_distance_clipped == pytest.approx(
        np.minimum(misses, 9).mean()
    )


@given(MASKS, MASKS, MASKS)
def test_masked_voxels_are_as_if_they_were_not_there(truth, output, mask):
    options = {"clip_distance": 20, "tol_distance": 5}
    plain = binary_scores(truth, output, (1, 1, 1), mask=mask, **options)
    noisy = binary_scores(
        truth ^ ~mask, output ^ ~mask, (1, 1, 1), mask=mask, **options
    )
    assert noisy == pytest.approx(plain, nan_ok=True)
    ones = np.ones_like(mask)
    assert binary_scores(
        truth, output, (1, 1, 1), mask=ones, **options
    ) == pytest.approx(binary_scores(truth, output, (1, 1, 1), **options), nan_ok=True)


@given(MASKS, MASKS)
def test_scores_stay_in_their_bounds(truth, output):
    scores = BinarySegmentationEvaluationScores(
        **binary_scores(truth, output, (1, 2, 3), clip_distance=9, tol_distance=2)
    )
    for criterion in set(scores.criteria) - {"voi"}:
        value, (low, high) = getattr(scores, criterion), scores.bounds(criterion)
        assert math.isnan(value) or (
            low <= value and (math.isnan(high) or value <= high)
        )


@pytest.mark.parametrize("shape", [(1, 8, 8), (8, 1, 8), (1, 1, 8), (1, 8)])
def test_single_slices_are_scored(shape):
    truth = np.zeros(shape, np.uint8)
    truth.flat[: truth.size // 2] = 1
    scores = EVALUATOR.evaluate_arrays(in_memory(truth), in_memory(truth * 7))
    assert scores.dice == 1
    assert scores.hausdorff == 0


def test_only_the_common_region_is_scored(caplog):
    truth = np.zeros((6, 6), np.uint8)
    truth[1:4, 1:4] = 1
    output = np.ones((6, 6), np.uint8)
    with caplog.at_level(logging.WARNING):
        scores = EVALUATOR.evaluate_arrays(
            in_memory(output, (4, 4), (8, 8)), in_memory(truth, (4, 4))
        )
    assert scores.precision == 4 / 16
    assert "only 44.4 % of the ground truth is scored" in caplog.text


def test_an_output_that_is_larger_than_the_truth_is_no_problem(caplog):
    output = np.zeros((8, 8), np.uint8)
    output[3:5, 3:5] = 1
    truth = output[2:6, 2:6]
    scores = EVALUATOR.evaluate_arrays(
        in_memory(output, (4.6, 3)), in_memory(truth, (4.6, 3), (9.2, 6))
    )
    assert scores.jaccard == 1
    assert not caplog.text


@pytest.mark.parametrize(
    ("truth", "complaint"),
    [
        (
            in_memory(np.ones((4, 4)), (4, 4)),
            r"voxels of \(4, 4\), the segmentation of",
        ),
        (in_memory(np.ones((4, 4)), (8, 4), (400, 0)), "no common region"),
        (in_memory(np.ones((4, 4)), (8, 4), (3, 0)), "does not lie on the voxel grid"),
        (
            in_memory(np.ones((2, 4, 4)), (8, 4), channels=True),
            "the segmentation has 1 channels, the ground truth 2",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused(truth, complaint):
    with pytest.raises(DataError, match=complaint):
        EVALUATOR.evaluate_arrays(in_memory(np.ones((4, 4)), (8, 4)), truth)


def test_masks_have_one_channel_or_as_many_as_the_truth():
    truth = in_memory(np.ones((2, 4, 4)), channels=True)
    evaluator = BinarySegmentationEvaluator(20, 5, ["a", "b"])
    half = np.ones((2, 4, 4), np.uint8)
    half[1, :2] = 0
    output = np.ones((2, 4, 4))
    output[:, :2] = 0
    for mask, expected in (
        (in_memory(half, channels=True), [0.5, 1]),
        (in_memory(half[1:], channels=True), [1, 1]),
        (in_memory(half[1]), [1, 1]),
        (None, [0.5, 0.5]),
    ):
        scores = evaluator.evaluate_arrays(
            in_memory(output, channels=True), truth, mask=mask
        )
        assert [scores.a__recall, scores.b__recall] == expected
    with pytest.raises(DataError, match="the mask has 3 channels; it needs 1 or"):
        evaluator.evaluate_arrays(
            in_memory(output, channels=True),
            truth,
            mask=in_memory(np.ones((3, 4, 4)), channels=True),
        )


def test_a_single_channel_is_scored_by_name_where_the_truth_has_a_channel_axis(
    tmp_path,
):
    values = np.ones((1, 4, 4), np.uint8)
    output = stored(tmp_path, in_memory(values[0]))
    scores = EVALUATOR.evaluate(output, in_memory(values, channels=True))
    assert scores.x__dice == 1


def test_values_are_in_the_order_of_the_criteria_with_or_without_channel_axis():
    values = np.ones((4, 4), np.uint8)
    for truth in (in_memory(values), in_memory(values[None], channels=True)):
        scores = EVALUATOR.evaluate_arrays(in_memory(values), truth)
        row = dict(zip(EVALUATOR.score.criteria, EVALUATOR.values(scores), strict=True))
        assert row["x__dice"] == 1
        assert row["x__hausdorff"] == 0


def test_channel_names_may_contain_the_separator():
    scores = MultiChannelBinarySegmentationEvaluationScores(
        [("cell__wall", BinarySegmentationEvaluationScores(dice=0.5))]
    )
    assert scores.cell__wall__dice == 0.5
    assert scores.higher_is_better("cell__wall__dice")
    assert copy.deepcopy(scores).cell__wall__dice == 0.5
    with pytest.raises(AttributeError, match="no attribute 'wall__dice'"):
        _ = scores.wall__dice
    with pytest.raises(KeyError, match="not of the form <channel>__<criterion>"):
        scores.bounds("dice")


def test_criteria_for_choosing_the_best():
    assert BinarySegmentationEvaluator.criteria == ["jaccard", "voi"]
    evaluator = BinarySegmentationEvaluator(20, 5, ["a", "b"])
    assert evaluator.criteria == ["a__jaccard", "a__voi", "b__jaccard", "b__voi"]


@settings(max_examples=30)
@given(hnp.arrays(np.uint8, (4, 5), elements=st.integers(0, 3)))
def test_one_hot_scores_are_those_of_each_class(labels):
    evaluator = OneHotEvaluator(20, 5, ["background", "a", "b"])
    output = np.minimum(np.roll(labels, 1, axis=0), 2)
    scores = evaluator.evaluate_arrays(in_memory(output), in_memory(labels))
    known = labels < 3
    for label, name in enumerate(evaluator.channels):
        expected = BinarySegmentationEvaluationScores(
            **binary_scores(
                labels == label,
                output == label,
                (1, 1),
                clip_distance=20,
                tol_distance=5,
                mask=known,
            )
        )
        for criterion in expected.criteria:
            assert getattr(scores, f"{name}__{criterion}") == pytest.approx(
                getattr(expected, criterion), nan_ok=True
            )


def test_one_hot_scores_honour_the_mask_and_refuse_channels(tmp_path):
    evaluator = OneHotEvaluator(20, 5, ["background", "a"])
    labels = np.eye(4, dtype=np.uint8)
    output = np.zeros_like(labels)
    scores = evaluator.evaluate(
        stored(tmp_path, in_memory(output)),
        in_memory(labels),
        mask=in_memory(1 - labels),
    )
    assert scores.background__dice == 1
    with pytest.raises(DataError, match="the ground truth 2; exclusive classes"):
        evaluator.evaluate_arrays(
            in_memory(output), in_memory(np.stack([labels] * 2), channels=True)
        )


def test_ground_truth_may_name_its_channels_differently():
    truth, output = np.array([[[1, 1, 0]]]), np.array([[[1, 0, 0]]])

    class Named(NumpyArray):
        channels = ("mitochondria",)

    plain = in_memory(truth, channels=True)
    named = Named.from_np_array(truth, plain.roi, plain.voxel_size, plain.axes)
    evaluator = BinarySegmentationEvaluator(10, 1, ["mito"])
    scores = evaluator.evaluate_arrays(in_memory(output, channels=True), named)
    assert scores.mitochondria__dice == 2 / 3
    values = dict(zip(evaluator.score.criteria, evaluator.values(scores), strict=True))
    assert values["mito__dice"] == 2 / 3
    assert evaluator.is_best("data", "parameters", "mito__voi", scores)
    with pytest.raises(KeyError, match="er__voi"):
        evaluator.is_best("data", "parameters", "er__voi", scores)
