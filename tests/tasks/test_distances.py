"""The fast distances agree with their definitions."""

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_dacapo.tasks._distances import distances_to_outside, signed_distances

VOXEL_SIZES = {2: [(4, 8), (4.6, 1)], 3: [(40, 8, 4), (4.6, 4.6, 4.6), (1, 1, 1)]}


def refined(inside, voxel_size):
    """The definition: a transform on a grid refined twice, with faces marked."""
    faces = np.zeros([2 * n - 1 for n in inside.shape], bool)
    for axis in range(inside.ndim):
        between = tuple(
            slice(1, None, 2) if a == axis else slice(None, None, 2)
            for a in range(inside.ndim)
        )
        faces[between] = np.diff(inside.astype(np.int8), axis=axis) != 0
    half = [edge / 2 for edge in voxel_size]
    distances = ndimage.distance_transform_edt(~faces, sampling=half)
    voxels = (slice(None, None, 2),) * inside.ndim
    return np.where(inside, 1, -1) * distances[voxels]


@st.composite
def masks(draw):
    dims = draw(st.sampled_from([2, 3]))
    shape = draw(st.tuples(*[st.integers(1, 9)] * dims))
    return draw(hnp.arrays(bool, shape)), draw(st.sampled_from(VOXEL_SIZES[dims]))


@given(masks())
def test_signed_distances_agree_with_the_definition(case):
    inside, voxel_size = case
    found = signed_distances(inside, voxel_size)
    assert found.dtype == np.float32
    assert ((found > 0) == inside).all()
    if inside.any() and not inside.all():
        np.testing.assert_allclose(found, refined(inside, voxel_size), rtol=1e-6)


@pytest.mark.parametrize("voxel_size", VOXEL_SIZES[3])
@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.999])
def test_signed_distances_of_smooth_objects(voxel_size, quantile):
    noise = np.random.default_rng(3).normal(size=(20, 24, 17))
    smooth = ndimage.gaussian_filter(noise, 2)
    inside = smooth > np.quantile(smooth, quantile)
    np.testing.assert_allclose(
        signed_distances(inside, voxel_size), refined(inside, voxel_size), rtol=1e-6
    )


def test_the_example_of_a_single_line():
    inside = np.array([list(b"0000111100")]) == ord("1")
    assert signed_distances(inside, (4, 4)).tolist() == [
        [-14, -10, -6, -2, 2, 6, 6, 2, -2, -6]
    ]


@pytest.mark.parametrize(("value", "sign"), [(True, 1), (False, -1)])
def test_without_boundary_half_the_shortest_extent(value, sign):
    found = signed_distances(np.full((6, 10), value), (4, 4))
    assert (found == sign * 12).all()
    assert (
        signed_distances(np.full((6, 10), value), (4, 4), limit=5) == sign * 5
    ).all()


@given(masks(), st.floats(0.1, 50))
def test_a_limit_cuts_distances_and_changes_nothing_below(case, limit):
    inside, voxel_size = case
    limited = signed_distances(inside, voxel_size, limit)
    exact = signed_distances(inside, voxel_size)
    np.testing.assert_allclose(limited, np.clip(exact, -limit, limit), rtol=1e-5)


@given(masks())
def test_distances_to_outside_agree_with_a_padded_transform(case):
    known, voxel_size = case
    limit = 1000.0
    found = distances_to_outside(known, voxel_size, limit)
    padded = ndimage.distance_transform_edt(np.pad(known, 1), sampling=voxel_size)
    inner = (slice(1, -1),) * known.ndim
    np.testing.assert_allclose(found, padded[inner], rtol=1e-6)


def test_distances_to_outside_are_cut_at_the_limit():
    found = distances_to_outside(np.ones((9, 9), bool), (8, 4), limit=6)
    assert found.max() == 6
    assert found[0, 4] == 6
    assert found[4, 0] == 4


def test_edges_far_above_the_limit_do_not_overflow():
    inside = np.zeros((3, 6, 6), np.bool_)
    inside[1, 2:4, 2:4] = True
    distances = signed_distances(inside, (280_000, 4, 4), 100)
    np.testing.assert_array_equal(distances[[0, 2]], -100)
    np.testing.assert_array_equal(distances[1, 2:4, 2:4], 2)
