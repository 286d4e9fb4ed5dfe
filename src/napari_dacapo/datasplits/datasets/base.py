"""A dataset pairs raw data with ground truth, mask and sampling weight."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, ClassVar

import attrs

from napari_dacapo._config import build, config_field, name_field
from napari_dacapo._registry import Registered

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array
    from napari_dacapo.geometry import Coordinate


class Dataset(ABC):
    """Raw data, what is known about it, and how often training looks at it.

    Attributes
    ----------
    name : str
        Identifies the dataset; equality and hash go by class and name.
    raw : Array
        The picture.
    gt : Array or None
        Ground truth; may be finer than `raw` and cover another box.
    mask : Array or None
        1 = use this voxel for loss and scores, 0 = ignore it.
    weight : float
        Relative frequency with which training draws from this dataset.
    sample_points : list of Coordinate or None
        World coordinates around which training takes its crops.
    """

    name: str
    raw: Array
    gt: Array | None = None
    mask: Array | None = None
    weight: float = 1
    sample_points: list[Coordinate] | None = None

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.name == self.name

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.name))

    def __str__(self) -> str:
        return f"Dataset({self.name})"

    __repr__ = __str__


@attrs.define
class DatasetConfig(Registered):
    """Base of all dataset configs."""

    dataset_type: ClassVar[type[Dataset]]

    name: str = name_field("dataset")
    weight: float = config_field(
        "How often training draws from this dataset, relative to the others.",
        default=1,
        minimum=0,
        exclusive_minimum=True,
        advanced=True,
    )

    def verify(self) -> tuple[bool, str]:
        """Return whether the dataset can be used, and if not why."""
        return True, f"{type(self).__name__} {self.name!r} is valid"

    def create_dataset(self) -> Dataset:
        """Open the dataset.

        Raises
        ------
        ConfigError
            If the config is invalid, with the text of `verify`.
        """
        dataset: Dataset = build(self, "dataset_type")
        return dataset
