"""Signed distances to the object boundary, squashed by tanh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dacapo.arraytypes import DistanceArray
from napari_dacapo.tasks._balancing import balance_classes

from ._arrays import read_channels, read_mask, with_channels
from ._heads import create_model
from ._squashed_distances import SquashedDistancePredictor

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array
    from napari_dacapo.geometry import Roi
    from napari_dacapo.nn.architecture import Architecture
    from napari_dacapo.nn.model import Model

    from .base import ClassCounts


class DistancePredictor(SquashedDistancePredictor):
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
        super().__init__(channels, scale_factor, needs_context=mask_distances)
        self.mask_distances = mask_distances
        self.clipmin, self.clipmax = clipmin, clipmax

    def create_model(self, architecture: Architecture) -> Model:
        return create_model(architecture, len(self.channels))

    def create_target(self, gt: Array, roi: Roi | None = None) -> Array:
        objects = self._read_objects(gt)
        return with_channels(self._squashed_distances(objects, gt.voxel_size), gt)

    def create_weight(
        self,
        gt: Array,
        target: Array,
        mask: Array,
        moving_class_counts: ClassCounts | None = None,
    ) -> tuple[Array, ClassCounts]:
        objects = self._read_objects(gt)
        use = read_mask(mask, len(objects))
        if self.mask_distances:
            use = self._known_distances(read_channels(target), use, gt.voxel_size)
        weights, counts = balance_classes(
            objects,
            use,
            moving_class_counts,
            clipmin=self.clipmin,
            clipmax=self.clipmax,
        )
        return with_channels(weights, gt), counts

    @property
    def output_array_type(self) -> DistanceArray:
        return DistanceArray(tuple(self.channels))
