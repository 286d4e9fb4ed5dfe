"""Misaligned sections, as in serial-section microscopy."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import attrs

from napari_dacapo._config import config_field
from napari_dacapo.geometry import Coordinate, Roi, least_common_multiple

from ._fields import probability_field
from ._sections import require_sections
from .base import Augment, AugmentConfig, Sample, SampleRequest, Transform

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from napari_dacapo._typing import Number


class ShiftSectionsAugment(Augment):
    """Moves sections sideways: single ones (slip), or all that follow (shift).

    Sections lie across the first spatial axis and are those of raw. Raw, labels and
    mask move together, by whole voxels of all of them, so nothing is interpolated. The
    section in the middle of the crop stays in its place.
    """

    def __init__(self, config: ShiftSectionsAugmentConfig) -> None:
        self._config = config

    def plan(
        self, request: SampleRequest, generator: torch.Generator
    ) -> tuple[SampleRequest, Transform]:
        require_sections(request.raw_roi.dims)
        raw_voxel, gt_voxel = request.raw_voxel_size, request.gt_voxel_size
        box = request.raw_roi.union(request.gt_roi)
        box = (box - request.raw_roi.offset).snap_to_grid(raw_voxel)
        begin, thickness = request.raw_roi.begin[0] + box.begin[0], raw_voxel[0]
        number = int(box.shape[0] / thickness)
        grid = least_common_multiple([raw_voxel, gt_voxel])
        moves = _Moves(begin, thickness, grid, self._draw(number, grid, generator))

        def transform(sample: Sample) -> Sample:
            return Sample(
                moves.apply(sample.raw, request.raw_roi, raw_voxel),
                moves.apply(sample.gt, request.gt_roi, gt_voxel),
                moves.apply(sample.mask, request.gt_roi, gt_voxel),
            )

        margin = moves.margin
        upstream = attrs.evolve(
            request,
            raw_roi=request.raw_roi.grow(margin, margin),
            gt_roi=request.gt_roi.grow(margin, margin),
        )
        return upstream, transform

    def _draw(
        self, number: int, grid: Coordinate, generator: torch.Generator
    ) -> Tensor:
        """Return how far each section moves along y and x, in steps of `grid`."""
        import torch

        config = self._config
        happens = torch.rand((2, number, 1), generator=generator)
        moves = torch.randn((2, number, 2), generator=generator) * config.sigma
        shifts = (moves[0] * (happens[0] < config.shift_probability)).cumsum(0)
        slips = moves[1] * (happens[1] < config.slip_probability)
        total = shifts - shifts[number // 2] + slips
        total[number // 2] = 0
        return (total / torch.tensor(grid.as_floats()[1:])).round().long()


@dataclass(frozen=True)
class _Moves:
    """Section `i` begins at ``begin + i * thickness`` and moves by ``steps[i] * grid``.

    `steps` are whole numbers, ``(section, axis)``; lengths are in world units.
    """

    begin: Number
    thickness: Number
    grid: Coordinate
    steps: Tensor

    @property
    def margin(self) -> Coordinate:
        """By how much more than is asked for has to be loaded, per side."""
        largest = self.steps.abs().amax(0).tolist()
        return Coordinate(0, *largest) * self.grid

    def apply(self, values: Tensor, roi: Roi, voxel_size: Coordinate) -> Tensor:
        """Cut the box `roi` out of `values`, which are larger by the margin."""
        depth, *shape = (roi.shape / voxel_size).as_integers()
        ratio = (self.grid / voxel_size).as_integers()[1:]
        margin = (self.margin / voxel_size).as_integers()[1:]
        result = values.new_empty((len(values), depth, *shape))
        places = self._sections(roi.begin[0], voxel_size[0], depth)
        for steps, numbers in itertools.groupby(
            range(depth), lambda number: self.steps[places[number]].tolist()
        ):
            first, *rest = numbers  # neighbours that move alike are moved at once
            part = values.narrow(1, first, 1 + len(rest))
            for axis, step in enumerate(steps):
                start = margin[axis] + step * ratio[axis]
                part = part.narrow(axis + 2, start, shape[axis])
            result[:, first : first + 1 + len(rest)] = part
        return result

    def _sections(self, begin: Number, depth: Number, count: int) -> list[int]:
        """Return in which section the middles of `count` voxels lie.

        The first voxel starts at `begin`, each is `depth` thick.
        """
        doubled = [2 * (begin - self.begin) + (2 * n + 1) * depth for n in range(count)]
        return [int(place // (2 * self.thickness)) for place in doubled]


@attrs.define
class ShiftSectionsAugmentConfig(AugmentConfig):
    """Misaligns sections at random, together with their labels."""

    sigma: float = config_field(
        "How far sections are moved sideways (standard deviation).",
        unit="nm",
        minimum=0,
    )
    shift_probability: float = probability_field(
        "Fraction of the sections at which the stack jumps: all that follow are moved.",
        0.05,
    )
    slip_probability: float = probability_field(
        "Fraction of the sections that are moved on their own.", 0.05
    )

    def create_augment(self) -> ShiftSectionsAugment:
        return ShiftSectionsAugment(self)
