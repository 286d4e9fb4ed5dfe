"""Architectures: configs of networks, and (imported on first use) the networks."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .base import ArchitectureConfig
from .cnnectome_unet import CNNectomeUNetConfig, valid_input_shape
from .dummy_architecture import DummyArchitectureConfig

if TYPE_CHECKING:
    from napari_dacapo.nn import Architecture, CNNectomeUNet, DummyArchitecture

__all__ = [
    "Architecture",
    "ArchitectureConfig",
    "CNNectomeUNet",
    "CNNectomeUNetConfig",
    "DummyArchitecture",
    "DummyArchitectureConfig",
    "valid_input_shape",
]

_TORCH_CLASSES = ("Architecture", "CNNectomeUNet", "DummyArchitecture")


def __getattr__(name: str) -> Any:
    if name not in _TORCH_CLASSES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("napari_dacapo.nn"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
