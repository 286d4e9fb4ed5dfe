"""Signed distances to the object boundary, squashed by tanh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_dacapo.arraytypes import DistanceArray
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks._balancing import balance_classes
from napari_dacapo.tasks._distances import distances_to_outside, signed_distances

from ._arrays import read_binary_channels, read_channels, with_channels
from ._heads import create_model
from .base import ClassCounts, Predictor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array
    from napari_dacapo.nn.architecture import Architecture
    from napari_dacapo.nn.model import Model

#: beyond this many scale factors tanh is 1 in float32
SATURATION = 10.0
#: a border nearer than the object boundary makes a distance unknown; this is added to
#: the squashed distance before the comparison
UNKNOWN_MARGIN = 0.05
#: a squashed distance above this counts as far away, however far
FAR = 0.8


def tanh_distances(
    objects: NDArray[np.bool_], voxel_size: Sequence[float], scale_factor: float
) -> NDArray[np.float32]:
    """Return ``tanh(signed distance / scale_factor)`` of every channel.

    Parameters
    ----------
    objects : ndarray of bool
        Axes ``c`` + spatial.
    voxel_size : sequence of float
        In world units (nm).
    scale_factor : float
        In world units (nm).
    """
    result = np.empty(objects.shape, np.float32)
    for inside, target in zip(objects, result, strict=True):
        distances = signed_distances(inside, voxel_size, SATURATION * scale_factor)
        np.tanh(distances / np.float32(scale_factor), out=target)
    return result


def known_distances(
    target: NDArray[np.float32],
    mask: NDArray[np.bool_],
    voxel_size: Sequence[float],
    scale_factor: float,
) -> NDArray[np.bool_]:
    """Return where the distance to the boundary is known.

    An object boundary beyond the border of the crop, or in masked-out voxels, could be
    nearer than the nearest one seen. A distance is known if the nearest voxel without
    annotation is farther away, or so far that tanh is saturated.

    Parameters
    ----------
    target : ndarray of float32
        Squashed distances, axes ``c`` + spatial.
    mask : ndarray of bool
        True = annotated; one channel, or those of `target`.
    voxel_size : sequence of float
        In world units (nm).
    scale_factor : float
        In world units (nm).
    """
    limit = 2 * float(np.arctanh(FAR)) * scale_factor
    to_unknown = np.stack(
        [distances_to_outside(known, voxel_size, limit) for known in mask]
    )
    to_unknown /= np.float32(scale_factor)
    np.tanh(to_unknown, out=to_unknown)
    needed = np.minimum(np.abs(target) + np.float32(UNKNOWN_MARGIN), np.float32(FAR))
    return needed < to_unknown


class DistancePredictor(Predictor):
    """Predicts, per class, the signed distance to the nearest boundary of an object.

    The target is ``tanh(distance / scale_factor)``: positive inside, negative outside.

    Parameters
    ----------
    channels : list of str
        Names of the classes, one channel of ground truth each.
    scale_factor : float
        World units (nm); distances well below it are resolved, those well above not.
    mask_distances : bool
        Whether distances that the border of a crop makes unknown get weight 0. Ground
        truth is then read `scale_factor` beyond the target.
    clipmin, clipmax : float
        Bounds for the class fractions from which loss weights are made.
    """

    def __init__(
        self,
        channels: list[str],
        scale_factor: float,
        mask_distances: bool,
        clipmin: float = 0.05,
        clipmax: float = 0.95,
    ) -> None:
        self.channels = list(channels)
        self.scale_factor = scale_factor
        self.mask_distances = mask_distances
        self.clipmin, self.clipmax = clipmin, clipmax

    def create_model(self, architecture: Architecture) -> Model:
        return create_model(architecture, len(self.channels))

    def create_target(self, gt: Array, roi: Roi | None = None) -> Array:
        objects = read_binary_channels(gt, self.channels)
        voxel_size = gt.voxel_size.as_floats()
        return with_channels(
            tanh_distances(objects, voxel_size, self.scale_factor), like=gt
        )

    def create_weight(
        self,
        gt: Array,
        target: Array,
        mask: Array,
        moving_class_counts: ClassCounts | None = None,
    ) -> tuple[Array, ClassCounts]:
        objects = read_binary_channels(gt, self.channels)
        use = read_channels(mask) != 0
        if self.mask_distances:
            use = use & known_distances(
                read_channels(target),
                use,
                gt.voxel_size.as_floats(),
                self.scale_factor,
            )
        weights, counts = balance_classes(
            objects,
            use,
            moving_class_counts,
            clipmin=self.clipmin,
            clipmax=self.clipmax,
        )
        return with_channels(weights, like=gt), counts

    @property
    def output_array_type(self) -> DistanceArray:
        return DistanceArray(tuple(self.channels))

    @property
    def value_range(self) -> tuple[float, float]:
        return (-1.0, 1.0)

    def gt_region_for_roi(self, roi: Roi, voxel_size: Coordinate) -> Roi:
        if not self.mask_distances:
            return roi
        whole_voxels = self.padding(voxel_size).floor_division(voxel_size)
        return roi.grow(whole_voxels * voxel_size, whole_voxels * voxel_size)

    def padding(self, voxel_size: Coordinate) -> Coordinate:
        return Coordinate((self.scale_factor,) * voxel_size.dims)
