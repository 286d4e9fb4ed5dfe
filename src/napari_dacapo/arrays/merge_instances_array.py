"""Several volumes of instance labels united into one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError, DataError

from ._derived import CombinedArray, DerivedArrayConfig, open_sources
from .base import ArrayConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi


_LARGEST = int(np.iinfo(np.uint64).max)


class MergeInstancesArray(CombinedArray):
    """The objects of all sources, ids kept distinct, as uint64; 0 is background.

    The ids of each source are raised by a fixed amount, which leaves room for all ids
    that the types of the sources before it can hold, so a voxel has the same id in
    every region read, and nothing but that region is ever read. The first source
    keeps its ids. Where objects overlap, the later source wins. Labels below 0 count
    as background.

    Parameters
    ----------
    array_config : MergeInstancesArrayConfig
        Sources.

    Raises
    ------
    ConfigError
        If the sources do not fit together, have channels, or hold no integers.
    """

    def __init__(self, array_config: MergeInstancesArrayConfig) -> None:
        sources = open_sources(array_config.source_array_configs)
        for path, source in sources.items():
            if source.num_channels is not None or source.dtype.kind not in "bui":
                raise ConfigError(
                    f"{path}: {source} of type {source.dtype} is no volume of labels; "
                    "choose an integer array without channels"
                )
        super().__init__(sources, array_config.name)
        self._rooms = _rooms([source.dtype for source in sources.values()])

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint64)

    def _read(self, roi: Roi) -> NDArray[Any]:
        merged = np.zeros((roi.shape / self.voxel_size).as_integers(), np.uint64)
        increase = 0
        for (path, source), room in zip(
            self._sources.items(), self._rooms, strict=True
        ):
            labels = source[roi]
            if labels.size and (largest := int(labels.max())) > room:
                raise DataError(
                    f"{path}: the id {largest} does not fit into 64 bits together with "
                    f"those of the other sources (at most {room}); renumber the "
                    "objects from 1"
                )
            raised = labels.astype(np.uint64) + np.uint64(increase)
            np.copyto(merged, raised, where=labels > 0)
            increase += room
        return merged


def _rooms(dtypes: list[np.dtype[Any]]) -> list[int]:
    """Return the largest id that each source may have.

    Types of up to 32 bits get all their ids; 64-bit sources share 63 bits, so that ids
    usually fit into signed integers, too. The last source may use all that is left.
    """
    limits = [1 if d.kind == "b" else int(np.iinfo(d).max) for d in dtypes]
    wide = [i for i, d in enumerate(dtypes) if d.itemsize == 8]
    shared = _LARGEST // 2 - sum(n for i, n in enumerate(limits) if i not in wide)
    for i in wide:
        if i < len(dtypes) - 1:
            limits[i] = shared // len(wide)
    limits[-1] = min(limits[-1], _LARGEST - sum(limits[:-1]))
    return limits


@attrs.define
class MergeInstancesArrayConfig(DerivedArrayConfig):
    """Several volumes of objects united into one; objects keep distinct ids."""

    array_type = MergeInstancesArray

    source_array_configs: list[ArrayConfig] = config_field(
        "The volumes of labelled objects; where objects overlap, the later volume wins."
    )
