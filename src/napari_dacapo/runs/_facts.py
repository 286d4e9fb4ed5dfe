"""Facts about raw data and labels on which automatic settings rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

from ._label_shapes import LabelShapes, measure_shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array

#: voxels of the central box that is looked at
MAX_VOXELS = 2**25
#: extremes that do not count for the intensity range, in percent
OUTLIERS = 1.0


@attrs.frozen
class DataFacts:
    """What was measured on one pair of raw data and labels.

    Attributes
    ----------
    voxel_size : Coordinate
        Of raw, in nm.
    shape : Coordinate
        Of the labelled region, in voxels of raw.
    num_channels : int
        Of raw.
    intensities : (float, float)
        Range of the values of raw, without the lowest and highest 1 %.
    brightness : float
        Median of raw within this range: 0 if most of the picture is dark, as in
        fluorescence; about one half in electron microscopy.
    labels : LabelShapes
        Of those labels that count.
    """

    voxel_size: Coordinate
    shape: Coordinate
    num_channels: int
    intensities: tuple[float, float]
    brightness: float
    labels: LabelShapes


def measure(raw: Array, labels: Array, ids: Sequence[int] = ()) -> DataFacts:
    """Measure raw data and integer labels, on at most 32 M voxels.

    Parameters
    ----------
    raw : Array
        The picture.
    labels : Array
        Integer labels, 0 = background.
    ids : sequence of int
        The labels that count; by default all but 0.

    Raises
    ------
    DataError
        If raw and labels do not overlap, or nothing is labelled.
    """
    overlap = raw.roi.intersect(labels.roi)
    if overlap.empty:
        raise DataError(
            f"raw covers {raw.roi} nm and the labels {labels.roi} nm: they do not "
            "overlap; check the offsets, or choose labels of this volume"
        )
    values = _without_channels(labels, central(labels, overlap))
    if ids:
        values = np.where(np.isin(values, ids), values, 0)
    if not values.any():
        wanted = f"labelled {', '.join(map(str, ids))}" if ids else "other than 0"
        raise DataError(
            f"nothing is labelled: none of {values.size} voxels in {overlap} nm is "
            f"{wanted}; choose labels that mark something"
        )
    return DataFacts(
        raw.voxel_size,
        (overlap.shape / raw.voxel_size).floor_division(1),
        raw.num_channels or 1,
        *_intensities(raw, overlap),
        measure_shapes(values, labels.voxel_size.as_floats()),
    )


def central(array: Array, roi: Roi) -> Roi:
    """Return a box in the middle of `roi` of at most `MAX_VOXELS` voxels."""
    inside = (roi - array.roi.offset).snap_to_grid(array.voxel_size, "shrink")
    voxels = inside / array.voxel_size
    shape = list(voxels.shape)
    while np.prod([float(s) for s in shape]) > MAX_VOXELS:
        longest = shape.index(max(shape))
        shape[longest] = -(-shape[longest] // 2)
    begin = voxels.offset + (voxels.shape - shape).floor_division(2)
    return Roi(begin, shape) * array.voxel_size + array.roi.offset


def _without_channels(array: Array, roi: Roi) -> NDArray[Any]:
    values = array[roi]
    return np.asarray(np.any(values, axis=0)) if CHANNEL_AXIS in array.axes else values


def _intensities(raw: Array, overlap: Roi) -> tuple[tuple[float, float], float]:
    """Return the range of raw, and where its median lies in it (0 to 1)."""
    values = raw[central(raw, overlap)]
    low, middle, high = np.percentile(values, (OUTLIERS, 50, 100 - OUTLIERS))
    if not low < high:
        raise DataError(
            f"raw is constant: every voxel in {overlap} nm is about {low:g}; choose "
            "another array"
        )
    return (float(low), float(high)), float((middle - low) / (high - low))
