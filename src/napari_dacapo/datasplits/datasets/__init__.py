"""Datasets: raw data, ground truth and mask that belong together."""

from __future__ import annotations

from .base import Dataset, DatasetConfig
from .dummy_dataset import DummyDataset, DummyDatasetConfig
from .graphstores import GraphStore, GraphStoreConfig, PointList, PointListConfig
from .raw_gt_dataset import RawGTDataset, RawGTDatasetConfig

__all__ = [
    "Dataset",
    "DatasetConfig",
    "DummyDataset",
    "DummyDatasetConfig",
    "GraphStore",
    "GraphStoreConfig",
    "PointList",
    "PointListConfig",
    "RawGTDataset",
    "RawGTDatasetConfig",
]
