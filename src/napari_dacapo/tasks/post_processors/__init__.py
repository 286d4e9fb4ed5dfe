"""Post-processors: from network predictions to segmentations."""

from ._blockwise import PointwisePostProcessor, StoredPredictionPostProcessor
from .argmax_post_processor import ArgmaxPostProcessor, ArgmaxPostProcessorParameters
from .base import PostProcessor, PostProcessorParameters
from .connected_components_post_processor import (
    ConnectedComponentsPostProcessor,
    ConnectedComponentsPostProcessorParameters,
)
from .dummy_post_processor import DummyPostProcessor, DummyPostProcessorParameters
from .seeded_watershed_post_processor import (
    SeededWatershedPostProcessor,
    SeededWatershedPostProcessorParameters,
)
from .threshold_post_processor import (
    ThresholdPostProcessor,
    ThresholdPostProcessorParameters,
)
from .watershed_post_processor import (
    WatershedPostProcessor,
    WatershedPostProcessorParameters,
)

__all__ = [
    "ArgmaxPostProcessor",
    "ArgmaxPostProcessorParameters",
    "ConnectedComponentsPostProcessor",
    "ConnectedComponentsPostProcessorParameters",
    "DummyPostProcessor",
    "DummyPostProcessorParameters",
    "PointwisePostProcessor",
    "PostProcessor",
    "PostProcessorParameters",
    "SeededWatershedPostProcessor",
    "SeededWatershedPostProcessorParameters",
    "StoredPredictionPostProcessor",
    "ThresholdPostProcessor",
    "ThresholdPostProcessorParameters",
    "WatershedPostProcessor",
    "WatershedPostProcessorParameters",
]
