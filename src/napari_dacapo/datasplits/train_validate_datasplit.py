"""The usual data split: some datasets to train on, others to validate on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from napari_dacapo._config import config_field, implementation, iter_verify
from napari_dacapo.errors import DaCapoError

from .base import DataSplit, DataSplitConfig
from .datasets import Dataset, DatasetConfig

if TYPE_CHECKING:
    from collections.abc import Iterator


class TrainValidateDataSplit(DataSplit):
    """Datasets to train on and datasets to validate on."""

    def __init__(self, datasplit_config: TrainValidateDataSplitConfig) -> None:
        self.train = _open(datasplit_config.train_configs)
        self.validate = _open(datasplit_config.validate_configs)


def _open(configs: list[DatasetConfig]) -> list[Dataset]:
    # not by create_dataset, which would verify once more and open every array again
    return [implementation(config, "dataset_type")(config) for config in configs]


@attrs.define
class TrainValidateDataSplitConfig(DataSplitConfig):
    """Two lists of datasets: to train on and to validate on."""

    datasplit_type: ClassVar[type[DataSplit]] = TrainValidateDataSplit

    train_configs: list[DatasetConfig] = config_field(
        "The volumes the network learns from. Their pictures need the same voxel size."
    )
    validate_configs: list[DatasetConfig] = config_field(
        "The volumes the network is checked on; it never learns from them. Without "
        "any, nothing tells when the network is best."
    )

    def verify(self) -> tuple[bool, str]:
        """Return whether all datasets are valid and fit together.

        Opens the metadata of the arrays, reads no voxels.
        """
        valid, reason = super().verify()
        complaint = None if not valid else next(self._complaints(), None)
        return valid and complaint is None, complaint or reason

    def _complaints(self) -> Iterator[str]:
        lists = {
            "train_configs": self.train_configs,
            "validate_configs": self.validate_configs,
        }
        if not any(lists.values()):
            yield "train_configs: there is no dataset at all; add one"
        for field, configs in lists.items():
            yield from iter_verify(
                {f"{field}[{i}] ({c.name})": c for i, c in enumerate(configs)}
            )
            yield from _repeated_names(field, [config.name for config in configs])
        try:
            yield from self._voxel_sizes()
        except DaCapoError as error:  # abstract configs, or a file gone since then
            yield f"train_configs: {error}"

    def _voxel_sizes(self) -> Iterator[str]:
        # training draws all samples at one shape in voxels and one size in nm
        first = None
        for index, config in enumerate(self.train_configs):
            raw = implementation(config, "dataset_type")(config).raw
            first = first or raw
            if raw.voxel_size != first.voxel_size:
                yield (
                    f"train_configs[{index}] ({config.name}): raw has voxel size "
                    f"{raw.voxel_size} nm, but the first dataset has "
                    f"{first.voxel_size} nm; resample one of them"
                )


def _repeated_names(field: str, names: list[str]) -> Iterator[str]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield (
                f"{field}[{index}]: the name {name!r} is used twice; names tell "
                "datasets apart in scores and files, give each its own"
            )
