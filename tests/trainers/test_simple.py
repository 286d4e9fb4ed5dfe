import itertools
from collections import Counter

import numpy as np
import pytest
from augment_parts import World, generator, request

from napari_dacapo.trainers.augments import SimpleAugmentConfig

AUGMENT = SimpleAugmentConfig().node()


def orientation(raw):
    """Return the source axis and direction of each axis of a coordinate volume."""
    found = []
    for axis in range(raw.ndim - 1):
        first = np.take(raw, 0, axis=axis + 1)
        step = (np.take(raw, 1, axis=axis + 1) - first).reshape(raw.ndim - 1, -1)[:, 0]
        source = int(np.flatnonzero(step)[0])
        found.append((source, bool(step[source] < 0)))
    return tuple(found)


def test_all_48_orientations_of_a_cube_are_as_likely():
    asked = request((4, 4, 4), (2, 2, 2))
    world = World(asked, (0, 0, 0))
    seen = Counter(
        orientation(world.serve(AUGMENT, asked, generator(seed)).raw.numpy())
        for seed in range(1500)
    )
    assert len(seen) == 48
    assert max(seen.values()) < 60


def test_only_axes_of_equal_voxel_size_are_exchanged():
    asked = request((4, 4, 4), voxel_size=(40, 8, 8))
    world = World(asked, (0, 0, 0))
    seen = {
        orientation(world.serve(AUGMENT, asked, generator(seed)).raw.numpy())
        for seed in range(200)
    }
    assert len(seen) == 16
    assert {result[0][0] for result in seen} == {0}


def test_no_axes_are_exchanged_if_ground_truth_differs():
    asked = request((4, 4), (4, 8), (8, 8), gt_voxel_size=(8, 4))
    world = World(asked, (0, 0))
    seen = {
        orientation(world.serve(AUGMENT, asked, generator(seed)).raw.numpy())
        for seed in range(60)
    }
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("raw_shape", "gt_shape", "voxel_size", "gt_voxel_size", "offset"),
    [
        ((6, 9, 12), (2, 5, 7), (1, 1, 1), None, (0, 0, 0)),
        ((6, 9, 12), (3, 4, 6), (4, 4, 4), None, (-20, 4, 8)),
        ((5, 8), (6, 10), (9.2, 9.2), (4.6, 4.6), (4.6, 0)),
        ((6, 12), (2, 3), (4, 4), (8, 8), (0, 8)),
    ],
)
def test_labels_stay_where_they_are_in_the_picture(
    raw_shape, gt_shape, voxel_size, gt_voxel_size, offset
):
    asked = request(
        raw_shape, gt_shape, voxel_size, offset, gt_voxel_size=gt_voxel_size
    )
    world = World(asked, (8,) * len(raw_shape))
    voxel = np.array(asked.gt_voxel_size.as_floats())
    # position of label voxels between raw voxels, in the result
    margin = (asked.gt_roi.offset - asked.raw_roi.offset) / asked.raw_voxel_size
    seen = set()
    for seed in range(40):
        sample = world.serve(AUGMENT, asked, generator(seed))
        raw, labels = sample.raw.numpy(), world.label_positions(sample.gt)
        seen.add(orientation(raw))
        for axis, (source, _) in enumerate(orientation(raw)):
            ratio = voxel[axis] / float(asked.raw_voxel_size[axis])
            wanted = (np.arange(labels.shape[axis + 1]) + 0.5) * ratio - 0.5
            wanted = wanted + float(margin[axis])
            line = np.moveaxis(raw[source], axis, 0).reshape(raw.shape[axis + 1], -1)
            step = line[1, 0] - line[0, 0]
            expected = line[0, 0] + step * wanted
            got = np.moveaxis(labels[source], axis, 0)
            assert np.allclose(
                got.reshape(len(expected), -1), expected[:, None], atol=1e-3
            )
    assert len(seen) > 2 ** len(raw_shape)


def test_permutation_loads_the_turned_box():
    asked = request((4, 8), (2, 4))
    shapes = {
        tuple(AUGMENT.plan(asked, generator(seed))[0].raw_roi.shape)
        for seed in range(20)
    }
    assert shapes == set(itertools.permutations((4, 8)))
