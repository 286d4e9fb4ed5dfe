"""Cross entropy on affinities plus squared error on local shape descriptors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Loss

if TYPE_CHECKING:
    from torch import Tensor


class AffinitiesLoss(Loss):
    """Loss of affinity channels followed by any number of descriptor channels.

    ``mean(BCE * weight)`` over the affinities plus ``ratio * mean((sigmoid(prediction)
    - target) ** 2 * weight)`` over the descriptors, if there are any. Predictions are
    logits.

    Parameters
    ----------
    num_affinities : int
        Number of affinity channels.
    lsds_to_affs_weight_ratio : float
        Factor for the descriptors.
    """

    def __init__(self, num_affinities: int, lsds_to_affs_weight_ratio: float) -> None:
        self.num_affinities = num_affinities
        self.lsds_to_affs_weight_ratio = lsds_to_affs_weight_ratio

    def compute(self, prediction: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        from torch.nn.functional import binary_cross_entropy_with_logits

        affinities = slice(None, self.num_affinities)
        loss = binary_cross_entropy_with_logits(
            prediction[:, affinities],
            target[:, affinities],
            weight=weight[:, affinities],
        )
        if prediction.shape[1] == self.num_affinities:
            return loss
        descriptors = slice(self.num_affinities, None)
        errors = prediction[:, descriptors].sigmoid() - target[:, descriptors]
        descriptor_loss = (errors.square() * weight[:, descriptors]).mean()
        return loss + self.lsds_to_affs_weight_ratio * descriptor_loss
