"""Random gamma correction of raw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.errors import ConfigError

from ._fields import check_range, range_field
from ._random import uniform
from ._raw import RawAugment, RawChange
from .base import AugmentConfig, SampleRequest

if TYPE_CHECKING:
    import torch
    from torch import Tensor

#: crops whose grey values span less are left alone
_FLAT = 1e-3


class GammaAugment(RawAugment):
    """Bends the grey values between the darkest and the brightest of a crop.

    Exponents are drawn symmetrically around 1: with ``(0.5, 2)`` darkening is as likely
    as brightening.
    """

    def __init__(self, gamma_range: tuple[float, float]) -> None:
        self._low, self._high = (_symmetric(gamma) for gamma in gamma_range)

    def draw(self, request: SampleRequest, generator: torch.Generator) -> RawChange:
        position = uniform(generator, self._low, self._high)
        gamma = 1 + position if position >= 0 else 1 / (1 - position)

        def change(raw: Tensor) -> Tensor:
            low, high = raw.aminmax()
            span = high - low
            if span <= _FLAT:
                return raw
            return (raw - low).div_(span).pow_(gamma).mul_(span).add_(low)

        return change


def _symmetric(gamma: float) -> float:
    """Map an exponent to a scale on which 1/g and g are equally far from 0."""
    return gamma - 1 if gamma >= 1 else 1 - 1 / gamma


def _check_positive(instance: Any, attribute: Any, value: Any) -> None:
    check_range(instance, attribute, value)
    if value[0] <= 0:
        raise ConfigError(
            f"{attribute.name}: {value[0]!r} is not above 0; an exponent of 1 changes "
            "nothing, smaller ones brighten, larger ones darken"
        )


@attrs.define
class GammaAugmentConfig(AugmentConfig):
    """Darkens or brightens the middle grey values of raw at random."""

    gamma_range: tuple[float, float] = range_field(
        "Smallest and largest gamma. 1 changes nothing, 0.5 brightens, 2 darkens the "
        "middle grey values.",
        check=_check_positive,
    )

    def create_augment(self) -> GammaAugment:
        return GammaAugment(self.gamma_range)
