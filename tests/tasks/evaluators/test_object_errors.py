"""Where a segmentation is wrong, in world units."""

import numpy as np
import pytest

from napari_dacapo.arrays import NumpyArray
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks.evaluators import (
    BinarySegmentationEvaluator,
    InstanceEvaluator,
    ObjectKind,
    OneHotEvaluator,
    find_object_errors,
)

OFFSET, VOXEL_SIZE = Coordinate(400, 80, 4.6), Coordinate(40, 8, 4.6)


def array(values):
    axes = ["c", "z", "y", "x"][-values.ndim :]
    space = values.shape[-3:]
    return NumpyArray.from_np_array(
        values, Roi(OFFSET, VOXEL_SIZE * space), VOXEL_SIZE, axes
    )


@pytest.fixture
def volumes():
    """A good object, one cut in two, one that was missed; another was invented."""
    truth, output = np.zeros((2, 4, 12, 20), np.uint8)
    truth[:, 0:3, 0:6] = output[:, 0:3, 0:6] = 1
    truth[:, 4:6, 0:12] = output[:, 4:6, 0:12] = 1
    output[:, 4:6, 6] = 0
    truth[1:3, 8:10, 10:15] = 1
    output[0, 8:10, 18] = 1
    return truth, output


def test_regions_of_masks(volumes):
    truth, output = map(array, volumes)
    found = find_object_errors(output, truth, labels_are_objects=False)
    assert [(e.kind, e.voxels) for e in found] == [
        (ObjectKind.SPLIT, 96),
        (ObjectKind.MISSED, 20),
        (ObjectKind.INVENTED, 2),
    ]
    missed = found[1]
    assert missed.roi == Roi(OFFSET + Coordinate(40, 64, 46), (80, 16, 23))
    assert missed.center == missed.roi.center
    assert (missed.label, missed.channel, missed.iou) == (0, 0, 0)


def test_small_ones_are_left_out(volumes):
    truth, output = map(array, volumes)
    found = find_object_errors(
        output, truth, labels_are_objects=False, minimum_voxels=20
    )
    assert [e.kind for e in found] == [ObjectKind.SPLIT, ObjectKind.MISSED]


def test_labels_stay_objects(volumes):
    truth, output = (values.astype(np.uint64) * 7 for values in volumes)
    assert not find_object_errors(array(output), array(truth), labels_are_objects=True)
    output[:, 4:6, 7:12] = 8
    truth[:, 4:6, 0:12] = 9
    found = find_object_errors(array(output), array(truth), labels_are_objects=True)
    assert [(e.kind, e.label) for e in found] == [
        (ObjectKind.MERGED, 9),
        (ObjectKind.MERGED, 7),
    ]


def test_every_channel_is_compared(volumes):
    truth, output = volumes
    found = find_object_errors(
        array(np.stack([truth, truth])),
        array(np.stack([truth, output])),
        labels_are_objects=False,
    )
    assert {e.channel for e in found} == {1}


def test_what_is_masked_does_not_count(volumes):
    truth, output = map(array, volumes)
    mask = np.ones_like(volumes[0])
    mask[:, 8:] = 0
    found = find_object_errors(output, truth, array(mask), labels_are_objects=False)
    assert [e.kind for e in found] == [ObjectKind.SPLIT]


def test_a_poor_outline_is_an_error():
    truth, output = np.zeros((2, 1, 10, 10), np.uint8)
    truth[0, :8, :8], output[0, :4, :4] = 1, 1
    (found,) = find_object_errors(array(output), array(truth), labels_are_objects=False)
    assert (found.kind, found.iou) == (ObjectKind.MATCHED, 0.25)


def test_evaluators_know_what_an_object_is(volumes):
    truth, output = volumes
    by_regions = BinarySegmentationEvaluator(1, 1, ["a"])
    by_labels = InstanceEvaluator()
    assert len(by_regions.find_errors(array(output), array(truth))) == 3
    assert by_labels.find_errors(array(output), array(truth)) == []


def test_voxels_of_no_class_are_no_errors(volumes):
    truth, output = volumes
    truth[1:3, 8:10, 10:15] = 255
    found = OneHotEvaluator(1, 1, ["background", "a"]).find_errors(
        array(output), array(truth)
    )
    assert ObjectKind.MISSED not in {e.kind for e in found}
