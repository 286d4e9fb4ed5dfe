"""In which numbers and memory layout a network computes, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

#: names of number formats, as configs write them
PRECISIONS = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
#: names of memory layouts, as configs write them
MEMORY_FORMATS = ("contiguous", "channels_last")


@attrs.frozen
class Precision:
    """How the layers of a network compute; weights and loss are always float32.

    Attributes
    ----------
    dtype : torch.dtype
        Of products and activations. Anything but float32 is mixed precision by
        autocasting (Micikevicius et al. 2018, https://arxiv.org/abs/1710.03740).
    channels_last : bool
        Whether the channels of a voxel lie side by side in memory.
    reason : str
        For the user; names both choices.
    """

    dtype: torch.dtype
    channels_last: bool
    reason: str

    def memory_format(self, dims: int) -> torch.memory_format:
        """Return the layout of images with `dims` spatial axes."""
        if not self.channels_last or dims not in (2, 3):
            return torch.contiguous_format
        return torch.channels_last if dims == 2 else torch.channels_last_3d

    def autocast(self, device: torch.device) -> torch.autocast:
        """Return the context in which the network is to be run."""
        mixed = self.dtype is not torch.float32
        return torch.autocast(device.type, self.dtype, enabled=mixed)

    @property
    def needs_scaler(self) -> bool:
        """Whether small gradients vanish unless the loss is scaled up."""
        return self.dtype is torch.float16


#: what predictions are computed in unless something else is gained by it
PLAIN = Precision(
    torch.float32,
    channels_last=False,
    reason="float32, channels first, which every device knows",
)


def choose_precision(
    precision: str, memory_format: str, device: torch.device
) -> Precision:
    """Choose what trains fastest on `device`, where the user leaves it to us.

    Parameters
    ----------
    precision : {"auto", "float32", "bfloat16", "float16"}
        The number format.
    memory_format : {"auto", "contiguous", "channels_last"}
        The layout.
    device : torch.device
        Where the network is trained.

    Notes
    -----
    The choice depends on the device only, never on a measurement: a run that is
    continued on the same machine computes as before. On a CPU with bfloat16
    instructions, training a U-Net took 0.25 to 0.5 of the time of contiguous float32
    (``benchmarks/bench_training.py``); without them bfloat16 is emulated and slow.
    """
    if precision == "auto":
        name, why = _fastest_precision(device)
    else:
        name, why = precision, "was asked for"
    dtype = PRECISIONS[name]
    if memory_format == "auto":
        mixed = dtype is not torch.float32
        channels_last = device.type == "cpu" or (device.type == "cuda" and mixed)
        layout = "channels last" if channels_last else "channels first"
        reason = f"{name} ({why}), {layout} (faster here)"
    else:
        channels_last = memory_format == "channels_last"
        reason = f"{name} ({why}), {memory_format.replace('_', ' ')} (was asked for)"
    return Precision(dtype, channels_last, reason)


def prediction_precision(trained: Precision, device: torch.device) -> Precision:
    """Return how a network predicts on `device` that is trained there in `trained`.

    A graphics card computes as in training. Elsewhere it is float32, so that a
    prediction does not depend on whether the processor knows bfloat16.
    """
    if device.type == "cuda":
        return trained
    return PLAIN


def _fastest_precision(device: torch.device) -> tuple[str, str]:
    if device.type == "cuda":
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bfloat16", "mixed precision, which this graphics card computes with"
        return "float16", "mixed precision; this graphics card has no bfloat16"
    if device.type == "cpu" and _processor_knows_bfloat16():
        return "bfloat16", "mixed precision, which this processor has instructions for"
    return "float32", f"this {device.type} gains nothing from fewer bits"


def _processor_knows_bfloat16() -> bool:
    # older versions of torch do not tell
    tell: Callable[[], dict[str, Any]] = getattr(torch.cpu, "get_capabilities", dict)
    capabilities = tell()
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))
