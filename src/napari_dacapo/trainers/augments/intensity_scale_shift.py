"""A fixed change of the range of raw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from napari_dacapo._config import config_field

from ._raw import RawAugment, RawChange
from .base import AugmentConfig, SampleRequest

if TYPE_CHECKING:
    import torch


class IntensityScaleShiftAugment(RawAugment):
    """Multiplies raw by `scale`, then adds `shift`; nothing about it is random."""

    def __init__(self, scale: float, shift: float) -> None:
        self._scale, self._shift = scale, shift

    def draw(self, request: SampleRequest, generator: torch.Generator) -> RawChange:
        return lambda raw: raw * self._scale + self._shift


@attrs.define
class IntensityScaleShiftAugmentConfig(AugmentConfig):
    """Maps raw to ``raw * scale + shift``; 2 and -1 map [0, 1] to [-1, 1]."""

    scale: float = config_field(
        "Raw is multiplied by this. Only training does so: to change the range for "
        "prediction as well, set it in the raw array instead (intensities array)."
    )
    shift: float = config_field("Added to raw after it was multiplied.")

    def create_augment(self) -> IntensityScaleShiftAugment:
        return IntensityScaleShiftAugment(self.scale, self.shift)
