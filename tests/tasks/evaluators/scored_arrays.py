"""What the tests of evaluators share: arrays in memory and on disk."""

import numpy as np

from napari_dacapo.arrays import NumpyArray, ZarrArray
from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.geometry import Coordinate, Roi


def in_memory(values, voxel_size=None, offset=None, channels=False):
    """Return an array of `values`, the first axis being the channel if told so."""
    values = np.asarray(values)
    shape = values.shape[channels:]
    axes = ["c"] * channels + list("zyx"[-len(shape) :])
    size = Coordinate(voxel_size or (1,) * len(shape))
    roi = Roi(offset or (0,) * len(shape), size * shape)
    return NumpyArray.from_np_array(values, roi, size, axes)


def stored(folder, array):
    """Write `array` and return its identifier."""
    identifier = LocalArrayIdentifier(folder / "output.zarr", "output")
    target = ZarrArray.create_from_array_identifier(
        identifier,
        array.axes,
        array.roi,
        array.num_channels,
        array.voxel_size,
        array.dtype,
    )
    target[array.roi] = array[array.roi]
    return identifier
