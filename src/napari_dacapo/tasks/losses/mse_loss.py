"""Weighted mean squared error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Loss

if TYPE_CHECKING:
    from torch import Tensor


class MSELoss(Loss):
    """``mean((prediction * weight - target * weight) ** 2)`` over all elements.

    The weight enters squared and masked-out elements count in the mean, as in DaCapo:
    losses and learning rates are comparable.
    """

    def compute(self, prediction: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        return ((prediction - target) * weight).square().mean()
