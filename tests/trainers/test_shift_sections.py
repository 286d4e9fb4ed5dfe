import numpy as np
import pytest
from augment_parts import World, generator, positions, request

from napari_dacapo.errors import ConfigError
from napari_dacapo.trainers.augments import ShiftSectionsAugmentConfig


def moves(config, asked, world, seed):
    """Return how far sections of raw and labels moved, ``(axis, section)``."""
    sample = world.serve(config.node(), asked, generator(seed))
    raw = sample.raw.numpy() - positions(asked.raw_roi, asked.raw_voxel_size)
    labels = world.label_positions(sample.gt)
    labels = labels - positions(asked.gt_roi, asked.gt_voxel_size)
    for shift in (raw, labels):  # whole sections move, never up or down
        assert np.ptp(shift, axis=(2, 3)).max() < 1e-3
        assert np.abs(shift[0]).max() < 1e-3
    return raw[1:, :, 0, 0], labels[1:, :, 0, 0]


def test_raw_and_labels_move_together_by_whole_voxels():
    asked = request((12, 6, 8), (8, 4, 4), (40, 8, 4), (80, 0, -4))
    world = World(asked, (0, 3, 3))
    config = ShiftSectionsAugmentConfig(12.0, 0.2, 0.2)
    changed = 0
    for seed in range(20):
        raw, labels = moves(config, asked, world, seed)
        assert np.allclose(raw[:, 2:10], labels, atol=1e-3)
        voxels = raw / np.array([[8], [4]])
        assert np.allclose(voxels, voxels.round(), atol=1e-3)
        assert not raw[:, 6].any()
        changed += bool(np.abs(raw).max() > 1)
    assert changed > 10


def test_finer_labels_move_with_the_section_they_are_in():
    asked = request((6, 6, 6), (12, 12, 12), (8, 8, 8), gt_voxel_size=(4, 4, 4))
    world = World(asked, (0, 6, 6))
    raw, labels = moves(ShiftSectionsAugmentConfig(20.0, 0.3, 0.3), asked, world, 1)
    assert np.abs(raw).max() > 1
    assert np.allclose(np.repeat(raw, 2, axis=1), labels, atol=1e-3)


def test_a_shift_moves_all_that_follow_and_a_slip_only_one():
    asked = request((40, 4, 4))
    world = World(asked, (0, 100, 100))
    jumps, _ = moves(ShiftSectionsAugmentConfig(3.0, 0.1, 0), asked, world, 0)
    changes = (np.diff(jumps, axis=1) != 0).any(0).sum()
    assert 1 <= changes <= 10
    slips, _ = moves(ShiftSectionsAugmentConfig(3.0, 0, 0.1), asked, world, 0)
    assert (slips == 0).all(0).sum() >= 30


def test_needs_a_stack():
    augment = ShiftSectionsAugmentConfig(8.0).node()
    with pytest.raises(ConfigError, match="the data has 2 axes"):
        augment.plan(request((8, 8)), generator())
