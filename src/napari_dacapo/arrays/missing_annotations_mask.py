"""A training mask that leaves out what was present in an image but not annotated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field

from ._derived import (
    DerivedArray,
    DerivedArrayConfig,
    open_source,
    require_no_channels,
)
from .base import CHANNEL_AXIS, ArrayConfig
from .binarize_array import check_groupings, to_groupings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi


class MissingAnnotationsMask(DerivedArray):
    """One boolean channel per group: where its labels can be trusted (1 = use).

    Two kinds of metadata of the source are understood; without any, label 0 is not
    trusted and all else is.

    - ``labels`` (fibsem-tools): a list of ``{"value": id, "annotationState":
      {"present": bool, "annotated": bool or "dense" or "sparse" or "empty"}}``. Label 0
      is not trusted. A group with a label that is present but not annotated is left out
      altogether.
    - ``cellmap.annotation`` (cellmap-schemas): the values with a meaning are listed in
      ``annotation_type.encoding``; voxels with the value of ``unknown`` are not
      trusted, all others are, ``absent`` included.

    Parameters
    ----------
    array_config : MissingAnnotationsMaskConfig
        Source and groups.

    Raises
    ------
    ConfigError
        If the source has channels or the groups are not usable.
    """

    def __init__(self, array_config: MissingAnnotationsMaskConfig) -> None:
        super().__init__(open_source(array_config.source_array_config))
        require_no_channels(self._source, "the mask")
        check_groupings(array_config.groupings)
        self._groupings = array_config.groupings
        missing = missing_labels(self._source.attrs)
        self._is_used = [
            not missing.intersection(ids)
            or bool(set(array_config.umbrella_ids).intersection(ids) - missing)
            for _, ids in self._groupings
        ]
        self._encoding = _cellmap_encoding(self._source.attrs)

    @property
    def axes(self) -> list[str]:
        return [CHANNEL_AXIS, *self._source.axes]

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(bool)

    @property
    def num_channels(self) -> int | None:
        return len(self._groupings)

    @property
    def channels(self) -> list[str] | None:
        return [name for name, _ in self._groupings]

    def _read(self, roi: Roi) -> NDArray[Any]:
        labels = self._source[roi]
        if self._encoding is None:
            trusted = labels > 0
        else:
            unknown = self._encoding.get("unknown")
            trusted = np.ones(labels.shape, dtype=bool)
            if unknown is not None:
                trusted = labels != unknown
        return np.stack([trusted & used for used in self._is_used])


def missing_labels(attributes: dict[str, Any]) -> set[int]:
    """Return the labels that are present but not annotated, by the ``labels`` list.

    Entries that are not as expected are passed over: the list is free-form metadata
    that differs between versions of the tools that write it.
    """
    listed = attributes.get("labels")
    missing = set()
    for entry in listed if isinstance(listed, list) else []:
        state = entry.get("annotationState") if isinstance(entry, dict) else None
        if not isinstance(state, dict) or not isinstance(entry.get("value"), int):
            continue
        if state.get("present") and state.get("annotated") in (None, False, "empty"):
            missing.add(entry["value"])
    return missing


def _cellmap_encoding(attributes: dict[str, Any]) -> dict[str, Any] | None:
    """Return the values with a meaning, or `None` without cellmap annotation."""
    value: Any = attributes
    for key in ("cellmap", "annotation", "annotation_type", "encoding"):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else None


@attrs.define
class MissingAnnotationsMaskConfig(DerivedArrayConfig):
    """A mask that leaves out classes whose labels were not drawn everywhere."""

    array_type = MissingAnnotationsMask

    source_array_config: ArrayConfig = config_field("The labels with their metadata.")
    groupings: list[tuple[str, list[int]]] = config_field(
        "The classes: a name and the labels that belong to it, as for the targets.",
        converter=to_groupings,
    )
    umbrella_ids: list[int] = config_field(
        "Labels that stand for a whole (such as 37, the whole nucleus): a class that "
        "has one is used as long as that label is annotated, even if parts are not.",
        factory=list,
        converter=list,
        advanced=True,
    )
