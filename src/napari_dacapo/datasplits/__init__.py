"""Data splits: what to train on and what to validate on."""

from __future__ import annotations

from .base import DataSplit, DataSplitConfig
from .dummy_datasplit import DummyDataSplit, DummyDataSplitConfig
from .generator import DataSplitGenerator
from .keys import DatasetSpec, DatasetType, SegmentationType
from .train_validate_datasplit import (
    TrainValidateDataSplit,
    TrainValidateDataSplitConfig,
)

__all__ = [
    "DataSplit",
    "DataSplitConfig",
    "DataSplitGenerator",
    "DatasetSpec",
    "DatasetType",
    "DummyDataSplit",
    "DummyDataSplitConfig",
    "SegmentationType",
    "TrainValidateDataSplit",
    "TrainValidateDataSplitConfig",
]
