"""Small volumes of blobs, as arrays, files and layers."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_dacapo.arrays._ome_zarr import create_image
from napari_dacapo.geometry import Coordinate, Roi

VOXEL_SIZE = Coordinate(40, 8.25, 8.25)
SHAPE = (24, 64, 64)


def blobs(seed=0, shape=SHAPE):
    """Return raw (uint8) and labels (uint16) of a few round objects."""
    generator = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(generator.random(shape), (1, 5, 5))
    labels, _ = ndimage.label(smooth > np.quantile(smooth, 0.7))
    noise = generator.random(shape)
    raw = (255 * (0.6 * (labels > 0) + 0.4 * noise)).astype(np.uint8)
    return raw, labels.astype(np.uint16)


def write_container(path, seed=0, offset=(80, 8.25, 0), voxel_size=VOXEL_SIZE):
    """Write an OME-Zarr container with the images ``raw`` and ``labels``."""
    for group, values in zip(("raw", "labels"), blobs(seed), strict=True):
        write_volume(path, group, values, offset, voxel_size)
    return path


def write_volume(path, group, values, offset, voxel_size):
    """Write an OME-Zarr image (values of 16 bits: labels) and return its place."""
    roi = Roi(offset, Coordinate(values.shape) * voxel_size)
    array = create_image(
        path,
        group,
        axes=["z", "y", "x"],
        roi=roi,
        voxel_size=voxel_size,
        num_channels=None,
        dtype=values.dtype,
        labels=values.dtype == np.uint16,
    )
    array[roi] = values
    return roi


def add_layers(viewer, seed=0):
    """Show raw and labels as layers that exist in memory only."""
    raw, labels = blobs(seed)
    place = {
        "scale": VOXEL_SIZE.as_floats(),
        "units": ("nm",) * 3,
        "axis_labels": ("z", "y", "x"),
    }
    return viewer.add_image(raw, name="em", **place), viewer.add_labels(
        labels, name="mito", **place
    )
