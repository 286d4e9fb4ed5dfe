"""Lazy arrays in world units: read from files, combined, and addressed by ROI."""

from .base import Array, ArrayConfig
from .identifiers import LocalArrayIdentifier, LocalContainerIdentifier
from .numpy_array import NumpyArray
from .zarr_array import ZarrArray, ZarrArrayConfig

__all__ = [
    "Array",
    "ArrayConfig",
    "LocalArrayIdentifier",
    "LocalContainerIdentifier",
    "NumpyArray",
    "ZarrArray",
    "ZarrArrayConfig",
]
