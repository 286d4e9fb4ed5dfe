"""Train, validate and apply segmentation networks on large volumes, in napari.

The names below are imported on first use: ``import napari_dacapo`` alone loads neither
torch, napari, Qt nor zarr.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from .geometry import Coordinate, Roi
    from .runs import (
        Run,
        RunConfig,
        RunControl,
        apply,
        predict,
        segment,
        train,
        validate,
    )
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
    "apply",
    "predict",
    "segment",
    "train",
    "validate",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "geometry": ["Coordinate", "Roi"],
        "runs": [
            "Run",
            "RunConfig",
            "RunControl",
            "apply",
            "predict",
            "segment",
            "train",
            "validate",
        ],
        "store": ["Project"],
    },
)
