"""Weighted cross entropy between mutually exclusive classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Loss

if TYPE_CHECKING:
    from torch import Tensor


class OneHotLoss(Loss):
    """Softmax cross entropy, weighted by voxel and averaged over all voxels.

    The mean over all voxels of ``-sum(weight * target * log(softmax(prediction)))``,
    the sum being over the classes. Voxels whose target is 0 for every class (labels
    that are no class) add nothing.
    """

    def compute(self, prediction: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        likelihood = prediction.log_softmax(dim=1)
        return -(weight * target * likelihood).sum(dim=1).mean()
