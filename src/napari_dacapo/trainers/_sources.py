"""Boxes of datasets, read with padding and kept in memory where that is cheap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi, world_to_voxels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array

#: volumes are held in memory up to this size, all datasets of a training together
MEMORY_BUDGET = 3 * 2**28
#: a mask is held in memory up to this size
MASK_BUDGET = 2**28


class MemoryBudget:
    """Loads arrays into memory as long as there is room."""

    def __init__(self, num_bytes: int = MEMORY_BUDGET) -> None:
        self.left = num_bytes

    def load(self, array: Array) -> Array:
        """Return `array` in memory, or as it is if it is too large."""
        if isinstance(array, NumpyArray):
            return array
        num_bytes = int(np.prod(array.shape, dtype=object)) * array.dtype.itemsize
        num_bytes *= array.num_channels or 1
        if num_bytes > self.left:
            return array
        self.left -= num_bytes
        values = array[array.roi]
        return NumpyArray.from_np_array(values, array.roi, array.voxel_size, array.axes)


class PaddedReader:
    """Reads boxes, channel axis first, filled with zeros where there is no data.

    Parameters
    ----------
    array : Array
        What to read; axes spatial, with or without ``c``.
    readable : Roi, optional
        What lies outside counts as missing; by default the whole array is used.
    """

    def __init__(self, array: Array, readable: Roi | None = None) -> None:
        extra = [a for a in array.axes if a not in (*array.spatial_axes, CHANNEL_AXIS)]
        if extra:
            raise DataError(
                f"axes {', '.join(array.axes)}: training needs spatial axes and at "
                f"most a channel axis; choose one position along {', '.join(extra)}"
            )
        self.array = array
        self.roi = array.roi if readable is None else readable.intersect(array.roi)
        self.num_channels = array.num_channels or 1

    @property
    def in_memory(self) -> bool:
        """Whether reading is as quick as copying."""
        return isinstance(self.array, NumpyArray)

    def read(self, roi: Roi) -> NDArray[Any]:
        """Return a fresh array ``(channel, *space)`` of the box `roi`.

        Byte order is native. `roi` lies on the voxel grid and may hang over the edge.
        """
        voxel_size = self.array.voxel_size
        shape = (roi.shape / voxel_size).as_integers()
        dtype = self.array.dtype.newbyteorder("=")
        result = np.zeros((self.num_channels, *shape), dtype)
        inside = roi.intersect(self.roi)
        if not inside.empty:
            place = world_to_voxels(inside, roi.offset, voxel_size).to_slices()
            result[(slice(None), *place)] = self._channels_first(self.array[inside])
        return result

    def _channels_first(self, values: NDArray[Any]) -> NDArray[Any]:
        axes = self.array.axes
        if CHANNEL_AXIS not in axes:
            return values[None]
        return np.moveaxis(values, axes.index(CHANNEL_AXIS), 0)


class RawReader(PaddedReader):
    """Reads normalised raw data as float32.

    Raises
    ------
    DataError
        If the data holds NaN or infinite values; at once if it is in memory, else when
        they are met.
    """

    def __init__(self, array: Array, readable: Roi | None = None) -> None:
        from napari_dacapo.arrays.normalization import normalized

        super().__init__(normalized(array), readable)
        self._check = array.dtype.kind == "f"
        if self._check and isinstance(array, NumpyArray):
            require_finite(array.data)
            self._check = False

    def read(self, roi: Roi) -> NDArray[Any]:
        values = super().read(roi)
        if self._check:
            require_finite(values)
        return values


def require_finite(values: NDArray[Any]) -> None:
    """Raise a DataError that says how many values are NaN or infinite, if any."""
    count = values.size - int(np.count_nonzero(np.isfinite(values)))
    if count:
        raise DataError(
            f"raw data holds {count} NaN or infinite values; replace them, for example "
            "by 0, before training"
        )


class LabelReader(PaddedReader):
    """Reads labels as uint8 (also of booleans) or int64.

    uint64 labels keep their bits: different labels stay different, and `restore` gives
    them back.
    """

    def read(self, roi: Roi) -> NDArray[Any]:
        values = super().read(roi)
        if values.dtype.itemsize == 1 and values.dtype.kind in "bu":
            return values.view(np.uint8)
        if values.dtype == np.uint64:
            return values.view(np.int64)
        with np.errstate(invalid="ignore"):  # NaN is refused below
            labels = values.astype(np.int64)
        if values.dtype.kind == "f" and not np.array_equal(labels, values):
            raise DataError(
                "ground truth holds fractional numbers; training needs labels, which "
                "are whole numbers"
            )
        return labels

    def restore(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Return labels as they are in the source."""
        return labels.view(np.uint64) if self.array.dtype == np.uint64 else labels


class MaskReader(PaddedReader):
    """Reads masks as uint8 that is 0 or 1, and 0 outside of `region`."""

    def read(self, roi: Roi) -> NDArray[Any]:
        used: NDArray[np.bool_] = super().read(roi) != 0
        return used.view(np.uint8)


class FullMask:
    """Stands in for a missing mask: 1 in `region`, 0 outside."""

    num_channels = 1

    def __init__(self, region: Roi, voxel_size: Coordinate) -> None:
        self.roi, self._voxel_size = region, voxel_size

    def read(self, roi: Roi) -> NDArray[np.uint8]:
        """Return the mask of the box `roi`, shape ``(1, *space)``."""
        shape = (roi.shape / self._voxel_size).as_integers()
        result = np.zeros((1, *shape), np.uint8)
        inside = roi.intersect(self.roi)
        if not inside.empty:
            place = world_to_voxels(inside, roi.offset, self._voxel_size).to_slices()
            result[(slice(None), *place)] = 1
        return result
