"""Post-processors: from network predictions to segmentations."""

from .argmax_post_processor import ArgmaxPostProcessor, ArgmaxPostProcessorParameters
from .base import PostProcessor, PostProcessorParameters
from .dummy_post_processor import DummyPostProcessor, DummyPostProcessorParameters
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
    "DummyPostProcessor",
    "DummyPostProcessorParameters",
    "PostProcessor",
    "PostProcessorParameters",
    "ThresholdPostProcessor",
    "ThresholdPostProcessorParameters",
    "WatershedPostProcessor",
    "WatershedPostProcessorParameters",
]
