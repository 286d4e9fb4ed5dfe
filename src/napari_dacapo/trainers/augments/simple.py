"""Random mirroring and exchange of axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.geometry import Coordinate, Roi

from ._random import chance, permutation
from .base import Augment, AugmentConfig, Sample, SampleRequest, Transform

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from torch import Tensor


class SimpleAugment(Augment):
    """Mirrors every spatial axis with probability 1/2, then permutes axes.

    Only axes along which voxels of raw and of ground truth have the same size are
    exchanged. The boxes loaded have the exchanged shape, so crops need not be cubes,
    and ground truth keeps its place relative to raw.
    """

    def plan(
        self, request: SampleRequest, generator: torch.Generator
    ) -> tuple[SampleRequest, Transform]:
        axes = range(request.raw_roi.dims)
        mirror = [chance(generator, 0.5) for _ in axes]
        order = _permuted_axes(request, generator)

        def change(values: Tensor) -> Tensor:
            flipped = values.flip([d + 1 for d in axes if mirror[d]])
            return flipped.permute(0, *(d + 1 for d in order)).contiguous()

        def transform(sample: Sample) -> Sample:
            return Sample(change(sample.raw), change(sample.gt), change(sample.mask))

        return _upstream(request, mirror, order), transform


def _permuted_axes(request: SampleRequest, generator: torch.Generator) -> list[int]:
    """Return, for every axis of the result, the axis it is taken from."""
    sizes = zip(request.raw_voxel_size, request.gt_voxel_size, strict=True)
    groups: dict[Any, list[int]] = {}
    for axis, size in enumerate(sizes):
        groups.setdefault(size, []).append(axis)
    order = list(range(request.raw_roi.dims))
    for group in groups.values():
        for axis, source in zip(group, permutation(generator, len(group)), strict=True):
            order[axis] = group[source]
    return order


def _upstream(
    request: SampleRequest, mirror: Sequence[bool], order: Sequence[int]
) -> SampleRequest:
    """Return the boxes that become those of `request`."""
    raw, gt = request.raw_roi, request.gt_roi
    low, high = gt.begin - raw.begin, raw.end - gt.end
    raw_offset, raw_shape = list(raw.offset), list(raw.shape)
    gt_offset, gt_shape = list(gt.offset), list(gt.shape)
    for axis, source in enumerate(order):
        # after mirroring, the margin at the lower side comes from the upper side
        margin = high[axis] if mirror[source] else low[axis]
        raw_shape[source], gt_shape[source] = raw.shape[axis], gt.shape[axis]
        raw_offset[source], gt_offset[source] = _offsets(request, source, axis, margin)
    return attrs.evolve(
        request, raw_roi=Roi(raw_offset, raw_shape), gt_roi=Roi(gt_offset, gt_shape)
    )


def _offsets(
    request: SampleRequest, source: int, axis: int, margin: Any
) -> tuple[Any, Any]:
    """Return the lower faces of raw and ground truth, on their grids, along `source`.

    Both boxes keep the middle of those requested, as far as the coarser grid allows.
    """
    raw, gt = request.raw_roi, request.gt_roi
    raw_voxel, gt_voxel = request.raw_voxel_size[source], request.gt_voxel_size[source]
    if raw_voxel >= gt_voxel:
        surplus = Coordinate(raw.shape[source] - raw.shape[axis])
        offset = raw.offset[source] + (surplus / 2 // raw_voxel * raw_voxel)[0]
        return offset, offset + margin
    surplus = Coordinate(gt.shape[source] - gt.shape[axis])
    offset = gt.offset[source] + (surplus / 2 // gt_voxel * gt_voxel)[0]
    return offset - margin, offset


@attrs.define
class SimpleAugmentConfig(AugmentConfig):
    """Mirrors crops at random and exchanges axes of equal voxel size."""

    def create_augment(self) -> SimpleAugment:
        return SimpleAugment()
