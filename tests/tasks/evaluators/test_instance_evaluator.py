"""Scores of instance segmentations."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scored_arrays import in_memory, stored
from skimage import metrics as reference

from napari_dacapo.errors import DataError
from napari_dacapo.tasks.evaluators import (
    DetailedInstanceEvaluationScores,
    InstanceEvaluator,
)
from napari_dacapo.tasks.evaluators._contingency import Contingency
from napari_dacapo.tasks.evaluators._instance_metrics import (
    Overlaps,
    adapted_rand,
    average_precision,
    mean_average_precision,
    mean_object_f1,
    object_f1,
    panoptic_quality,
    variation_of_information,
)

LABELS = hnp.arrays(np.uint32, (4, 5, 3), elements=st.integers(0, 4))
DETAILED = InstanceEvaluator(detailed=True)


def detailed(output, truth, mask=None):
    return DETAILED.evaluate_arrays(
        in_memory(output), in_memory(truth), None if mask is None else in_memory(mask)
    )


@given(LABELS, LABELS)
def test_voi_and_rand_error_agree_with_skimage(truth, output):
    table = Contingency.of(truth, output)
    split, merge = variation_of_information(table)
    expected = reference.variation_of_information(truth, output)
    assert (split, merge) == pytest.approx(tuple(expected), abs=1e-9)
    assume(truth.any())
    rand = adapted_rand(table)
    for labels in (truth, output):
        _, counts = np.unique(labels[truth > 0], return_counts=True)
        assume((counts > 1).any())
    # skimage 0.26 divides by the pairs of truth for what it calls precision
    error, recall, precision = reference.adapted_rand_error(truth, output)
    assert [rand.error, rand.precision, rand.recall] == pytest.approx(
        [error, precision, recall], nan_ok=True
    )


def test_merging_everything_has_full_recall():
    table = Contingency.of(np.array([1, 1, 2, 2]), np.array([1, 1, 1, 1]))
    rand = adapted_rand(table)
    assert rand.recall == 1
    assert rand.precision == 4 / 12


def test_nothing_together_is_the_worst_rand_error():
    table = Contingency.of(np.array([1, 1, 1]), np.array([1, 2, 3]))
    assert adapted_rand(table).error == 1


@given(LABELS, LABELS, st.permutations(range(1, 5)), st.permutations(range(1, 5)))
def test_scores_do_not_depend_on_the_names_of_objects(truth, output, a, b):
    scores = detailed(output, truth)
    far = np.uint64(10**12)
    renamed = [
        np.where(labels > 0, np.array([0, *names], np.uint64)[labels] * far, 0)
        for labels, names in ((output, b), (truth, a))
    ]
    other = detailed(*renamed)
    for criterion in scores.criteria:
        assert getattr(other, criterion) == pytest.approx(
            getattr(scores, criterion), nan_ok=True, abs=1e-12
        )


@given(LABELS)
def test_a_perfect_segmentation(truth):
    scores = detailed(truth, truth)
    assert scores.voi == 0
    if truth.any():
        assert scores.average_precision_50 == scores.panoptic_quality == 1
        assert scores.mean_average_precision == scores.f1_score_50 == 1
    else:
        assert math.isnan(scores.panoptic_quality)


def test_over_segmentation_is_counted_as_split():
    truth = np.array([[1] * 4 + [2] * 4])
    output = np.array([[1, 1, 2, 2, 3, 3, 3, 3]])
    scores = InstanceEvaluator().evaluate_arrays(in_memory(output), in_memory(truth))
    assert (scores.voi_split, scores.voi_merge, scores.voi) == (0.5, 0, 0.25)


def test_object_scores_by_hand():
    """Four true objects of 10 voxels, four found ones.

    IoU: 10/10, 8/12 (two voxels missed, two too many), 5/10, and none; one is invented.
    """
    truth, output = np.zeros((5, 12), int), np.zeros((5, 12), int)
    truth[:4, :10] = np.array([[1], [2], [3], [4]])
    output[0, :10] = 11
    output[1, 2:12] = 12
    output[2, :5] = 13
    output[4, :6] = 14
    table = Contingency.of(truth, output)
    overlaps = Overlaps.of(table)
    assert sorted(overlaps.iou) == pytest.approx([0.5, 8 / 12, 1])
    # an IoU of exactly one half is no match
    assert average_precision(overlaps, 0.5) == 2 / (2 + 2 + 2)
    assert object_f1(overlaps, 0.5) == 4 / 8
    assert average_precision(overlaps, 0.7) == 1 / 7
    # 0.5, 0.55, 0.6 and 0.65 have two matches, the six higher ones one
    assert mean_average_precision(overlaps) == pytest.approx((4 / 3 + 6 / 7) / 10)
    assert mean_object_f1(overlaps) == pytest.approx((4 * 4 / 8 + 6 * 2 / 8) / 10)
    assert panoptic_quality(overlaps) == pytest.approx((1 + 8 / 12) / 4)


def test_masked_voxels_take_no_part():
    truth = np.array([[1, 1, 1, 2, 2, 2]])
    output = np.array([[1, 1, 1, 1, 1, 1]])
    mask = np.array([[1, 1, 1, 0, 0, 0]])
    assert detailed(output, truth).voi_merge == pytest.approx(1)
    masked = detailed(output, truth, mask)
    assert masked.voi == 0
    assert masked.average_precision_50 == 1


def test_everything_masked_is_undefined():
    scores = detailed(np.ones((2, 2), int), np.ones((2, 2), int), np.zeros((2, 2)))
    assert all(math.isnan(value) for value in DETAILED.values(scores))


def test_detailed_scores_come_behind_the_usual_ones(tmp_path):
    labels = np.arange(16, dtype=np.uint64).reshape(4, 4)
    output = stored(tmp_path, in_memory(labels))
    scores = DETAILED.evaluate(output, in_memory(labels))
    assert isinstance(scores, DetailedInstanceEvaluationScores)
    assert scores.criteria[:4] == [
        "voi_split",
        "voi_merge",
        "voi",
        "adapted_rand_error",
    ]
    assert not scores.higher_is_better("voi")
    assert not scores.higher_is_better("adapted_rand_error")
    assert scores.higher_is_better("panoptic_quality")
    assert DETAILED.score.criteria == scores.criteria
    assert InstanceEvaluator().score.criteria == scores.criteria[:3]
    assert InstanceEvaluator.criteria == ["voi_merge", "voi_split", "voi"]


def test_several_channels_are_refused():
    several = in_memory(np.ones((2, 4, 4), int), channels=True)
    with pytest.raises(DataError, match="the ground truth has 2 channels; objects are"):
        DETAILED.evaluate_arrays(in_memory(np.ones((4, 4), int)), several)


@pytest.mark.parametrize("dtype", [">u8", ">i4", "?", "u1"])
def test_labels_of_any_type(dtype):
    labels = np.array([[0, 1, 1, 0]]).astype(dtype)
    assert detailed(labels, labels).mean_f1_score == 1


def test_a_mask_of_other_channels_is_refused():
    labels, mask = in_memory(np.ones((4, 4), int)), np.ones((2, 4, 4))
    with pytest.raises(DataError, match="the mask has 2 channels; it needs 1"):
        DETAILED.evaluate_arrays(labels, labels, in_memory(mask, channels=True))
