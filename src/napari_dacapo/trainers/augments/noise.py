"""Gaussian noise on raw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from napari_dacapo._config import config_field

from ._fields import not_negative_range, probability_field, range_field
from ._random import chance, fork, uniform
from ._raw import RawAugment, RawChange, clamp_like, keep
from .base import AugmentConfig, SampleRequest

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class NoiseAugment(RawAugment):
    """Adds independent, normally distributed noise to every voxel of raw."""

    def __init__(self, config: NoiseAugmentConfig) -> None:
        self._config = config

    def draw(self, request: SampleRequest, generator: torch.Generator) -> RawChange:
        import torch

        if not chance(generator, self._config.augmentation_probability):
            return keep
        sigma = uniform(generator, *self._config.sigma)
        own = fork(generator)

        def change(raw: Tensor) -> Tensor:
            noisy = torch.randn(raw.shape, generator=own).mul_(sigma).add_(raw)
            return clamp_like(noisy, raw) if self._config.clip else noisy

        return change


@attrs.define
class NoiseAugmentConfig(AugmentConfig):
    """Adds random noise to raw, as of a camera or detector."""

    sigma: tuple[float, float] = range_field(
        "Smallest and largest strength (standard deviation) of the noise, where raw "
        "goes from 0 (black) to 1 (white).",
        check=not_negative_range,
        default=(0.0, 0.1),
    )
    clip: bool = config_field(
        "Whether values stay within 0 (black) and 1 (white).", default=True
    )
    augmentation_probability: float = probability_field(
        "Fraction of the crops to which noise is added.", 0.5
    )

    def create_augment(self) -> NoiseAugment:
        return NoiseAugment(self)
