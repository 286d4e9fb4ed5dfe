"""A dataset without ground truth, for tests of the machinery around it."""

from __future__ import annotations

from typing import ClassVar

import attrs

from napari_dacapo._config import config_field
from napari_dacapo.arrays import ArrayConfig, DummyArrayConfig
from napari_dacapo.arrays.base import open_array

from .base import Dataset, DatasetConfig


class DummyDataset(Dataset):
    """Raw data only."""

    def __init__(self, dataset_config: DummyDatasetConfig) -> None:
        self.name = dataset_config.name
        self.weight = dataset_config.weight
        self.raw = open_array(dataset_config.raw_config)


@attrs.define
class DummyDatasetConfig(DatasetConfig):
    """Raw data only; never valid for training."""

    dataset_type: ClassVar[type[Dataset]] = DummyDataset

    raw_config: ArrayConfig = config_field(
        "The picture.", factory=lambda: DummyArrayConfig("dummy_array")
    )

    def verify(self) -> tuple[bool, str]:
        """Return that this dataset cannot be used."""
        return False, f"{type(self).__name__} {self.name!r} is never valid"
