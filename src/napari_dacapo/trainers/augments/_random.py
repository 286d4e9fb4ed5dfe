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


def fork(generator: torch.Generator) -> torch.Generator:
    """Return a generator of its own, for what is drawn later."""
    import torch

    seed = int(torch.randint(2**62, (), generator=generator))
    return torch.Generator().manual_seed(seed)


def permutation(generator: torch.Generator, number: int) -> list[int]:
    """Return the numbers below `number` in random order."""
    import torch

    return [int(i) for i in torch.randperm(number, generator=generator)]
