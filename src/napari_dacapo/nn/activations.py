"""What is applied to network outputs in evaluation mode, beyond torch's own."""

from __future__ import annotations

import torch


class HotDistanceActivation(torch.nn.Module):
    """Sigmoid on the first half of the channels, clamping to [-1, 1] on the other.

    The first half holds logits of object masks, the second squashed signed distances.
    Tensors are ``(batch, channel, *space)``.

    Attributes
    ----------
    value_range : (float, float)
        Bounds of the output, for storage as integers.
    """

    value_range = (-1.0, 1.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hot, distance = x.chunk(2, dim=1)
        return torch.cat([hot.sigmoid(), distance.clamp(-1, 1)], dim=1)
