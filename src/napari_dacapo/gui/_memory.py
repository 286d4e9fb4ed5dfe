"""How much memory is in use."""

from __future__ import annotations

import sys

import attrs
import psutil

_GIB = 2**30


@attrs.frozen
class MemoryUse:
    """Memory in GiB; `gpu` is `None` where no graphics card computes."""

    used: float
    total: float
    gpu: tuple[float, float] | None = None

    def __str__(self) -> str:
        text = f"memory {self.used:.1f} of {self.total:.0f} GiB"
        if self.gpu is not None:
            text += f", graphics card {self.gpu[0]:.1f} of {self.gpu[1]:.0f} GiB"
        return text


def memory_use() -> MemoryUse:
    """Return the memory that this process uses and what the machine has."""
    used = psutil.Process().memory_info().rss
    total = psutil.virtual_memory().total
    return MemoryUse(used / _GIB, total / _GIB, _gpu_memory())


def _gpu_memory() -> tuple[float, float] | None:
    torch = sys.modules.get("torch")  # not imported: nothing computes there
    if torch is None or not torch.cuda.is_initialized():
        return None
    free, total = torch.cuda.mem_get_info()
    return (total - free) / _GIB, total / _GIB
