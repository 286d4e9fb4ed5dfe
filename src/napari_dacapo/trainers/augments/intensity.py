"""Random contrast and brightness of raw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from napari_dacapo._config import config_field

from ._fields import range_field
from ._random import uniform
from ._raw import RawAugment, RawChange, clamp_like
from .base import AugmentConfig, SampleRequest

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class IntensityAugment(RawAugment):
    """Scales the contrast around the mean of a crop and shifts its brightness.

    With `clip`, values leave [0, 1] only where they did so before.
    """

    def __init__(
        self, scale: tuple[float, float], shift: tuple[float, float], clip: bool
    ) -> None:
        self._scale, self._shift, self._clip = scale, shift, clip

    def draw(self, request: SampleRequest, generator: torch.Generator) -> RawChange:
        scale = uniform(generator, *self._scale)
        shift = uniform(generator, *self._shift)

        def change(raw: Tensor) -> Tensor:
            mean = raw.mean()
            result = (raw - mean).mul_(scale).add_(mean + shift)
            return clamp_like(result, raw) if self._clip else result

        return change


@attrs.define
class IntensityAugmentConfig(AugmentConfig):
    """Changes contrast and brightness of raw at random."""

    scale: tuple[float, float] = range_field(
        "Smallest and largest factor for the contrast; 1 changes nothing."
    )
    shift: tuple[float, float] = range_field(
        "Smallest and largest value added to the brightness, where raw goes from 0 "
        "(black) to 1 (white)."
    )
    clip: bool = config_field(
        "Whether values stay within 0 (black) and 1 (white).", default=True
    )

    def create_augment(self) -> IntensityAugment:
        return IntensityAugment(self.scale, self.shift, self.clip)
