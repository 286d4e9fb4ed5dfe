"""Label volumes turned into one 0/1 channel per group of labels."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field

from ._derived import DerivedArrayConfig
from ._label_groups import LabelGroupsArray, to_groupings
from .base import ArrayConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi


class BinarizeArray(LabelGroupsArray):
    """One uint8 channel per group: 1 where the label belongs to it.

    The axes are ``c`` and those of the source. A label may belong to several groups. A
    group without labels takes all but the background; labels listed explicitly count
    even if they are the background.

    Parameters
    ----------
    array_config : BinarizeArrayConfig
        Source and groups.

    Raises
    ------
    ConfigError
        If the source has channels or the groups are not usable.
    """

    def __init__(self, array_config: BinarizeArrayConfig) -> None:
        super().__init__(array_config)
        #: the label that means "nothing"
        self.background = array_config.background

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint8)

    def _read(self, roi: Roi) -> NDArray[Any]:
        labels = self._source[roi]
        channels = [
            is_any_of(labels, ids) if ids else labels != self.background
            for _, ids in self.groupings
        ]
        return np.stack(channels).astype(np.uint8)


def is_any_of(labels: NDArray[Any], ids: Iterable[int]) -> NDArray[np.bool_]:
    """Return where `labels` is one of `ids`, exact also for ids above 2**53."""
    if labels.dtype == bool:
        labels = labels.view(np.uint8)
    if labels.dtype.kind in "iu":
        limits = np.iinfo(labels.dtype)
        ids = [i for i in ids if limits.min <= i <= limits.max]
    return np.isin(labels, np.array(list(ids), dtype=labels.dtype))


@attrs.define
class BinarizeArrayConfig(DerivedArrayConfig):
    """Labels grouped into classes: one 0/1 channel per class."""

    array_type = BinarizeArray

    source_array_config: ArrayConfig = config_field("The labels to group.")
    groupings: list[tuple[str, list[int]]] = config_field(
        "The classes: a name and the labels that belong to it. A class without labels "
        "takes every label except the background.",
        converter=to_groupings,
    )
    background: int = config_field(
        "The label that means 'nothing', used by classes without labels.",
        default=0,
        converter=index,
    )
