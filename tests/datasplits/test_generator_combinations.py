"""Data splits of every kind of volume, checked against functions of the place.

Raw intensities rise linearly along the last axis, and labels change at planes, so that
the right values are known at every resolution: those at the centre of a voxel.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray
from napari_dacapo.arrays._ome_zarr import create_image
from napari_dacapo.datasplits import DatasetSpec, DataSplitGenerator
from napari_dacapo.geometry import Coordinate, Roi

#: raw and gt edges relative to the wanted ones; 3/2 and 2/3 need both directions
FACTORS = [(1, 1), (0.5, 2), (2, 0.5), (1.5, 1), (0.75, 0.25)]
EXTENT = Coordinate(12, 12, 24)  # in wanted voxels
CASES = [
    (dims, factors, fmt, kind)
    for dims, factors, fmt, kind in product(
        (2, 3), FACTORS, ("zarr", "n5", "ome"), ("semantic", "instance")
    )
    # the formats differ in how they are opened, not in how they are resampled
    if fmt == "zarr" or factors == (0.5, 2)
]


def _centres(array, axis):
    size, begin = array.voxel_size.as_floats()[axis], array.roi.begin.as_floats()[axis]
    along = begin + size * (np.arange(array.shape[axis]) + 0.5)
    return along.reshape([-1 if i == axis else 1 for i in range(array.dims)])


def _create(container, dataset, fmt, roi, size, dtype):
    axes = ["z", "y", "x"][-size.dims :]
    if fmt != "ome":
        identifier = LocalArrayIdentifier(container, dataset)
        return ZarrArray.create_from_array_identifier(
            identifier, axes, roi, None, size, dtype
        )
    return create_image(
        container,
        dataset,
        axes=axes,
        roi=roi,
        voxel_size=size,
        num_channels=None,
        dtype=dtype,
    )


def _labels(array, shift):
    """Object 5, and 9 behind the plane in the middle of the last axis."""
    centres = np.broadcast_to(_centres(array, array.dims - 1), array.shape)
    return np.where(centres < shift, 5, 9)


@pytest.mark.parametrize(("dims", "factors", "fmt", "kind"), CASES)
def test_values_at_the_wanted_resolution(tmp_path, dims, factors, fmt, kind):
    if fmt == "n5":
        pytest.importorskip("tensorstore")
    wanted = Coordinate(40, 9.2, 4.6)[-dims:]
    roi = Roi(wanted * 12, wanted * EXTENT[-dims:])
    middle = float(roi.center[-1])
    container = tmp_path / f"volume.{'n5' if fmt == 'n5' else 'zarr'}"
    raw = _create(container, "raw", fmt, roi, wanted * factors[0], np.float32)
    raw[roi] = np.broadcast_to(_centres(raw, dims - 1), raw.shape)
    for name in ("mito", "er"):
        gt = _create(container, f"gt/{name}", fmt, roi, wanted * factors[1], np.uint16)
        gt[roi] = _labels(gt, middle) * (name == "mito")

    classes = "mito" if kind == "instance" else "mito&er"
    specs = [
        DatasetSpec(part, container, "raw", container, f"gt/[{classes}]")
        for part in ("train", "val")
    ]
    split = DataSplitGenerator(
        "s", specs, wanted, wanted, None, kind, min_training_volume_size=1, raw_max=1
    ).compute()
    assert split.verify()[0], split.verify()[1]
    for config in (*split.train_configs, *split.validate_configs):
        dataset = config.create_dataset()
        raw, gt = dataset.raw, dataset.gt
        assert raw.voxel_size == gt.voxel_size == wanted
        assert raw.roi == gt.roi == roi
        found = raw[raw.roi][..., 1:-1]  # beyond the faces, edge values are repeated
        expected = np.broadcast_to(_centres(raw, dims - 1), raw.shape)[..., 1:-1]
        np.testing.assert_allclose(found, expected, rtol=1e-5)
        if kind == "instance":
            np.testing.assert_array_equal(gt[gt.roi], _labels(gt, middle))
        else:
            assert gt.channels == ["mito", "er"]
            assert [channel.mean() for channel in gt[gt.roi]] == [1, 0]
    assert len(split.train_configs) == len(split.validate_configs) == 1
