"""The torch side of architectures: networks, model, device choice, weight loading.

The names below are imported on first use, because each of them imports torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .architecture import Architecture
    from .device import DeviceChoice, choose_device, default_threads
    from .dummy import DummyArchitecture
    from .model import Model
    from .unet import CNNectomeUNet

__all__ = [
    "Architecture",
    "CNNectomeUNet",
    "DeviceChoice",
    "DummyArchitecture",
    "Model",
    "choose_device",
    "default_threads",
]

_HOME = {
    "Architecture": "architecture",
    "CNNectomeUNet": "unet",
    "DeviceChoice": "device",
    "DummyArchitecture": "dummy",
    "Model": "model",
    "choose_device": "device",
    "default_threads": "device",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
