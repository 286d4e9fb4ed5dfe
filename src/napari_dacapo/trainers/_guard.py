"""Notices when a training gets worse for good."""

from __future__ import annotations

import math
from typing import Any

from napari_dacapo.errors import DivergedError

#: iterations over which the loss is smoothed
_WINDOW = 50
#: a smoothed loss so many times its lowest value cannot recover
_EXPLODED = 1000.0

REMEDY = (
    "lower learning_rate (by a factor of 10), set max_gradient_norm to 1, or look for "
    "wrong values in raw data and mask"
)


class LossGuard:
    """Raises a DivergedError for losses that are not finite, or have exploded.

    A loss has exploded if its running mean over 50 iterations is 1000 times the lowest
    one there was: single crops may be that much worse, all of them are not.
    """

    def __init__(self) -> None:
        self._count, self._smooth, self._lowest = 0, 0.0, math.inf

    def check(self, loss: float) -> None:
        """Take note of the loss of the next iteration, before weights are changed."""
        if not math.isfinite(loss):
            raise DivergedError(
                f"the loss became {loss}; the weights are those of the iteration "
                f"before: {REMEDY}"
            )
        count = self._count + 1
        smooth = self._smooth + (loss - self._smooth) / min(count, _WINDOW)
        if count > _WINDOW and smooth > _EXPLODED * self._lowest > 0:
            raise DivergedError(
                f"the loss grew to {smooth:.3g}, from {self._lowest:.3g} at best; the "
                f"training diverges: {REMEDY}"
            )
        self._count, self._smooth = count, smooth
        if count >= _WINDOW:
            self._lowest = min(self._lowest, smooth)

    def state_dict(self) -> dict[str, Any]:
        """Return plain numbers."""
        return {
            "count": self._count,
            "smooth": self._smooth,
            "lowest": self._lowest,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        self._count, self._smooth = state["count"], state["smooth"]
        self._lowest = state["lowest"]
