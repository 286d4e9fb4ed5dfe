"""Base of the augments that change grey values of raw only."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from .base import Augment, Sample, SampleRequest, Transform

if TYPE_CHECKING:
    import torch
    from torch import Tensor


#: changes a raw tensor ``(channel, *space)``
RawChange: TypeAlias = Callable[["Tensor"], "Tensor"]


class RawAugment(Augment):
    """Changes raw by a function drawn at random; nothing else has to be loaded."""

    @abstractmethod
    def draw(self, request: SampleRequest, generator: torch.Generator) -> RawChange:
        """Return the change of a raw tensor ``(channel, *space)``, drawn at random."""

    def plan(
        self, request: SampleRequest, generator: torch.Generator
    ) -> tuple[SampleRequest, Transform]:
        change = self.draw(request, generator)

        def transform(sample: Sample) -> Sample:
            return Sample(change(sample.raw), sample.gt, sample.mask)

        return request, transform


def keep(raw: Tensor) -> Tensor:
    """Change nothing."""
    return raw


def clamp_like(result: Tensor, before: Tensor) -> Tensor:
    """Cut `result`, in place, to [0, 1], or further if `before` was further already.

    Raw may be in [-1, 1] or noisy when an earlier augment of the list made it so.
    """
    low, high = before.aminmax()
    return result.clamp_(min(0.0, float(low)), max(1.0, float(high)))
