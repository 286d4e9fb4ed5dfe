"""The optimizer and its learning rate from iteration to iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch.optim.lr_scheduler import LambdaLR

#: learning rate of the first iteration, as a fraction of the full one
_WARMUP_START = 0.01


def create_optimizer(
    model: torch.nn.Module, kind: str, learning_rate: float
) -> torch.optim.Optimizer:
    """Return RAdam (https://arxiv.org/abs/1908.03265) or AdamW; no weight decay."""
    import torch

    parameters = model.parameters()
    if kind == "adamw":
        return torch.optim.AdamW(parameters, learning_rate, weight_decay=0)
    return torch.optim.RAdam(parameters, learning_rate, decoupled_weight_decay=True)


def warmup_factor(iteration: int, warmup_iterations: int) -> float:
    """Return the fraction of the learning rate that `iteration` uses.

    It rises linearly from 0.01 to 1 within `warmup_iterations`, then stays there.
    """
    if iteration >= warmup_iterations:
        return 1.0
    return _WARMUP_START + (1 - _WARMUP_START) * iteration / warmup_iterations


def create_scheduler(
    optimizer: torch.optim.Optimizer, warmup_iterations: int
) -> LambdaLR:
    """Return the scheduler; to be stepped once per iteration."""
    from torch.optim.lr_scheduler import LambdaLR

    return LambdaLR(optimizer, lambda i: warmup_factor(i, warmup_iterations))


def restore_scheduler(
    scheduler: LambdaLR, state: dict[str, object], warmup_iterations: int
) -> None:
    """Go on from `state`, of which ``last_epoch`` (the next iteration) will do."""
    scheduler.load_state_dict({**scheduler.state_dict(), **state})
    factor = warmup_factor(scheduler.last_epoch, warmup_iterations)
    groups = scheduler.optimizer.param_groups
    for group, base in zip(groups, scheduler.base_lrs, strict=True):
        group["lr"] = base * factor
