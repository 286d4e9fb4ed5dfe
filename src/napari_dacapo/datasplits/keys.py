"""The words of a dataset table, and one line of it."""

from __future__ import annotations

import re
from enum import Enum
from typing import Self

import attrs

from napari_dacapo.arrays.locations import Location, to_location
from napari_dacapo.errors import ConfigError


class UnknownOptionError(ConfigError, KeyError):
    """A word is not one of those allowed; the text lists them."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class _Option(Enum):
    """Words that are read without regard to case."""

    @classmethod
    def parse(cls, word: str | Self) -> Self:
        """Return the option called `word`.

        Raises
        ------
        UnknownOptionError
            If there is none, a `KeyError`.
        """
        if isinstance(word, cls):
            return word
        found = {option.name: option for option in cls}.get(str(word).strip().lower())
        if found is None:
            raise UnknownOptionError(
                f"{cls.__name__}: {word!r} is not one of "
                f"{', '.join(option.name for option in cls)}"
            )
        return found

    def __str__(self) -> str:
        return str(self.name)


class DatasetType(_Option):
    """Whether a dataset is learned from or validated on."""

    train = 1
    val = 2


def _to_dataset_type(word: str | DatasetType) -> DatasetType:
    return DatasetType.parse(word)


class SegmentationType(_Option):
    """Whether classes are told apart (semantic) or single objects (instance)."""

    semantic = 1
    instance = 2


def to_segmentation_type(word: str | SegmentationType) -> SegmentationType:
    """Return the segmentation type called `word`."""
    return SegmentationType.parse(word)


@attrs.frozen
class DatasetSpec:
    """Raw data and ground truth that belong together, and what they are for.

    Parameters
    ----------
    dataset_type : DatasetType or {"train", "val"}
        Whether the dataset is learned from or validated on.
    raw_container, gt_container : Path or Url
        Containers (``.zarr`` or ``.n5``), on this machine or at an address.
    raw_dataset : str
        Path of the raw array, or of a group of resolution levels, in its container.
    gt_dataset : str
        The same for ground truth, with the classes in brackets: ``labels/[mito&er]``
        stands for the labels ``labels/mito`` and ``labels/er``.
    """

    dataset_type: DatasetType = attrs.field(converter=_to_dataset_type)
    raw_container: Location = attrs.field(converter=to_location)
    raw_dataset: str
    gt_container: Location = attrs.field(converter=to_location)
    gt_dataset: str

    def __str__(self) -> str:
        return f"{self.raw_container.stem}_{self.gt_dataset}"


def split_class_names(text: str, separator: str) -> tuple[list[str], list[str]]:
    """Return the datasets and the classes that ``prefix/[a&b]`` stands for.

    Raises
    ------
    ConfigError
        If there is no ``[...]`` at the end, or a class is empty or named twice.
    """
    prefix, bracket, rest = text.strip().rstrip("/").partition("[")
    if not bracket or not rest.endswith("]"):
        raise ConfigError(
            f"gt_dataset: {text!r} does not name its classes; write them in brackets "
            f"at the end, such as labels/[mito] or labels/[mito{separator}er]"
        )
    classes = [name.strip() for name in rest[:-1].split(separator)]
    if not all(classes) or len(set(classes)) < len(classes):
        raise ConfigError(
            f"gt_dataset: {text!r} has a class that is empty or named twice"
        )
    return [f"{prefix}{name}" for name in classes], classes


def clean_name(name: str) -> str:
    """Return `name` without what file names cannot hold, and without doubled ``_``."""
    return re.sub(r"_{2,}", "_", re.sub(r'[\s/\\:*?"<>|\[\]\']+', "_", name)).strip(
        "_."
    )


def unused_name(name: str, taken: list[str]) -> str:
    """Return `name`, numbered if it is among those `taken`."""
    candidates = (name, *(f"{name}_{n}" for n in range(2, len(taken) + 2)))
    return next(candidate for candidate in candidates if candidate not in taken)
