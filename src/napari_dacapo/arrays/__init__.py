"""Lazy arrays in world units: read from files, combined, and addressed by ROI."""

from .base import Array, ArrayConfig
from .binarize_array import BinarizeArray, BinarizeArrayConfig
from .concat_array import ConcatArray, ConcatArrayConfig
from .crop_array import CropArray, CropArrayConfig
from .dummy_array import DummyArray, DummyArrayConfig
from .dvid_array import DVIDArray, DVIDArrayConfig
from .except_boxes_array import ExceptBoxesArray, ExceptBoxesArrayConfig
from .identifiers import LocalArrayIdentifier, LocalContainerIdentifier
from .intensities_array import IntensitiesArray, IntensitiesArrayConfig
from .logical_or_array import LogicalOrArray, LogicalOrArrayConfig
from .merge_instances_array import MergeInstancesArray, MergeInstancesArrayConfig
from .missing_annotations_mask import (
    MissingAnnotationsMask,
    MissingAnnotationsMaskConfig,
)
from .normalization import normalized
from .numpy_array import NumpyArray
from .ones_array import OnesArray, OnesArrayConfig
from .resampled_array import ResampledArray, ResampledArrayConfig
from .sum_array import SumArray, SumArrayConfig
from .tiff_array import TiffArray, TiffArrayConfig
from .zarr_array import ZarrArray, ZarrArrayConfig

__all__ = [
    "Array",
    "ArrayConfig",
    "BinarizeArray",
    "BinarizeArrayConfig",
    "ConcatArray",
    "ConcatArrayConfig",
    "CropArray",
    "CropArrayConfig",
    "DVIDArray",
    "DVIDArrayConfig",
    "DummyArray",
    "DummyArrayConfig",
    "ExceptBoxesArray",
    "ExceptBoxesArrayConfig",
    "IntensitiesArray",
    "IntensitiesArrayConfig",
    "LocalArrayIdentifier",
    "LocalContainerIdentifier",
    "LogicalOrArray",
    "LogicalOrArrayConfig",
    "MergeInstancesArray",
    "MergeInstancesArrayConfig",
    "MissingAnnotationsMask",
    "MissingAnnotationsMaskConfig",
    "NumpyArray",
    "OnesArray",
    "OnesArrayConfig",
    "ResampledArray",
    "ResampledArrayConfig",
    "SumArray",
    "SumArrayConfig",
    "TiffArray",
    "TiffArrayConfig",
    "ZarrArray",
    "ZarrArrayConfig",
    "normalized",
]
