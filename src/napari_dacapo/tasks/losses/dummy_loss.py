"""A loss for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Loss

if TYPE_CHECKING:
    from torch import Tensor


class DummyLoss(Loss):
    """The sum of absolute differences; weights have no effect."""

    def compute(self, prediction: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        return (prediction - target).abs().sum()
