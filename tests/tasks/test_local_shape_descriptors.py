"""Local shape descriptors against a direct evaluation of their definition."""

import numpy as np
import pytest
from scipy import ndimage

from napari_dacapo.tasks._local_shape_descriptors import (
    local_shape_descriptors,
    num_descriptors,
)


def everything(labels):
    return tuple(slice(0, n) for n in labels.shape)


def by_definition(labels, voxel_size, sigma, voxel):
    """Return the descriptors at one voxel, summed over its object in float64."""
    dims = labels.ndim
    members = np.argwhere(labels == labels[voxel]) - voxel
    radius = [int(3 * sigma / edge + 0.5) for edge in voxel_size]
    members = members[(np.abs(members) <= radius).all(axis=1)] * np.array(voxel_size)
    total = 1.0
    for r, edge in zip(radius, voxel_size, strict=True):
        total *= np.exp(-0.5 * (np.arange(-r, r + 1) * edge / sigma) ** 2).sum()
    weights = np.exp(-0.5 * (members**2).sum(axis=1) / sigma**2)
    share = weights.sum()
    mean = weights @ members / share
    covariance = (members.T * weights) @ members / share - np.outer(mean, mean)
    variance = np.maximum(np.diag(covariance), 1e-3)
    pairs = np.triu_indices(dims, 1)
    pearson = (covariance / np.sqrt(np.outer(variance, variance)))[pairs]
    parts = [mean / sigma / 2 + 0.5, variance / sigma**2, pearson / 2 + 0.5]
    return np.clip(np.concatenate([*parts, [share / total]]), 0, 1)


def blobs(shape, seed):
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = ndimage.gaussian_filter(noise, 2)
    return ndimage.label(smooth > 0.02)[0].astype(np.uint64)


@pytest.mark.parametrize(
    ("shape", "voxel_size", "sigma"),
    [
        ((14, 22, 18), (40, 8, 4), 60.0),
        ((16, 16, 16), (4.6, 4.6, 4.6), 9.2),
        ((40, 150), (4, 8), 40.0),
        ((30, 31), (4.6, 4.6), 92.0),
    ],
)
def test_descriptors_follow_the_definition(shape, voxel_size, sigma):
    labels = blobs(shape, 1)
    found = local_shape_descriptors(labels, voxel_size, sigma, everything(labels))
    assert found.shape == (num_descriptors(len(shape)), *shape)
    assert found.dtype == np.float32
    assert not found[:, labels == 0].any()
    objects = np.argwhere(labels)
    for voxel in map(tuple, objects[:: max(1, len(objects) // 40)]):
        expected = by_definition(labels, voxel_size, sigma, voxel)
        np.testing.assert_allclose(
            found[(slice(None), *voxel)], expected, atol=2e-4, err_msg=str(voxel)
        )


def test_a_region_is_the_part_of_the_whole():
    labels = blobs((40, 44, 36), 2) * np.uint64(10**12)
    region = (slice(5, 30), slice(0, 20), slice(17, 36))
    options = {"voxel_size": (8, 4, 4), "sigma": 16.0}
    whole = local_shape_descriptors(labels, region=everything(labels), **options)
    part = local_shape_descriptors(labels, region=region, **options)
    np.testing.assert_allclose(part, whole[(slice(None), *region)], atol=1e-5)


def test_background_as_object_is_one_more_object():
    labels = blobs((20, 24), 3)
    options = {"voxel_size": (4, 4), "sigma": 20.0, "region": everything(labels)}
    found = local_shape_descriptors(labels, background_as_object=True, **options)
    np.testing.assert_allclose(
        found, local_shape_descriptors(labels + np.uint64(1), **options), atol=1e-6
    )


def test_nothing_but_background():
    labels = np.zeros((5, 6, 7), np.uint64)
    found = local_shape_descriptors(labels, (4, 4, 4), 80.0, everything(labels))
    assert found.shape == (10, 5, 6, 7)
    assert not found.any()


@pytest.mark.parametrize("dtype", ["?", ">u8"])
def test_labels_of_any_type(dtype):
    labels = np.zeros((6, 7), int)
    labels[2:5, 1:6] = 1
    whole = (slice(0, 6), slice(0, 7))
    expected, found = (
        local_shape_descriptors(labels.astype(t), (8, 4), 20, whole)
        for t in (np.uint32, dtype)
    )
    np.testing.assert_array_equal(found, expected)
