"""Object masks together with signed distances to the object boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_dacapo.arraytypes import ProbabilityArray
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


class HotDistancePredictor(SquashedDistancePredictor):
    """Predicts a mask (0 or 1) per class, then a squashed signed distance per class.

    In evaluation mode the masks go through a sigmoid and the distances are clamped to
    [-1, 1].

    Parameters
    ----------
    channels : list of str
        Names of the classes, one channel of ground truth each.
    scale_factor : float
        World units (nm); distances are squashed by ``tanh(distance / scale_factor)``.
    mask_distances : bool
        Whether distances that the border of a crop makes unknown get weight 0. Ground
        truth is then read `scale_factor` beyond the target.
    kernel_size : int
        Kernel of the prediction head, in voxels.
    """

    def __init__(
        self,
        channels: list[str],
        scale_factor: float,
        mask_distances: bool,
        kernel_size: int = 1,
    ) -> None:
        super().__init__(channels, scale_factor, needs_context=mask_distances)
        self.mask_distances = mask_distances
        self.kernel_size = kernel_size

    def create_model(self, architecture: Architecture) -> Model:
        from napari_dacapo.nn.activations import HotDistanceActivation

        return create_model(
            architecture,
            2 * len(self.channels),
            kernel_size=self.kernel_size,
            eval_activation=HotDistanceActivation(),
        )

    def create_target(self, gt: Array, roi: Roi | None = None) -> Array:
        objects = self._read_objects(gt)
        distances = self._squashed_distances(objects, gt.voxel_size)
        return with_channels(np.concatenate([objects, distances]), gt)

    def create_weight(
        self,
        gt: Array,
        target: Array,
        mask: Array,
        moving_class_counts: ClassCounts | None = None,
    ) -> tuple[Array, ClassCounts]:
        objects = self._read_objects(gt)
        number = len(objects)
        use = known = read_mask(mask, number)
        if self.mask_distances:
            distances = read_channels(target)[number:]
            known = self._known_distances(distances, use, gt.voxel_size)
        weights, counts = balance_classes(
            np.concatenate([objects, objects]),
            np.concatenate([np.broadcast_to(m, objects.shape) for m in (use, known)]),
            moving_class_counts,
        )
        return with_channels(weights, gt), counts

    @property
    def output_array_type(self) -> ProbabilityArray:
        return ProbabilityArray(tuple(self.channels))
