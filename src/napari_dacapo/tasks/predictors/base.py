"""A predictor turns ground truth into training target and weight."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array
    from napari_dacapo.arraytypes import ArrayType
    from napari_dacapo.nn.architecture import Architecture
    from napari_dacapo.nn.model import Model

#: running class counts: plain nested lists of numbers (they go into checkpoints)
ClassCounts = Any


class Predictor(ABC):
    """What a network of this task predicts.

    For every training sample the pipeline asks `gt_region_for_roi` which ground truth
    is needed for the target of a region, reads it, and calls `create_target`, then
    `create_weight` on arrays that cover this larger region; the results are cropped to
    the target region. Both run in loader threads and must not keep state: running
    class counts are passed in and returned.
    """

    @abstractmethod
    def create_model(self, architecture: Architecture) -> Model:
        """Return `architecture` with this task's prediction head on top."""

    @abstractmethod
    def create_target(self, gt: Array, roi: Roi | None = None) -> Array:
        """Return what the network should predict for `gt`, axes ``c`` + spatial.

        Parameters
        ----------
        gt : Array
            Ground truth of the region that `gt_region_for_roi` gives.
        roi : Roi, optional
            The only part that is needed. Predictors for which the rest is costly
            return this part alone.
        """

    @abstractmethod
    def create_weight(
        self,
        gt: Array,
        target: Array,
        mask: Array,
        moving_class_counts: ClassCounts | None = None,
    ) -> tuple[Array, ClassCounts]:
        """Return the loss weight of every element of `target` and the new counts.

        Parameters
        ----------
        gt, target : Array
            Ground truth and what `create_target` made of it or of a part of it; the
            weight covers what `target` covers.
        mask : Array
            1 = use, 0 = ignore, over the region of `gt`; with as many channels as `gt`,
            one, or no channel axis.
        moving_class_counts : nested lists of numbers, optional
            What the call for the sample before returned.
        """

    @property
    @abstractmethod
    def output_array_type(self) -> ArrayType:
        """What the predicted values mean."""

    def gt_region_for_roi(self, roi: Roi, voxel_size: Coordinate) -> Roi:
        """Return the ground truth region needed to make the target of `roi`."""
        return roi

    def padding(self, voxel_size: Coordinate) -> Coordinate:
        """Return how far (world units) targets look for object boundaries."""
        return Coordinate((0,) * voxel_size.dims)
