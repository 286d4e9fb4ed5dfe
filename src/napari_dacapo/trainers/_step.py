"""One step of training: forward, backward, change of the weights."""

from __future__ import annotations

import gc
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import DivergedError, RunError

from ._guard import REMEDY

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from napari_dacapo.nn.model import Model
    from napari_dacapo.nn.precision import Precision
    from napari_dacapo.tasks.losses import Loss

    from ._batches import Batch

#: the scale of float16 losses at the start; the scaler finds its own
_INITIAL_SCALE = 2.0**12
#: what says that memory ran out, where torch raises a mere RuntimeError
_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")


@dataclass
class StepResult:
    """What became of one batch.

    Attributes
    ----------
    loss : float
        Of the weights before.
    prediction : Tensor
        Of the first portion of the batch, float32, axes ``b c`` + spatial.
    seconds : dict of str to float
        Time of "transfer" (to the device), "forward", "backward" and "optimizer".
        Graphics cards work behind; their time shows where the program waits for them,
        mostly in "backward".
    """

    loss: float
    prediction: torch.Tensor
    seconds: dict[str, float] = field(default_factory=dict)


class Stepper:
    """Changes the weights of a model, batch by batch.

    Parameters
    ----------
    model : Model
        Is moved to `device`.
    device : torch.device
        Where to compute.
    precision : Precision
        In which numbers and layout.
    seed : int
        Layers that draw random numbers get the same ones in each iteration whatever
        happened before.
    portions : int
        A batch is computed in so many portions one after the other, whose gradients
        add up to those of the batch: less memory, same result up to rounding.
    max_gradient_norm : float, optional
        Longer gradients are shortened to this norm.
    warn : callable
        Is told when memory ran out and `portions` was doubled.
    """

    def __init__(
        self,
        model: Model,
        device: torch.device,
        precision: Precision,
        *,
        seed: int = 0,
        portions: int = 1,
        max_gradient_norm: float | None = None,
        warn: Callable[[str], None],
    ) -> None:
        import torch

        self.model, self.device, self.precision = model, device, precision
        self.portions = portions
        self._format = precision.memory_format(model.input_shape.dims)
        self._seed, self._warn = seed, warn
        self._max_norm = math.inf if max_gradient_norm is None else max_gradient_norm
        self._scaler = torch.amp.GradScaler(
            device.type, init_scale=_INITIAL_SCALE, enabled=precision.needs_scaler
        )
        model.to(device)
        model.to(memory_format=self._format)  # type: ignore[call-overload]

    def run(
        self,
        batch: Batch,
        optimizer: torch.optim.Optimizer,
        loss: Loss,
        check: Callable[[float], None],
        *,
        iteration: int,
        keep_gradients: bool = False,
    ) -> StepResult:
        """Change the weights by `batch`, in smaller portions if memory runs out.

        Parameters
        ----------
        batch : Batch
            On the CPU.
        optimizer, loss
            How the weights are changed.
        check : callable
            Called with the loss before the weights are changed; may raise.
        iteration : int
            Seeds layers that draw random numbers.
        keep_gradients : bool
            Whether the prediction returned holds the gradient of the loss.

        Raises
        ------
        DivergedError
            If loss or gradients are not finite; the weights are as they were.
        RunError
            If not even a single sample fits into memory.
        """
        import torch

        devices = [self.device] if self.device.type == "cuda" else []
        while True:
            with torch.random.fork_rng(devices=devices):
                torch.manual_seed((self._seed << 32) + iteration)
                try:
                    result = self._gradients(
                        batch, optimizer, loss, keep_gradients=keep_gradients
                    )
                    break
                except (RuntimeError, MemoryError) as error:
                    if not is_out_of_memory(error):
                        raise
                    reason = str(error).partition("\n")[0] or type(error).__name__
            # only here, without the error, nothing holds what was computed
            self._use_less_memory(len(batch.raw), optimizer, reason)
        check(result.loss)
        begin = time.perf_counter()
        self._change_weights(optimizer)
        result.seconds["optimizer"] = time.perf_counter() - begin
        return result

    def _gradients(
        self,
        batch: Batch,
        optimizer: torch.optim.Optimizer,
        loss: Loss,
        *,
        keep_gradients: bool,
    ) -> StepResult:
        self.model.train()  # validation in between leaves it in evaluation mode
        optimizer.zero_grad()
        result: StepResult | None = None
        for portion in batch.split(self.portions):
            share = len(portion.raw) / len(batch.raw)
            part = self._portion(portion, loss, share, keep_gradients=keep_gradients)
            if result is None:
                result = part
                continue
            result.loss += part.loss
            for name, seconds in part.seconds.items():
                result.seconds[name] += seconds
        if result is None:
            raise RunError("the batch is empty; set batch_size to 1 or more")
        return result

    def _portion(
        self, batch: Batch, loss: Loss, share: float, *, keep_gradients: bool
    ) -> StepResult:
        start = time.perf_counter()
        raw = batch.raw.to(self.device).contiguous(memory_format=self._format)
        target, weight = batch.target.to(self.device), batch.weight.to(self.device)
        begin = time.perf_counter()
        with self.precision.autocast(self.device):
            prediction = self.model(raw)
        prediction = prediction.float()
        if keep_gradients:
            prediction.retain_grad()
        value = loss.compute(prediction, target, weight) * share
        number = value.item()
        middle = time.perf_counter()
        if math.isfinite(number):
            self._scaler.scale(value).backward()  # type: ignore[no-untyped-call]
        if keep_gradients and prediction.grad is not None:
            prediction.grad /= self._scaler.get_scale()
        end = time.perf_counter()
        seconds = {
            "transfer": begin - start,
            "forward": middle - begin,
            "backward": end - middle,
        }
        return StepResult(number, prediction, seconds)

    def _change_weights(self, optimizer: torch.optim.Optimizer) -> None:
        import torch

        self._scaler.unscale_(optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self._max_norm)
        if not math.isfinite(norm.item()):
            self._require_scaler()
        self._scaler.step(optimizer)  # leaves out gradients that are too large
        self._scaler.update()

    def _require_scaler(self) -> None:
        """Accept overflowing gradients only while a smaller scale may cure them."""
        if not self._scaler.is_enabled() or self._scaler.get_scale() < 1:
            raise DivergedError(
                "the gradients are not finite; the weights are those of the iteration "
                f"before: {REMEDY}"
            )

    def _use_less_memory(
        self, samples: int, optimizer: torch.optim.Optimizer, reason: str
    ) -> None:
        import torch

        optimizer.zero_grad(set_to_none=True)
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        if self.portions >= samples:
            raise RunError(
                f"not even one sample fits into memory ({reason}); make input_shape "
                "smaller, or num_fmaps, or train on another device"
            )
        self.portions = min(2 * self.portions, samples)
        self._warn(
            f"out of memory ({reason}): batches are now computed in {self.portions} "
            "portions whose gradients add up, which learns the same, but slower; make "
            "batch_size or input_shape smaller to be faster"
        )

    def state_dict(self) -> dict[str, Any]:
        """Return what later steps depend on."""
        return {"portions": self.portions, "scaler": self._scaler.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        self.portions = max(self.portions, state["portions"])
        if state["scaler"] and self._scaler.is_enabled():
            self._scaler.load_state_dict(state["scaler"])


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory ran out, of a graphics card or the computer."""
    import torch

    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(t in text for t in _OUT_OF_MEMORY)
