"""Evaluators: how good a segmentation is, in numbers."""

from .base import Criterion, EvaluationScores, Evaluator
from .binary_segmentation_evaluator import (
    BinarySegmentationEvaluationScores,
    BinarySegmentationEvaluator,
    MultiChannelBinarySegmentationEvaluationScores,
)
from .dummy_evaluator import DummyEvaluationScores, DummyEvaluator
from .instance_evaluator import (
    DetailedInstanceEvaluationScores,
    InstanceEvaluationScores,
    InstanceEvaluator,
)
from .one_hot_evaluator import OneHotEvaluator

__all__ = [
    "BinarySegmentationEvaluationScores",
    "BinarySegmentationEvaluator",
    "Criterion",
    "DetailedInstanceEvaluationScores",
    "DummyEvaluationScores",
    "DummyEvaluator",
    "EvaluationScores",
    "Evaluator",
    "InstanceEvaluationScores",
    "InstanceEvaluator",
    "MultiChannelBinarySegmentationEvaluationScores",
    "OneHotEvaluator",
]
