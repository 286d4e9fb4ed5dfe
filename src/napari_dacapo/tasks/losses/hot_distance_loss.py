"""Cross entropy on the masks of objects plus squared error on their distances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dacapo.errors import DataError

from .base import Loss
from .mse_loss import MSELoss

if TYPE_CHECKING:
    from torch import Tensor


class HotDistanceLoss(Loss):
    """Loss of ``N`` mask channels followed by ``N`` distance channels.

    ``mean(BCE(prediction, target) * weight)`` over the masks, whose predictions are
    logits, plus `MSELoss` over the distances.
    """

    def compute(self, prediction: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Return the sum of both parts; see `Loss.compute`.

        Raises
        ------
        DataError
            If the number of channels is odd.
        """
        from torch.nn.functional import binary_cross_entropy_with_logits

        channels = prediction.shape[1]
        if channels % 2:
            raise DataError(
                f"prediction: {channels} channels; there must be a mask and a distance "
                "channel for each class, an even number"
            )
        hot, distance = prediction.chunk(2, dim=1)
        hot_target, distance_target = target.chunk(2, dim=1)
        hot_weight, distance_weight = weight.chunk(2, dim=1)
        entropy = binary_cross_entropy_with_logits(hot, hot_target, weight=hot_weight)
        return entropy + MSELoss().compute(distance, distance_target, distance_weight)
