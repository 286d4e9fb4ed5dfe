"""Train, validate and apply segmentation networks on large volumes, in napari.

The names below are imported on first use: ``import napari_dacapo`` alone loads neither
torch, napari, Qt nor zarr.
"""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .geometry import Coordinate, Roi
    from .runs import Run, RunConfig, RunControl, predict, train, validate
    from .store import Project

try:
    __version__ = version("napari-dacapo")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"

__all__ = [
    "Coordinate",
    "Project",
    "Roi",
    "Run",
    "RunConfig",
    "RunControl",
    "predict",
    "train",
    "validate",
]

_HOME = {
    "Coordinate": "geometry",
    "Project": "store",
    "Roi": "geometry",
    "Run": "runs",
    "RunConfig": "runs",
    "RunControl": "runs",
    "predict": "runs",
    "train": "runs",
    "validate": "runs",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
