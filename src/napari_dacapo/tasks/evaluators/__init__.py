"""Evaluators: how good a segmentation is, in numbers."""

from .base import Criterion, EvaluationScores, Evaluator
from .binary_segmentation_evaluator import (
    BinarySegmentationEvaluationScores,
    BinarySegmentationEvaluator,
    MultiChannelBinarySegmentationEvaluationScores,
)

__all__ = [
    "BinarySegmentationEvaluationScores",
    "BinarySegmentationEvaluator",
    "Criterion",
    "EvaluationScores",
    "Evaluator",
    "MultiChannelBinarySegmentationEvaluationScores",
]
