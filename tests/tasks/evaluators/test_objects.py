"""What became of every object."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_dacapo.tasks.evaluators._objects import (
    ObjectKind,
    object_reports,
    to_dataframe,
)

LABELS = hnp.arrays(np.uint16, (5, 6), elements=st.integers(0, 4))


@pytest.fixture
def example():
    """One object of each fate; rows of a picture of 12 columns."""
    truth, output = np.zeros((12, 12), int), np.zeros((12, 12), int)
    truth[0:2, 0:10], output[0:2, 0:9] = 1, 21
    truth[3:5, 0:12], output[3:5, 0:6], output[3:5, 6:12] = 2, 22, 23
    truth[6:8, 0:4], truth[6:8, 4:12], output[6:8, 0:12] = 3, 4, 24
    truth[9, 0:3] = 5
    output[11, 5:9] = 25
    # a crumb of 2 voxels inside object 1 is neither a split nor an invention
    output[0:2, 9] = 26
    return truth, output


def test_the_fate_of_every_object(example):
    reports = object_reports(*example)
    fates = {(r.kind, r.label): r for r in reports}
    assert set(fates) == {
        (ObjectKind.MATCHED, 1),
        (ObjectKind.SPLIT, 2),
        (ObjectKind.MERGED, 3),
        (ObjectKind.MERGED, 4),
        (ObjectKind.MISSED, 5),
        (ObjectKind.INVENTED, 25),
    }
    assert [r.voxels for r in reports] == [24, 20, 16, 8, 4, 3]
    matched = fates[ObjectKind.MATCHED, 1]
    assert matched.partners == (21,)
    assert matched.iou == 18 / 20
    assert matched.box == ((0, 2), (0, 10))
    assert matched.center == (0.5, 4.5)
    assert sorted(fates[ObjectKind.SPLIT, 2].partners) == [22, 23]
    assert fates[ObjectKind.MERGED, 3].partners == (24,)
    assert fates[ObjectKind.MERGED, 3].siblings == (4,)
    assert fates[ObjectKind.MERGED, 4].iou == 16 / 24
    assert fates[ObjectKind.MISSED, 5].partners == ()
    assert fates[ObjectKind.INVENTED, 25].box == ((11, 12), (5, 9))


def test_the_table_has_world_positions(example):
    table = to_dataframe(object_reports(*example), (100, 0), (10, 4.5), ["y", "x"])
    row = table[table["label"] == 1].iloc[0]
    assert row["kind"] == "matched"
    assert row["y"] == 100 + 1.0 * 10
    assert row["x"] == 5.0 * 4.5
    assert len(table) == 6


def test_an_empty_table_has_its_columns():
    empty = np.zeros((3, 3), int)
    table = to_dataframe(object_reports(empty, empty), (0, 0), (1, 1), ["y", "x"])
    assert table.empty
    assert {"kind", "label", "voxels", "iou", "y", "x"} <= set(table.columns)


def test_masked_voxels_are_not_reported(example):
    truth, output = example
    mask = np.ones_like(truth)
    mask[9:] = 0
    kinds = {report.kind for report in object_reports(truth, output, mask)}
    assert kinds == {ObjectKind.MATCHED, ObjectKind.SPLIT, ObjectKind.MERGED}


@given(LABELS, LABELS)
def test_every_true_object_is_reported_once(truth, output):
    reports = object_reports(truth, output)
    true = [r.label for r in reports if r.kind is not ObjectKind.INVENTED]
    assert sorted(true) == sorted(set(truth.flat) - {0})
    for report in reports:
        source = output if report.kind is ObjectKind.INVENTED else truth
        assert report.voxels == np.count_nonzero(source == report.label)
        assert bool(report.partners) == (report.iou > 0)


@given(LABELS)
def test_perfect_objects_are_matched(labels):
    for report in object_reports(labels, labels):
        assert report.kind is ObjectKind.MATCHED
        assert report.partners == (report.label,)
        assert report.iou == 1
