"""Data splits: what to train on and what to validate on."""

from __future__ import annotations

from .base import DataSplit, DataSplitConfig
from .dummy_datasplit import DummyDataSplit, DummyDataSplitConfig
from .train_validate_datasplit import (
    TrainValidateDataSplit,
    TrainValidateDataSplitConfig,
)

__all__ = [
    "DataSplit",
    "DataSplitConfig",
    "DummyDataSplit",
    "DummyDataSplitConfig",
    "TrainValidateDataSplit",
    "TrainValidateDataSplitConfig",
]
