"""Lazy arrays in world units: read from files, combined, and addressed by ROI."""

from .base import Array, ArrayConfig
from .binarize_array import BinarizeArray, BinarizeArrayConfig
from .crop_array import CropArray, CropArrayConfig
from .dummy_array import DummyArray, DummyArrayConfig
from .identifiers import LocalArrayIdentifier, LocalContainerIdentifier
from .intensities_array import IntensitiesArray, IntensitiesArrayConfig
from .numpy_array import NumpyArray
from .resampled_array import ResampledArray, ResampledArrayConfig
from .zarr_array import ZarrArray, ZarrArrayConfig

__all__ = [
    "Array",
    "ArrayConfig",
    "BinarizeArray",
    "BinarizeArrayConfig",
    "CropArray",
    "CropArrayConfig",
    "DummyArray",
    "DummyArrayConfig",
    "IntensitiesArray",
    "IntensitiesArrayConfig",
    "LocalArrayIdentifier",
    "LocalContainerIdentifier",
    "NumpyArray",
    "ResampledArray",
    "ResampledArrayConfig",
    "ZarrArray",
    "ZarrArrayConfig",
]
