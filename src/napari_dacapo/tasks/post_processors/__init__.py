"""Post-processors: from network predictions to segmentations."""

from .base import PostProcessor, PostProcessorParameters
from .threshold_post_processor import (
    ThresholdPostProcessor,
    ThresholdPostProcessorParameters,
)

__all__ = [
    "PostProcessor",
    "PostProcessorParameters",
    "ThresholdPostProcessor",
    "ThresholdPostProcessorParameters",
]
