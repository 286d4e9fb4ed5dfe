"""A data split says which datasets train the network and which validate it."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, ClassVar

import attrs

from napari_dacapo._config import build, name_field
from napari_dacapo._registry import Registered

if TYPE_CHECKING:
    from .datasets import Dataset


class DataSplit(ABC):
    """Datasets to train on and datasets to validate on."""

    train: list[Dataset]
    validate: list[Dataset]


@attrs.define
class DataSplitConfig(Registered):
    """Base of all data split configs."""

    datasplit_type: ClassVar[type[DataSplit]]

    name: str = name_field("data split")

    def verify(self) -> tuple[bool, str]:
        """Return whether the data split can be used, and if not why."""
        return True, f"{type(self).__name__} {self.name!r} is valid"

    def create_datasplit(self) -> DataSplit:
        """Open all datasets.

        Raises
        ------
        ConfigError
            If the config is invalid, with the text of `verify`.
        """
        datasplit: DataSplit = build(self, "datasplit_type")
        return datasplit
