"""One step of training: forward, backward, change of the weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from napari_dacapo.errors import RunError

if TYPE_CHECKING:
    import torch

    from napari_dacapo.nn.model import Model
    from napari_dacapo.tasks.losses import Loss

    from ._batches import Batch


def train_step(
    batch: Batch,
    model: Model,
    optimizer: torch.optim.Optimizer,
    loss: Loss,
    device: torch.device,
    *,
    max_gradient_norm: float | None = None,
    keep_gradients: bool = False,
) -> tuple[float, torch.Tensor]:
    """Change the weights of `model`, which is on `device`, by one batch.

    Parameters
    ----------
    batch : Batch
        On the CPU.
    model, optimizer, loss
        What is trained, and how.
    device : torch.device
        Where it is trained.
    max_gradient_norm : float, optional
        Longer gradients are shortened to this norm.
    keep_gradients : bool
        Whether the prediction returned holds the gradient of the loss.

    Returns
    -------
    loss : float
        Of the weights before.
    prediction : Tensor
        Axes ``b c`` + spatial.

    Raises
    ------
    RunError
        If the loss is not finite; the weights are as they were.
    """
    import torch

    model.train()  # validation in between leaves it in evaluation mode
    optimizer.zero_grad()
    prediction = model(batch.raw.to(device))
    if keep_gradients:
        prediction.retain_grad()
    value = loss.compute(prediction, batch.target.to(device), batch.weight.to(device))
    number = value.item()
    if not math.isfinite(number):
        raise RunError(
            f"the loss became {number}; the weights are those of the iteration before. "
            "Lower learning_rate (by a factor of 10), set max_gradient_norm to 1, or "
            "look for wrong values in raw data and mask"
        )
    value.backward()  # type: ignore[no-untyped-call]
    if max_gradient_norm is not None:
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_gradient_norm)
    optimizer.step()
    return number, prediction
