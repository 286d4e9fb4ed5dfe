"""Lost and pale sections in raw, as in serial-section microscopy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from napari_dacapo._config import config_field

from ._fields import probability_field
from ._raw import RawAugment, RawChange
from ._sections import require_sections
from .base import AugmentConfig, SampleRequest

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class MissingSectionsAugment(RawAugment):
    """Blackens sections of raw at random and takes contrast out of others.

    Sections lie across the first spatial axis. Ground truth stays: the network learns
    to bridge the gap.
    """

    def __init__(self, config: MissingSectionsAugmentConfig) -> None:
        self._config = config

    def draw(self, request: SampleRequest, generator: torch.Generator) -> RawChange:
        import torch

        config, dims = self._config, request.raw_roi.dims
        require_sections(dims)
        number = int(request.raw_roi.shape[0] / request.raw_voxel_size[0])
        choice = torch.rand(number, generator=generator)
        missing = choice < config.missing_probability
        pale = choice >= 1 - config.low_contrast_probability

        def change(raw: Tensor) -> Tensor:
            result = raw.clone()
            sections = raw[:, pale]
            mean = sections.mean(dim=(-2, -1), keepdim=True)
            result[:, pale] = mean + (sections - mean) * config.contrast
            result[:, missing] = min(0.0, float(raw.min()))  # black, also of [-1, 1]
            return result

        return change


@attrs.define
class MissingSectionsAugmentConfig(AugmentConfig):
    """Makes sections of raw black or pale at random, so that defects do no harm."""

    missing_probability: float = probability_field(
        "Fraction of the sections that are made black.", 0.05
    )
    low_contrast_probability: float = probability_field(
        "Fraction of the sections that lose contrast.", 0.05
    )
    contrast: float = config_field(
        "What is left of the contrast of such a section: 1 changes nothing, 0 leaves "
        "an even grey.",
        default=0.1,
        minimum=0,
        maximum=1,
        step=0.05,
    )

    def create_augment(self) -> MissingSectionsAugment:
        return MissingSectionsAugment(self)
