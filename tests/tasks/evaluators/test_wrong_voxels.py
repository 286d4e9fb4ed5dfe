"""Which voxels of a segmentation are wrong."""

from __future__ import annotations

import numpy as np
from scored_arrays import in_memory

from napari_dacapo.tasks.evaluators import (
    BinarySegmentationEvaluator,
    InstanceEvaluator,
    OneHotEvaluator,
)

SIZE, OFFSET = (8, 4), (80, 40)


def wrong(evaluator, output, truth, mask=None, channels=False):
    arrays = [
        None if v is None else in_memory(np.array(v), SIZE, OFFSET, channels)
        for v in (output, truth, mask)
    ]
    found = evaluator.wrong_voxels(*arrays)
    assert found.roi == arrays[0].roi
    return found[found.roi].tolist()


def test_foreground_counts_where_one_class_is_scored():
    evaluator = BinarySegmentationEvaluator(1, 1, ["a"])
    assert wrong(evaluator, [[1, 1, 0, 0]], [[7, 0, 7, 0]]) == [[0, 1, 1, 0]]
    masked = wrong(evaluator, [[1, 1, 0, 0]], [[7, 0, 7, 0]], [[1, 0, 1, 1]])
    assert masked == [[0, 0, 1, 0]]
    both = wrong(evaluator, [[[1, 0]], [[1, 1]]], [[[1, 1]], [[1, 0]]], channels=True)
    assert both == [[[0, 1]], [[0, 1]]]


def test_labels_count_where_classes_exclude_each_other():
    evaluator = OneHotEvaluator(1, 1, ["a", "b"])
    # 9 is the label of no class
    assert wrong(evaluator, [[0, 1, 1, 1]], [[0, 1, 0, 9]]) == [[0, 0, 1, 0]]


def test_objects_count_whatever_their_labels():
    truth = [[0, 1, 1, 1, 2, 2, 2, 3]]
    evaluator = InstanceEvaluator()
    assert wrong(evaluator, [[0, 5, 5, 5, 4, 4, 4, 9]], truth) == [[0] * 8]
    split_merged_missed = [[0, 5, 5, 6, 5, 7, 7, 0]]
    expected = [[0, 0, 0, 1, 1, 0, 0, 1]]
    assert wrong(evaluator, split_merged_missed, truth) == expected
    assert wrong(evaluator, [[0] * 8], truth) == [[0, 1, 1, 1, 1, 1, 1, 1]]
    merged = [[0, 5, 5, 5, 5, 5, 5, 5]]
    found = wrong(evaluator, merged, truth)
    assert found[0][:1] == [0]
    assert sum(found[0]) == 4, "all but one of the two largest are wrong"
    assert wrong(evaluator, merged, truth, [[0] * 8]) == [[0] * 8]
