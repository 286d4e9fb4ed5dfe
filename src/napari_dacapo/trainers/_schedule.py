"""The optimizer and its learning rate from iteration to iteration."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch
    from torch.optim.lr_scheduler import LambdaLR

#: learning rate at both ends of a schedule, as a fraction of the full one
_LOWEST = 0.01
#: what is left of the learning rate after a plateau
_PLATEAU_FACTOR = 0.5


def create_optimizer(
    model: torch.nn.Module, kind: str, learning_rate: float
) -> torch.optim.Optimizer:
    """Return RAdam (https://arxiv.org/abs/1908.03265) or AdamW; no weight decay."""
    import torch

    parameters = model.parameters()
    if kind == "adamw":
        return torch.optim.AdamW(parameters, learning_rate, weight_decay=0)
    return torch.optim.RAdam(parameters, learning_rate, decoupled_weight_decay=True)


@attrs.define
class Schedule:
    """The learning rate of each iteration, as a fraction of the full one.

    Attributes
    ----------
    warmup_iterations : int
        Within these it rises linearly from 0.01 to 1.
    kind : {"constant", "cosine", "plateau"}
        Whether it stays at 1, falls along half a cosine
        (https://arxiv.org/abs/1608.03983) to 0.01 at the end of the training, or is
        halved, down to 0.01, whenever the results stopped getting better.
    num_iterations : int or None
        Where the training ends; as long as this is unknown a cosine stays at 1.
    plateau_patience : int
        After so many results that were not better than all before, the rate is halved.
    results : tuple of float
        One number per validation, lower is better; the rate is a function of them
        alone, so that a training which is continued needs no other memory.
    slowed : float
        Factor on everything, after a divergence.
    """

    warmup_iterations: int
    kind: str = "constant"
    num_iterations: int | None = None
    plateau_patience: int = 3
    results: tuple[float, ...] = ()
    slowed: float = 1.0

    def factor(self, iteration: int) -> float:
        """Return the fraction that `iteration` uses."""
        return self.slowed * self._planned(iteration)

    def _planned(self, iteration: int) -> float:
        if iteration < self.warmup_iterations:
            return _LOWEST + (1 - _LOWEST) * iteration / self.warmup_iterations
        if self.kind == "plateau":
            halvings = count_plateaus(self.results, self.plateau_patience)
            return max(_LOWEST, _PLATEAU_FACTOR**halvings)
        if self.kind == "constant" or self.num_iterations is None:
            return 1.0
        length = self.num_iterations - self.warmup_iterations
        passed = min(1.0, (iteration - self.warmup_iterations) / max(1, length))
        return _LOWEST + (1 - _LOWEST) * (1 + math.cos(math.pi * passed)) / 2


def count_plateaus(results: Iterable[float], patience: int) -> int:
    """Count how often `patience` results in a row were not better than all before.

    Lower is better; NaN (an undefined score) is never better.
    """
    best, waited, plateaus = math.inf, 0, 0
    for result in results:
        waited = 0 if result < best else waited + 1
        best = min(best, result)
        if waited == patience:
            plateaus, waited = plateaus + 1, 0
    return plateaus


class RateControl:
    """The optimizer's learning rate, as a schedule and the results so far ask for.

    Attributes
    ----------
    schedule : Schedule
        May be changed; call `apply` then.
    scheduler : LambdaLR or None
        Exists once there is an optimizer.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.scheduler: LambdaLR | None = None

    def attach(self, optimizer: torch.optim.Optimizer) -> None:
        """Control `optimizer` from now on, from the first iteration."""
        from torch.optim.lr_scheduler import LambdaLR

        self.scheduler = LambdaLR(optimizer, self.schedule.factor)

    def advance(self) -> None:
        """Go to the next iteration."""
        if self.scheduler is not None:
            self.scheduler.step()

    def apply(self) -> None:
        """Give the next iteration the rate of the schedule, which has changed."""
        if self.scheduler is None:
            return
        factor = self.schedule.factor(self.scheduler.last_epoch)
        groups = self.scheduler.optimizer.param_groups
        for group, base in zip(groups, self.scheduler.base_lrs, strict=True):
            group["lr"] = base * factor

    def state_dict(self) -> dict[str, Any]:
        """Return plain data."""
        scheduler = self.scheduler
        state = None if scheduler is None else scheduler.state_dict()
        return {"scheduler": state, "slowed": self.schedule.slowed}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned; ``iteration`` alone will do."""
        self.schedule.slowed = state.get("slowed", 1.0)
        if self.scheduler is not None:
            stored = state.get("scheduler") or {"last_epoch": state["iteration"]}
            self.scheduler.load_state_dict({**self.scheduler.state_dict(), **stored})
            self.apply()
