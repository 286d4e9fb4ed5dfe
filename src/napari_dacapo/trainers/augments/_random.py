"""Random numbers of a torch generator, as plain Python numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def uniform(generator: torch.Generator, low: float = 0, high: float = 1) -> float:
    """Return a number between `low` and `high`."""
    import torch

    return low + (high - low) * float(torch.rand((), generator=generator))


def chance(generator: torch.Generator, probability: float) -> bool:
    """Return whether an event of this probability happens."""
    return uniform(generator) < probability


def permutation(generator: torch.Generator, number: int) -> list[int]:
    """Return the numbers below `number` in random order."""
    import torch

    return [int(i) for i in torch.randperm(number, generator=generator)]
