"""What the predictors of squashed signed distances have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks._distances import distances_to_outside, signed_distances

from ._arrays import read_binary_channels
from .base import Predictor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array

#: beyond this many scale factors tanh is 1 in float32
SATURATION = 10.0
#: a border nearer than the object boundary makes a distance unknown; this is added to
#: the squashed distance before the comparison
UNKNOWN_MARGIN = 0.05
#: a squashed distance above this counts as far away, however far
FAR = 0.8


class SquashedDistancePredictor(Predictor):
    """Base of predictors of ``tanh(signed distance / scale_factor)``.

    Parameters
    ----------
    channels : list of str
        Names of the classes, one channel of ground truth each.
    scale_factor : float
        World units (nm); distances well below it are resolved, those well above not.
    needs_context : bool
        Whether ground truth is read `scale_factor` beyond the target.
    """

    def __init__(
        self, channels: list[str], scale_factor: float, needs_context: bool
    ) -> None:
        self.channels = list(channels)
        self.scale_factor = scale_factor
        self._needs_context = needs_context

    def gt_region_for_roi(self, roi: Roi, voxel_size: Coordinate) -> Roi:
        if not self._needs_context:
            return roi
        # whole voxels: the region has to stay on the grid, wherever that begins
        voxels = self.padding(voxel_size).floor_division(voxel_size)
        return roi.grow(voxels * voxel_size, voxels * voxel_size)

    def padding(self, voxel_size: Coordinate) -> Coordinate:
        return Coordinate((self.scale_factor,) * voxel_size.dims)

    def _read_objects(self, gt: Array) -> NDArray[np.bool_]:
        return read_binary_channels(gt, self.channels)

    def _squashed_distances(
        self, objects: NDArray[np.bool_], voxel_size: Coordinate
    ) -> NDArray[np.float32]:
        """Return the squashed distances of `objects`, axes ``c`` + spatial."""
        result = np.empty(objects.shape, np.float32)
        limit = SATURATION * self.scale_factor
        for inside, target in zip(objects, result, strict=True):
            distances = signed_distances(inside, voxel_size.as_floats(), limit)
            np.tanh(distances / np.float32(self.scale_factor), out=target)
        return result

    def _known_distances(
        self,
        target: NDArray[np.float32],
        use: NDArray[np.bool_],
        voxel_size: Coordinate,
    ) -> NDArray[np.bool_]:
        """Return where the distance to the boundary is known.

        An object boundary beyond the border of the crop, or in masked-out voxels,
        could be nearer than the nearest one seen. A distance is known if the nearest
        voxel without annotation is farther away, or so far that tanh is saturated.

        Parameters
        ----------
        target : ndarray of float32
            Squashed distances, axes ``c`` + spatial.
        use : ndarray of bool
            True = annotated; one channel, or those of `target`.
        voxel_size : Coordinate
            World units.
        """
        # little more than the distance at which a voxel counts as far, so that is known
        limit = 1.1 * float(np.arctanh(FAR)) * self.scale_factor
        to_unknown = np.stack(
            [
                distances_to_outside(known, voxel_size.as_floats(), limit)
                for known in use
            ]
        )
        to_unknown /= np.float32(self.scale_factor)
        np.tanh(to_unknown, out=to_unknown)
        needed = np.abs(target) + np.float32(UNKNOWN_MARGIN)
        np.minimum(needed, np.float32(FAR), out=needed)
        known: NDArray[np.bool_] = use & (needed < to_unknown)
        return known
