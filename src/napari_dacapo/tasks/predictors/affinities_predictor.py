"""Affinities between neighbouring voxels, with or without local shape descriptors."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np

from napari_dacapo.arraytypes import EmbeddingArray
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi, world_to_voxels
from napari_dacapo.tasks._affinities import affinities
from napari_dacapo.tasks._balancing import balance_classes
from napari_dacapo.tasks._local_shape_descriptors import (
    TRUNCATE,
    local_shape_descriptors,
    num_descriptors,
)

from ._arrays import read_channels, read_labels, read_mask, with_channels
from ._heads import create_model
from .base import Predictor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo.arrays import Array
    from napari_dacapo.nn.architecture import Architecture
    from napari_dacapo.nn.model import Model

    from .base import ClassCounts

#: lower and upper bound for the class fractions from which weights are made
Bounds: TypeAlias = tuple[float, float]


class AffinitiesPredictor(Predictor):
    """Predicts whether voxels and their neighbours belong to the same object.

    Local shape descriptors (LSDs) are an auxiliary target that makes affinities better.
    In evaluation mode all channels go through a sigmoid.

    Parameters
    ----------
    neighborhood : sequence of offsets
        In voxels, all with 2 or all with 3 components; one affinity channel each.
    lsds : bool
        Whether LSDs follow the affinities.
    lsds_sigma : float, optional
        Standard deviation of the LSD window in world units (nm), by default
        `num_voxels` times the longest edge of a voxel. Ground truth is read three of
        them beyond the target.
    affs_clip, lsds_clip : (float, float)
        Bounds for the class fractions from which loss weights are made.
    background_as_object : bool
        Whether the background counts as one more object.
    """

    num_voxels: ClassVar[int] = 20

    def __init__(
        self,
        neighborhood: Sequence[Sequence[int]],
        lsds: bool,
        lsds_sigma: float | None = None,
        affs_clip: Bounds = (0.05, 0.95),
        lsds_clip: Bounds = (0.05, 0.95),
        background_as_object: bool = False,
    ) -> None:
        self.neighborhood = [Coordinate(offset) for offset in neighborhood]
        self.lsds = lsds
        self.lsds_sigma = lsds_sigma
        self.affs_clip, self.lsds_clip = affs_clip, lsds_clip
        self.background_as_object = background_as_object

    @property
    def dims(self) -> int:
        """Number of spatial axes."""
        return self.neighborhood[0].dims

    @property
    def num_channels(self) -> int:
        """Number of affinities and descriptors together."""
        return len(self.neighborhood) + self.num_lsds

    @property
    def num_lsds(self) -> int:
        """Number of descriptors."""
        return num_descriptors(self.dims) if self.lsds else 0

    def sigma(self, voxel_size: Coordinate) -> float:
        """Return the standard deviation of the LSD window in world units."""
        if self.lsds_sigma is not None:
            return float(self.lsds_sigma)
        return float(self.num_voxels * max(voxel_size))

    def create_model(self, architecture: Architecture) -> Model:
        """Return `architecture` with a head for affinities and descriptors.

        Raises
        ------
        ConfigError
            If the neighborhood has not as many axes as the architecture.
        """
        import torch

        if architecture.dims != self.dims:
            raise ConfigError(
                f"neighborhood: the offsets have {self.dims} components, but the "
                f"network has {architecture.dims} spatial axes; they must agree"
            )
        return create_model(
            architecture, self.num_channels, eval_activation=torch.nn.Sigmoid()
        )

    def create_target(self, gt: Array, roi: Roi | None = None) -> Array:
        roi = gt.roi if roi is None else roi
        labels = read_labels(gt)
        region = world_to_voxels(roi, gt.roi.offset, gt.voxel_size).to_slices()
        target = affinities(
            labels,
            self.neighborhood,
            region,
            background_as_object=self.background_as_object,
        )
        if self.lsds:
            descriptors = local_shape_descriptors(
                labels,
                gt.voxel_size.as_floats(),
                self.sigma(gt.voxel_size),
                region,
                background_as_object=self.background_as_object,
            )
            target = np.concatenate([target, descriptors])
        return with_channels(target, gt, roi)

    def create_weight(
        self,
        gt: Array,
        target: Array,
        mask: Array,
        moving_class_counts: ClassCounts | None = None,
    ) -> tuple[Array, ClassCounts]:
        counts = moving_class_counts or {"affinities": None, "lsds": None}
        use = read_mask(mask, 1, target.roi)
        low, high = self.affs_clip
        weights, affinity_counts = balance_classes(
            read_channels(target)[: len(self.neighborhood)],
            use,
            counts["affinities"],
            clipmin=low,
            clipmax=high,
        )
        lsd_counts = None
        if self.lsds:
            low, high = self.lsds_clip
            lsd_weights, lsd_counts = balance_classes(
                read_labels(gt, target.roi)[np.newaxis] != 0,
                use,
                counts["lsds"],
                clipmin=low,
                clipmax=high,
            )
            lsd_weights = np.repeat(lsd_weights, self.num_lsds, axis=0)
            weights = np.concatenate([weights, lsd_weights])
        updated = {"affinities": affinity_counts, "lsds": lsd_counts}
        return with_channels(weights, target), updated

    @property
    def output_array_type(self) -> EmbeddingArray:
        return EmbeddingArray(self.num_channels)

    def gt_region_for_roi(self, roi: Roi, voxel_size: Coordinate) -> Roi:
        axes = list(zip(*self.neighborhood, strict=True))
        low = Coordinate(max(0, *(-step for step in steps)) for steps in axes)
        high = Coordinate(max(0, *steps) for steps in axes)
        if self.lsds:
            reach = Coordinate((TRUNCATE * self.sigma(voxel_size),) * self.dims)
            voxels = reach.ceil_division(voxel_size)
            low, high = (
                Coordinate(map(max, low, voxels)),
                Coordinate(map(max, high, voxels)),
            )
        return roi.grow(low * voxel_size, high * voxel_size)
