"""The interface of all losses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


class Loss(ABC):
    """A weighted distance between prediction and target."""

    @abstractmethod
    def compute(self, prediction: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Return a scalar.

        Parameters
        ----------
        prediction, target, weight : Tensor
            Shape ``(batch, channel, *space)``; `prediction` without the evaluation
            activation.
        """
