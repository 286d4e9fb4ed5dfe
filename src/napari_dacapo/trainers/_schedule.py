"""The optimizer and its learning rate from iteration to iteration."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import torch
    from torch.optim.lr_scheduler import LambdaLR

#: learning rate at both ends of a schedule, as a fraction of the full one
_LOWEST = 0.01


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
    kind : {"constant", "cosine"}
        Whether it stays at 1, or falls along half a cosine
        (https://arxiv.org/abs/1608.03983) to 0.01 at the end of the training.
    num_iterations : int or None
        Where the training ends; as long as this is unknown the rate stays constant.
    """

    warmup_iterations: int
    kind: str = "constant"
    num_iterations: int | None = None

    def factor(self, iteration: int) -> float:
        """Return the fraction that `iteration` uses."""
        if iteration < self.warmup_iterations:
            return _LOWEST + (1 - _LOWEST) * iteration / self.warmup_iterations
        if self.kind == "constant" or self.num_iterations is None:
            return 1.0
        length = self.num_iterations - self.warmup_iterations
        passed = min(1.0, (iteration - self.warmup_iterations) / max(1, length))
        return _LOWEST + (1 - _LOWEST) * (1 + math.cos(math.pi * passed)) / 2


def create_scheduler(optimizer: torch.optim.Optimizer, schedule: Schedule) -> LambdaLR:
    """Return the scheduler; to be stepped once per iteration."""
    from torch.optim.lr_scheduler import LambdaLR

    return LambdaLR(optimizer, schedule.factor)


def restore_scheduler(
    scheduler: LambdaLR, state: dict[str, object], schedule: Schedule
) -> None:
    """Go on from `state`, of which ``last_epoch`` (the next iteration) will do."""
    scheduler.load_state_dict({**scheduler.state_dict(), **state})
    factor = schedule.factor(scheduler.last_epoch)
    groups = scheduler.optimizer.param_groups
    for group, base in zip(groups, scheduler.base_lrs, strict=True):
        group["lr"] = base * factor
