"""Synthetic cells: geometry, reproducibility, and what makes them a fair exercise."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import ndimage

from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray
from napari_dacapo.errors import ConfigError, DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.samples import (
    CLASS_NAMES,
    MEMBRANE,
    ORGANELLE,
    synthetic_cells,
    write_sample,
)


@pytest.fixture(scope="module")
def volume():
    return synthetic_cells(seed=1)


@pytest.fixture(scope="module")
def plane():
    return synthetic_cells((512, 512), seed=1)


def test_default_geometry(volume):
    for array, dtype in (
        (volume.raw, np.uint8),
        (volume.instances, np.uint32),
        (volume.classes, np.uint8),
    ):
        assert array.data.dtype == dtype
        assert array.data.shape == (24, 160, 160)
        assert array.axes == ["z", "y", "x"]
        assert array.voxel_size == Coordinate(40, 8.25, 8.25)
        assert array.roi == Roi((400, 82.5, 165), (960, 1320, 1320))


def test_plane(plane):
    assert plane.raw.axes == ["y", "x"]
    assert plane.raw.voxel_size == Coordinate(8.25, 8.25)
    assert plane.raw.roi == Roi((82.5, 165), (4224, 4224))


def test_geometry_can_be_chosen():
    sample = synthetic_cells((5, 40, 60), (40, 8, 4.6), (-80, 0, 9.2), cell_size=300)
    assert sample.raw.voxel_size == Coordinate(40, 8, 4.6)
    assert sample.raw.roi == Roi((-80, 0, 9.2), (200, 320, 276))


@pytest.mark.parametrize(
    ("shape", "voxel_size"), [((8, 8), (40, 4, 4)), ((8,), None), ((2, 2, 2, 2), None)]
)
def test_numbers_of_axes_must_agree(shape, voxel_size):
    with pytest.raises(ConfigError, match="must have the same number of axes, 2 or 3"):
        synthetic_cells(shape, voxel_size)


def test_same_seed_same_bits_other_seed_other_cells():
    one, again, other = (synthetic_cells((6, 96, 96), seed=s) for s in (1, 1, 2))
    for name in ("raw", "instances", "classes"):
        values = getattr(one, name).data
        np.testing.assert_array_equal(values, getattr(again, name).data)
        assert not np.array_equal(values, getattr(other, name).data)


@pytest.mark.parametrize("kind", ["volume", "plane"])
def test_every_class_is_there(kind, request):
    sample = request.getfixturevalue(kind)
    assert sample.class_names == CLASS_NAMES
    shares = np.bincount(sample.classes.data.ravel(), minlength=4)
    shares = shares / shares.sum()
    assert shares[MEMBRANE] > 0.05
    assert 0.06 < shares[ORGANELLE] < 0.2
    assert shares[CLASS_NAMES.index("vesicle")] > 0.005
    assert set(np.unique(sample.raw.data)).issuperset(range(60, 180))


def test_mask_of_a_class(volume):
    mask = volume.mask("organelle")
    assert mask.roi == volume.raw.roi
    assert mask.data.dtype == np.uint8
    np.testing.assert_array_equal(mask.data == 1, volume.classes.data == ORGANELLE)
    with pytest.raises(ConfigError, match="'nucleus' is none of background, membrane"):
        volume.mask("nucleus")


def test_cells_are_numbered_and_separated_by_membranes(volume):
    instances, classes = volume.instances.data, volume.classes.data
    ids = np.unique(instances)
    np.testing.assert_array_equal(ids, np.arange(len(ids)))
    assert len(ids) > 8
    np.testing.assert_array_equal(instances == 0, classes == MEMBRANE)


def test_lengths_are_world_units(plane):
    """Voxels of half the width along x show the same lengths in twice as many."""
    fine = synthetic_cells((256, 512), (8, 4), seed=1)
    coarse = synthetic_cells((256, 256), (8, 8), seed=1)
    share = [np.mean(s.classes.data == MEMBRANE) for s in (fine, coarse)]
    assert share[0] == pytest.approx(share[1], rel=0.05)


def best_threshold_dice(sample):
    """Return the Dice of organelles by the best blur and one global threshold."""
    target, raw = sample.classes.data == ORGANELLE, sample.raw.data.astype(np.float32)
    voxel_size = sample.raw.voxel_size.as_floats()
    best = 0.0
    for sigma in (0, 8, 16, 24, 32, 48, 64):
        blurred = ndimage.gaussian_filter(raw, [sigma / v for v in voxel_size])
        for threshold in np.quantile(blurred, np.linspace(0.02, 0.98, 49)):
            for mask in (blurred < threshold, blurred > threshold):
                overlap = np.count_nonzero(mask & target)
                dice = 2 * overlap / (np.count_nonzero(mask) + target.sum())
                best = max(best, dice)
    return best


@pytest.mark.parametrize("kind", ["volume", "plane"])
def test_a_threshold_does_not_find_the_organelles(kind, request):
    assert best_threshold_dice(request.getfixturevalue(kind)) < 0.6


def test_sample_is_written_as_ome_zarr(tmp_path):
    sample = synthetic_cells((6, 32, 40), seed=3)
    container = tmp_path / "cells.zarr"
    written = write_sample(container, sample)
    assert written["classes"] == LocalArrayIdentifier(
        container, "raw/labels/classes/s0"
    )
    for name, identifier in written.items():
        array = ZarrArray.open_from_array_identifier(identifier)
        expected = getattr(sample, name)
        assert array.roi == expected.roi
        assert array.voxel_size == expected.voxel_size
        assert array.dtype == expected.data.dtype
        np.testing.assert_array_equal(array[array.roi], expected.data)
    with pytest.raises(DataError, match="exists already"):
        write_sample(container, sample)
    write_sample(container, sample, overwrite=True)


def test_import_needs_no_scipy():
    code = (
        "import sys, napari_dacapo.samples;"
        "print([m for m in ('torch', 'zarr', 'scipy') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"
