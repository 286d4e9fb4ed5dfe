"""Data splits made from a list of stored volumes."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.arrays import ArrayConfig, IntensitiesArrayConfig
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, plain

from ._at_resolution import AtResolution, at_resolution
from ._checks import at_least, not_empty, to_resolution, to_specs, to_targets
from ._ground_truth import semantic_ground_truth
from .dataset_table import read_dataset_table, write_dataset_table
from .datasets import RawGTDatasetConfig
from .keys import (
    DatasetSpec,
    DatasetType,
    SegmentationType,
    clean_name,
    split_class_names,
    to_segmentation_type,
    unused_name,
)
from .train_validate_datasplit import TrainValidateDataSplitConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger(__name__)


@attrs.define
class DataSplitGenerator:
    """Makes the config of a data split from stored volumes of any resolution.

    Raw data and labels are brought to one resolution: of a group of levels the
    coarsest that loses nothing is taken, then voxels are joined or divided as needed
    (raw by interpolation, labels by the nearest voxel).

    Parameters
    ----------
    name : str
        Beginning of the name of the data split.
    datasets : sequence of DatasetSpec
        The volumes; all need the same classes.
    input_resolution, output_resolution : sequence of numbers
        Voxel size of raw and of ground truth, in nm.
    targets : sequence of str, optional
        The classes to learn, in the order of the output channels; default: all classes
        of the volumes. Classes that the volumes do not have are masked out.
    segmentation_type : SegmentationType or {"semantic", "instance"}
        "semantic": one channel per class; every label but 0 belongs to the class.
        "instance": the labels of the one class are kept.
    max_gt_downsample, max_gt_upsample : float
        Volumes whose labels would have to be resampled by more, along any axis, are
        left out.
    max_raw_training_downsample, max_raw_training_upsample : float
        The same for raw data of training volumes.
    max_raw_validation_downsample, max_raw_validation_upsample : float
        The same for raw data of validation volumes.
    min_training_volume_size : int
        Training volumes with fewer ground truth voxels are left out.
    raw_min, raw_max : float
        Intensities that become 0 and 1.
    classes_separator_caracter : str
        Stands between the classes in ``gt_dataset``.
    classes_separator_character : str, optional
        The same, spelt right; takes precedence.

    Attributes
    ----------
    skipped : list of str
        Which volumes the last `compute` left out, and why.

    Raises
    ------
    ConfigError
        If a resolution, limit, target or separator cannot be used.
    """

    name: str
    datasets: list[DatasetSpec] = attrs.field(converter=to_specs)
    input_resolution: Coordinate = attrs.field(converter=to_resolution)
    output_resolution: Coordinate = attrs.field(converter=to_resolution)
    targets: list[str] | None = attrs.field(default=None, converter=to_targets)
    segmentation_type: SegmentationType = attrs.field(
        default=SegmentationType.semantic, converter=to_segmentation_type
    )
    max_gt_downsample: float = attrs.field(default=32, validator=at_least(1))
    max_gt_upsample: float = attrs.field(default=4, validator=at_least(1))
    max_raw_training_downsample: float = attrs.field(default=16, validator=at_least(1))
    max_raw_training_upsample: float = attrs.field(default=2, validator=at_least(1))
    max_raw_validation_downsample: float = attrs.field(default=8, validator=at_least(1))
    max_raw_validation_upsample: float = attrs.field(default=2, validator=at_least(1))
    min_training_volume_size: int = attrs.field(default=8000, validator=at_least(0))
    raw_min: float = 0
    raw_max: float = 255
    classes_separator_caracter: str = attrs.field(default="&", validator=not_empty)
    classes_separator_character: str | None = attrs.field(
        default=None, validator=not_empty
    )
    skipped: list[str] = attrs.field(factory=list, init=False)
    _class_name: list[str] | None = attrs.field(default=None, init=False)

    @staticmethod
    def generate_from_csv(
        csv_path: Path | str,
        input_resolution: Iterable[float],
        output_resolution: Iterable[float],
        name: str | None = None,
        **kwargs: Any,
    ) -> DataSplitGenerator:
        """Return a generator for the volumes of a dataset table.

        Parameters
        ----------
        csv_path : Path
            The table, see `read_dataset_table`.
        input_resolution, output_resolution : sequence of numbers
            Voxel size of raw and of ground truth, in nm.
        name : str, optional
            By default the name of the file.
        **kwargs
            Further parameters of `DataSplitGenerator`.

        Raises
        ------
        DataNotFoundError
            If the file does not exist, a `FileNotFoundError`.
        ConfigError
            If a line of the table is wrong.
        """
        path = Path(csv_path)
        return DataSplitGenerator(
            name or path.stem,
            read_dataset_table(path),
            input_resolution,
            output_resolution,
            **kwargs,
        )

    @staticmethod
    def generate_csv(datasets: Iterable[DatasetSpec], csv_path: Path | str) -> None:
        """Write the table that `generate_from_csv` reads."""
        write_dataset_table(datasets, Path(csv_path))

    @property
    def class_name(self) -> list[str] | None:
        """The classes of the volumes, once `compute` has met the first."""
        return self._class_name

    @class_name.setter
    def class_name(self, class_name: list[str]) -> None:
        if self._class_name is not None:
            raise ConfigError(
                f"the classes are {self._class_name} already; make a new generator for "
                f"{class_name}"
            )
        self._class_name = class_name

    @property
    def separator(self) -> str:
        """What stands between classes in ``gt_dataset``."""
        return self.classes_separator_character or self.classes_separator_caracter

    def check_class_name(self, class_name: str) -> tuple[list[str], list[str]]:
        """Return the dataset paths and the classes that a ``gt_dataset`` stands for.

        The first call decides which classes there are.

        Raises
        ------
        ConfigError
            If the text names no classes, or others than before.
        """
        paths, classes = split_class_names(class_name, self.separator)
        if self._class_name is None:
            self.class_name = classes
        elif classes != self._class_name:
            raise ConfigError(
                f"gt_dataset: {class_name!r} has the classes {', '.join(classes)}, but "
                f"those before have {', '.join(self._class_name)}; all datasets of a "
                "data split need the same classes in the same order"
            )
        return paths, classes

    def compute(self) -> TrainValidateDataSplitConfig:
        """Return the config of the data split; opens metadata, reads no voxels.

        Raises
        ------
        DataNotFoundError
            If an array does not exist, a `FileNotFoundError`.
        ConfigError
            If classes are missing or differ, or every volume had to be left out.
        """
        if not self.datasets:
            raise ConfigError("datasets: there are none; add at least one")
        self.skipped = []
        split = TrainValidateDataSplitConfig(self._split_name(), [], [])
        for spec in self.datasets:
            parts = split.validate_configs
            if spec.dataset_type is DatasetType.train:
                parts = split.train_configs
            reason, dataset = self._dataset(spec)
            if reason is None:
                dataset.name = unused_name(dataset.name, [part.name for part in parts])
                parts.append(dataset)
            else:
                self.skipped.append(f"{spec} ({spec.dataset_type}): {reason}")
                logger.warning("left out %s", self.skipped[-1])
        if not split.train_configs and not split.validate_configs:
            reasons = "\n".join(self.skipped)
            raise ConfigError(f"datasets: none can be used:\n{reasons}")
        return split

    def _dataset(self, spec: DatasetSpec) -> tuple[str | None, RawGTDatasetConfig]:
        """Return why `spec` cannot be used (or `None`), and its config."""
        paths, classes = self.check_class_name(spec.gt_dataset)
        raw = self._raw(spec)
        labels = [self._labels(spec, path) for path in paths]
        gt, mask = self._ground_truth(spec, classes, [found.config for found in labels])
        config = RawGTDatasetConfig(
            name=self._name(spec),
            raw_config=IntensitiesArrayConfig(
                name=f"{raw.config.name}_scaled",
                source_array_config=raw.config,
                min=self.raw_min,
                max=self.raw_max,
            ),
            gt_config=gt,
            mask_config=mask,
        )
        return self._reason_to_skip(spec, raw, labels), config

    def _raw(self, spec: DatasetSpec) -> AtResolution:
        name = clean_name(f"raw_{spec.raw_container.stem}_{spec.raw_dataset}")
        return at_resolution(
            spec.raw_container, spec.raw_dataset, self.input_resolution, name, order=1
        )

    def _labels(self, spec: DatasetSpec, path: str) -> AtResolution:
        name = clean_name(f"gt_{spec.gt_container.stem}_{path}")
        return at_resolution(
            spec.gt_container, path, self.output_resolution, name, order=0
        )

    def _ground_truth(
        self, spec: DatasetSpec, classes: list[str], labels: list[ArrayConfig]
    ) -> tuple[ArrayConfig, ArrayConfig | None]:
        """Return the configs of ground truth and, where classes are missing, mask."""
        targets = list(self.targets or classes)
        if self.segmentation_type is SegmentationType.instance:
            if len(classes) != 1 or targets != classes:
                raise ConfigError(
                    "segmentation_type: objects of one class are told apart at a time, "
                    f"got the classes {', '.join(classes)} and the targets "
                    f"{', '.join(targets)}"
                )
            channels = labels[0].create_array().num_channels
            if channels is not None:
                raise ConfigError(
                    f"gt_dataset: {spec.gt_dataset!r} has {channels} channels, but "
                    "objects are told apart in a label volume without channels; "
                    "choose another array"
                )
            return labels[0], None
        by_class = dict(zip(classes, labels, strict=True))
        return semantic_ground_truth(self._name(spec), by_class, targets)

    def _reason_to_skip(
        self, spec: DatasetSpec, raw: AtResolution, labels: list[AtResolution]
    ) -> str | None:
        training = spec.dataset_type is DatasetType.train
        kind = "training" if training else "validation"
        limits = [(raw, f"raw_{kind}"), *((found, "gt") for found in labels)]
        for found, part in limits:
            for what in ("downsample", "upsample"):
                limit = getattr(self, f"max_{part}_{what}")
                needed = getattr(found, what)
                if needed > limit:
                    return (
                        f"{found.config.name} would have to be {what}d by "
                        f"{plain(needed):g}; max_{part}_{what} is {limit:g}"
                    )
        size = min(math.prod(f.config.create_array().shape) for f in labels)
        if training and size < self.min_training_volume_size:
            return (
                f"ground truth has {size} voxels; min_training_volume_size is "
                f"{self.min_training_volume_size}"
            )
        return None

    def _name(self, spec: DatasetSpec) -> str:
        return clean_name(f"{spec}_{self._res}")

    def _split_name(self) -> str:
        first = self.datasets[0].gt_dataset
        classes = self.separator.join(split_class_names(first, self.separator)[1])
        return clean_name(f"{self.name}_{self.segmentation_type}_{classes}_{self._res}")

    @property
    def _res(self) -> str:
        return f"{plain(self.output_resolution[0]):g}nm"

    def __str__(self) -> str:
        return f"{type(self).__name__}:{self._split_name()}"
