"""The torch side of architectures: networks, model, device choice, weight loading.

The names below are imported on first use, because each of them imports torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

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

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "architecture": ["Architecture"],
        "device": ["DeviceChoice", "choose_device", "default_threads"],
        "dummy": ["DummyArchitecture"],
        "model": ["Model"],
        "unet": ["CNNectomeUNet"],
    },
)
