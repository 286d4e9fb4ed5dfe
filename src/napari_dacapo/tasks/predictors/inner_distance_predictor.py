"""Distances to the object boundary inside objects, 0 outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_dacapo.arraytypes import DistanceArray
from napari_dacapo.tasks._balancing import balance_classes

from ._arrays import read_mask, with_channels
from ._heads import create_model
from ._squashed_distances import SquashedDistancePredictor

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array
    from napari_dacapo.geometry import Roi
    from napari_dacapo.nn.architecture import Architecture
    from napari_dacapo.nn.model import Model

    from .base import ClassCounts


class InnerDistancePredictor(SquashedDistancePredictor):
    """Predicts, per class, ``tanh(distance / scale_factor)`` inside objects, else 0.

    Ground truth is read `scale_factor` beyond the target, so that boundaries just
    outside of a crop are seen.

    Parameters
    ----------
    channels : list of str
        Names of the classes, one channel of ground truth each.
    scale_factor : float
        World units (nm).
    """

    def __init__(self, channels: list[str], scale_factor: float) -> None:
        super().__init__(channels, scale_factor, needs_context=True)

    def create_model(self, architecture: Architecture) -> Model:
        return create_model(architecture, len(self.channels))

    def create_target(self, gt: Array, roi: Roi | None = None) -> Array:
        target = self._squashed_distances(self._read_objects(gt), gt.voxel_size)
        return with_channels(np.maximum(target, 0, out=target), gt)

    def create_weight(
        self,
        gt: Array,
        target: Array,
        mask: Array,
        moving_class_counts: ClassCounts | None = None,
    ) -> tuple[Array, ClassCounts]:
        objects = self._read_objects(gt)
        weights, counts = balance_classes(
            objects, read_mask(mask, len(objects)), moving_class_counts
        )
        return with_channels(weights, gt), counts

    @property
    def output_array_type(self) -> DistanceArray:
        return DistanceArray(tuple(self.channels))
