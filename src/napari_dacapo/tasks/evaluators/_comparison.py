"""Brings a segmentation, its ground truth and a mask onto the same voxels."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array

logger = logging.getLogger(__name__)


@attrs.frozen(eq=False)
class Comparison:
    """Voxel values over the region that all arrays cover.

    Attributes
    ----------
    output, truth : ndarray
        Shape ``(channel, *space)``, where the channel axis has length 1 if the array
        has none.
    mask : ndarray or None
        Likewise, 0 where voxels take no part.
    roi : Roi
        That region, world units.
    voxel_size : Coordinate
        World units.
    coverage : float
        The part of the ground truth's region that is compared, from 0 to 1.
    """

    output: NDArray[Any]
    truth: NDArray[Any]
    mask: NDArray[Any] | None
    roi: Roi
    voxel_size: Coordinate
    coverage: float

    def channel_mask(self, channel: int) -> NDArray[Any] | None:
        """Return the mask of one channel of the truth, spatial axes only."""
        if self.mask is None:
            return None
        mask: NDArray[Any] = self.mask[channel if len(self.mask) > 1 else 0]
        return mask


def compare_arrays(
    output: Array, truth: Array, mask: Array | None = None
) -> Comparison:
    """Read what all arrays cover; see `Evaluator.evaluate` for the arguments.

    Raises
    ------
    DataError
        If the arrays have voxels of different size, do not overlap, or do not lie on
        one voxel grid, or if the mask has neither one channel nor those of the truth.
    """
    others = {"ground truth": truth} | ({} if mask is None else {"mask": mask})
    roi = output.roi
    for name, array in others.items():
        if array.voxel_size != output.voxel_size:
            raise DataError(
                f"the {name} has voxels of {array.voxel_size}, the segmentation of "
                f"{output.voxel_size}; resample the {name} (ResampledArrayConfig)"
            )
        common = roi.intersect(array.roi)
        if common.empty:
            raise DataError(
                f"the {name} covers {array.roi}, the segmentation {output.roi}: there "
                "is no common region to score"
            )
        roi = common
    if mask is not None and mask.num_channels not in (None, 1, truth.num_channels):
        raise DataError(
            f"the mask has {mask.num_channels} channels; it needs 1 or, like the "
            f"ground truth, {truth.num_channels or 1}"
        )
    coverage = math.prod((roi.shape / truth.roi.shape).as_floats())
    if coverage < 1:
        logger.warning(
            "only %.1f %% of the ground truth is scored, the region %s",
            100 * coverage,
            roi,
        )
    return Comparison(
        _channels_first(output, roi),
        _channels_first(truth, roi),
        None if mask is None else _channels_first(mask, roi),
        roi,
        output.voxel_size,
        coverage,
    )


def _channels_first(array: Array, roi: Roi) -> NDArray[Any]:
    values: NDArray[Any] = array[roi]
    return values if CHANNEL_AXIS in array.axes else values[np.newaxis]
