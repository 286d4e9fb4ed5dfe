"""Evaluators: how good a segmentation is, in numbers."""

from ._objects import ObjectKind
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
from .object_errors import ObjectError, find_object_errors
from .one_hot_evaluator import OneHotEvaluator
from .paired_bootstrap import (
    BlockScores,
    ScoreDifference,
    paired_bootstrap,
    score_blocks,
)

__all__ = [
    "BinarySegmentationEvaluationScores",
    "BinarySegmentationEvaluator",
    "BlockScores",
    "Criterion",
    "DetailedInstanceEvaluationScores",
    "DummyEvaluationScores",
    "DummyEvaluator",
    "EvaluationScores",
    "Evaluator",
    "InstanceEvaluationScores",
    "InstanceEvaluator",
    "MultiChannelBinarySegmentationEvaluationScores",
    "ObjectError",
    "ObjectKind",
    "OneHotEvaluator",
    "ScoreDifference",
    "find_object_errors",
    "paired_bootstrap",
    "score_blocks",
]
