import math

import numpy as np
import pytest
import torch
from augment_parts import World, generator, positions, request

from napari_dacapo.errors import ConfigError
from napari_dacapo.trainers.augments import ElasticAugmentConfig, Sample
from napari_dacapo.trainers.augments._deformation import _interpolation

ANISOTROPIC = (40, 8, 4)


def elastic(sigma, angles=(0, 0), spacing=None, **options):
    spacing = spacing or [8] * len(sigma)
    return ElasticAugmentConfig(spacing, sigma, angles, **options).node()


def rotated(points, angle, center):
    """Rotate ``(axis, *space)`` in the plane of the last two axes."""
    shifted = points - center
    cos, sin = math.cos(angle), math.sin(angle)
    result = shifted.copy()
    result[-2] = cos * shifted[-2] - sin * shifted[-1]
    result[-1] = sin * shifted[-2] + cos * shifted[-1]
    return result + center


def center_of(roi):
    return np.array(roi.center.as_floats()).reshape(-1, *[1] * roi.dims)


def test_without_sigma_and_angle_nothing_changes():
    asked = request((8, 9, 10), voxel_size=ANISOTROPIC)
    upstream, transform = elastic([0, 0, 0]).plan(asked, generator())
    assert upstream == asked
    sample = Sample(torch.rand(1, 8, 9, 10), torch.ones(1), torch.ones(1))
    assert transform(sample) is sample


@pytest.mark.parametrize("angle", [0.3, -1.2, math.pi / 2, 3.0])
@pytest.mark.parametrize("offset", [(0, 0, 0), (120, -64, 4)])
def test_rotates_in_world_units_about_the_middle(angle, offset):
    asked = request((4, 20, 36), (2, 12, 20), ANISOTROPIC, offset)
    world = World(asked, (1, 6, 6))
    sample = world.serve(elastic([0, 0, 0], (angle, angle)), asked, generator())
    center = center_of(asked.raw_roi)
    expected = rotated(positions(asked.raw_roi, asked.raw_voxel_size), angle, center)
    assert np.allclose(sample.raw.numpy(), expected, atol=2e-3)
    expected = rotated(positions(asked.gt_roi, asked.gt_voxel_size), angle, center)
    error = np.abs(world.label_positions(sample.gt) - expected)
    assert (error <= np.array(ANISOTROPIC).reshape(3, 1, 1, 1) / 2 + 2e-3).all()


def test_quarter_turn_of_a_cube_is_exact():
    asked = request((6, 6, 6))
    world = World(asked, (1, 1, 1))
    angle = math.pi / 2
    sample = world.serve(elastic([0, 0, 0], (angle, angle)), asked, generator())
    inside = world.gt[asked.gt_roi]
    assert np.array_equal(sample.gt[0].numpy(), np.rot90(inside, -1, axes=(1, 2)))


def test_two_axes():
    asked = request((20, 30), (10, 20), (4.6, 9.2), (2.3, 0))
    world = World(asked, (10, 10))
    sample = world.serve(elastic([0, 0], (0.7, 0.7)), asked, generator())
    points = positions(asked.raw_roi, asked.raw_voxel_size)
    expected = rotated(points, 0.7, center_of(asked.raw_roi))
    assert np.allclose(sample.raw.numpy(), expected, atol=2e-3)


def test_finer_ground_truth_is_deformed_with_raw():
    asked = request((10, 10, 10), (12, 12, 12), (8, 8, 8), gt_voxel_size=(4, 4, 4))
    world = World(asked, (8, 8, 8))
    sample = world.serve(elastic([6, 6, 6], (0, 6), [10, 10, 10]), asked, generator())
    labels = world.label_positions(sample.gt)
    # raw voxel 2 begins where ground truth voxel 0 does, and is as large as two
    fine = sample.raw[:, 2:8, 2:8, 2:8].numpy()
    coarse = labels.reshape(3, 6, 2, 6, 2, 6, 2).mean(axis=(2, 4, 6))
    assert np.abs(fine - coarse).max() < 3


def test_control_points_move_by_sigma_in_world_units():
    sigma = np.array([20.0, 8.0, 2.0])
    asked = request((4, 8, 8), voxel_size=ANISOTROPIC)
    world = World(asked, (3, 3, 3))
    moved = []
    for seed in range(150):
        augment = elastic(list(sigma), spacing=[4, 8, 8])  # a single control point
        sample = world.serve(augment, asked, generator(seed))
        shift = sample.raw.numpy() - positions(asked.raw_roi, asked.raw_voxel_size)
        assert np.ptp(shift.reshape(3, -1), axis=1).max() < 1e-2
        moved.append(shift[:, 0, 0, 0])
    moved = np.array(moved)
    assert np.abs(moved.mean(0) / sigma).max() < 0.3
    assert np.abs(moved.std(0) / sigma - 1).max() < 0.2


def test_deformation_is_smooth_and_as_large_as_sigma():
    asked = request((16, 32, 32))
    world = World(asked, (24, 24, 24))
    spread = []
    for seed in range(10):
        sample = world.serve(
            elastic([2, 2, 2], spacing=[8] * 3), asked, generator(seed)
        )
        shift = sample.raw.numpy() - positions(asked.raw_roi, asked.raw_voxel_size)
        spread.append(shift.std())
        for axis in (1, 2, 3):
            assert np.abs(np.diff(shift, axis=axis)).max() < 3
    # between control points, splines of random numbers vary less than these
    assert 0.8 < np.mean(spread) < 2.1


def test_subsample_is_nearly_the_same():
    asked = request((32, 32, 32))
    world = World(asked, (20, 20, 20))
    exact = world.serve(elastic([2, 2, 2], spacing=[16] * 3), asked, generator(3))
    coarse = world.serve(
        elastic([2, 2, 2], spacing=[16] * 3, subsample=4), asked, generator(3)
    )
    difference = (exact.raw - coarse.raw).abs()
    assert 0 < difference.max() < 0.5


def test_interpolation_passes_through_control_points():
    assert np.allclose(_interpolation(5, 17, 1, (0, 4, 5)), np.eye(5), atol=1e-5)
    assert np.allclose(_interpolation(1, 17, 1, (0, 1, 17)), 1)
    assert np.allclose(_interpolation(1, 1, 1, (0, 1, 1)), 1)
    assert np.allclose(_interpolation(3, 17, 4, (0, 8, 3)).sum(1), 1, atol=1e-5)


def test_uniform_rotation_turns_about_any_axis():
    asked = request((7, 7, 7), voxel_size=(3, 3, 3))
    world = World(asked, (3, 3, 3))
    augment = elastic([0, 0, 0], uniform_3d_rotation=True)
    ends = []
    for seed in range(200):
        sample = world.serve(augment, asked, generator(seed))
        turned = sample.raw[:, 6, 3, 3] - sample.raw[:, 3, 3, 3]
        assert turned.norm() == pytest.approx(9, abs=1e-2)
        ends.append(turned.numpy() / 9)
    ends = np.array(ends)
    assert np.abs(ends.mean(0)).max() < 0.15
    assert np.abs((ends**2).mean(0) - 1 / 3).max() < 0.1


def test_probability():
    augment = elastic([1, 1], (0, 6), augmentation_probability=0.25)
    asked = request((8, 8))
    changed = [augment.plan(asked, generator(s))[0] != asked for s in range(200)]
    assert 25 < sum(changed) < 75


def test_labels_keep_every_bit():
    asked = request((6, 6, 6))
    upstream, transform = elastic([1, 1, 1]).plan(asked, generator())
    shape = [1, *(int(n) for n in upstream.gt_roi.shape)]
    gt = torch.randint(2**62, 2**63 - 1, shape)
    raw = torch.zeros([1, *(int(n) for n in upstream.raw_roi.shape)])
    result = transform(Sample(raw, gt, torch.ones(shape, dtype=torch.uint8)))
    assert set(result.gt.flatten().tolist()) <= set(gt.flatten().tolist())


def test_verify():
    config = ElasticAugmentConfig([8, 8], [1, 1, 1], (0, 1))
    assert config.verify()[0] is False
    assert "one per axis" in config.verify()[1]
    config = ElasticAugmentConfig([8, 8], [1, 1], (0, 1), uniform_3d_rotation=True)
    assert "cannot turn in 3D" in config.verify()[1]
    assert ElasticAugmentConfig([8, 8], [1, 1], (0, 1)).verify()[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 8, 8], [1, 1, 1], (0, 1)), "control_point_spacing.*below 1"),
        (([8, 8, 8], [-1, 1, 1], (0, 1)), "displacement_sigma.*below 0"),
        (([8], [1], (0, 1)), "one number per spatial axis"),
        (([8, 8, 8], [1, 1, 1], (1, 0)), "rotation_interval.*smaller one first"),
    ],
)
def test_bad_settings(arguments, message):
    with pytest.raises(ConfigError, match=message):
        ElasticAugmentConfig(*arguments)


def test_wrong_number_of_axes():
    with pytest.raises(ConfigError, match="for 2 axes, the data has 3"):
        elastic([1, 1]).plan(request((8, 8, 8)), generator())
