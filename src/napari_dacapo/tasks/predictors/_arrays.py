"""Ground truth and masks as plain numpy with a channel axis, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array
    from napari_dacapo.geometry import Roi


def read_channels(array: Array, roi: Roi | None = None) -> NDArray[Any]:
    """Return the values in `roi` (default: all), axes ``c`` + spatial."""
    data: NDArray[Any] = array[array.roi if roi is None else roi]
    return data if CHANNEL_AXIS in array.axes else data[np.newaxis]


def read_binary_channels(
    array: Array, channels: list[str], roi: Roi | None = None
) -> NDArray[np.bool_]:
    """Return one boolean volume per channel, axes ``c`` + spatial.

    Raises
    ------
    DataError
        If there are not as many channels as names, or values other than 0 and 1.
    """
    data = read_channels(array, roi)
    if len(data) != len(channels):
        raise DataError(
            f"the ground truth has {len(data)} channels, but the task has "
            f"{len(channels)}: {', '.join(channels)}; use a BinarizeArrayConfig with "
            "one group for each"
        )
    if data.dtype != np.bool_ and data.size and (data.max() > 1 or data.min() < 0):
        raise DataError(
            f"the ground truth holds labels from {data.min()} to {data.max()}, but "
            f"this task needs 0 and 1 in each channel ({', '.join(channels)}); choose "
            "the labels of each class with a BinarizeArrayConfig"
        )
    return data.astype(np.bool_)


def read_mask(
    mask: Array, num_channels: int, roi: Roi | None = None
) -> NDArray[np.bool_]:
    """Return which voxels to use, axes ``c`` + spatial.

    Raises
    ------
    DataError
        If there is neither one channel nor one for each of `num_channels`.
    """
    data = read_channels(mask, roi)
    if len(data) not in (1, num_channels):
        several = f" or, like the ground truth, {num_channels}"
        raise DataError(
            f"the mask has {len(data)} channels; it needs 1"
            + (several if num_channels > 1 else "")
        )
    use: NDArray[np.bool_] = data != 0
    return use


def read_labels(array: Array, roi: Roi | None = None) -> NDArray[Any]:
    """Return the one label volume of `array`, spatial axes only.

    Raises
    ------
    DataError
        If there are several channels.
    """
    data = read_channels(array, roi)
    if len(data) != 1:
        raise DataError(
            f"the ground truth has {len(data)} channels, but this task needs a single "
            "label volume; join them with a MergeInstancesArrayConfig, or choose one"
        )
    labels: NDArray[Any] = data[0]
    return labels


def with_channels(
    data: NDArray[Any], like: Array, roi: Roi | None = None
) -> NumpyArray:
    """Return `data`, axes ``c`` + spatial, as an array over `roi` (default: all)."""
    return NumpyArray.from_np_array(
        data,
        like.roi if roi is None else roi,
        like.voxel_size,
        [CHANNEL_AXIS, *like.spatial_axes],
    )
