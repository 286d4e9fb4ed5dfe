"""A data split with one dummy dataset, for tests of the machinery around it."""

from __future__ import annotations

from typing import ClassVar

import attrs

from napari_dacapo._config import config_field, implementation

from .base import DataSplit, DataSplitConfig
from .datasets import DatasetConfig, DummyDatasetConfig


class DummyDataSplit(DataSplit):
    """One dataset to train on, none to validate on."""

    def __init__(self, datasplit_config: DummyDataSplitConfig) -> None:
        config = datasplit_config.train_config
        self.train = [implementation(config, "dataset_type")(config)]
        self.validate = []


@attrs.define
class DummyDataSplitConfig(DataSplitConfig):
    """One dataset to train on; never valid for training."""

    datasplit_type: ClassVar[type[DataSplit]] = DummyDataSplit

    train_config: DatasetConfig = config_field(
        "The dataset to train on.", factory=lambda: DummyDatasetConfig("dummy_dataset")
    )

    def verify(self) -> tuple[bool, str]:
        """Return that this data split cannot be used."""
        return False, f"{type(self).__name__} {self.name!r} is never valid"
