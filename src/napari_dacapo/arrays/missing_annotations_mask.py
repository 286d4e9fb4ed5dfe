"""A training mask that leaves out what was present in an image but not annotated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field

from ._derived import DerivedArray, DerivedArrayConfig
from ._label_groups import LabelGroupsArray, to_groupings
from .base import Array, ArrayConfig
from .zarr_array import ZarrArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi


class MissingAnnotationsMask(LabelGroupsArray):
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
        super().__init__(array_config)
        attributes = _annotation_attributes(self._source)
        missing = missing_labels(attributes)
        self._is_used = [
            not missing.intersection(ids)
            or bool(set(array_config.umbrella_ids).intersection(ids) - missing)
            for _, ids in self.groupings
        ]
        self._encoding = _cellmap_encoding(attributes)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(bool)

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


def _annotation_attributes(array: Array) -> dict[str, Any]:
    """Return the attributes of the stored array below `array`.

    What the array does not say is taken from the group around it: cellmap-schemas allow
    the annotation of a class to stand beside its multiscale metadata only.
    """
    while isinstance(array, DerivedArray):
        array = array.source_array
    node = array._node if isinstance(array, ZarrArray) else None  # noqa: SLF001
    group = None if node is None else node.parent
    return {**(group.attributes if group is not None else {}), **array.attrs}


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
