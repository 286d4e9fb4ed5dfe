"""Several volumes of instance labels united into one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError, DataError

from ._blocks import iter_blocks
from ._derived import DerivedArray, DerivedArrayConfig, common_roi, open_sources
from .base import Array, ArrayConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi

_LARGEST = int(np.iinfo(np.uint64).max)


class MergeInstancesArray(DerivedArray):
    """The objects of all sources, ids kept distinct, as uint64; 0 is background.

    The ids of each source are raised by the largest id of all sources before it, taken
    over their whole volumes (read once, on the first use), so a voxel has the same id
    in every region read. Where objects overlap, the later source wins.

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
        self._sources = list(sources.values())
        self._roi = common_roi(sources)
        super().__init__(self._sources[0])

    @property
    def attrs(self) -> dict[str, Any]:
        return {}

    @property
    def roi(self) -> Roi:
        return self._roi

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint64)

    @cached_property
    def _raises(self) -> list[int]:
        """What is added to the ids of each source."""
        raises = [0]
        for source in self._sources:
            raises.append(raises[-1] + _largest_id(source))
        if raises[-1] > _LARGEST:
            raise DataError(
                "the ids of all sources together do not fit into 64 bits; renumber "
                "their objects from 1"
            )
        return raises[:-1]

    def _read(self, roi: Roi) -> NDArray[Any]:
        merged: NDArray[np.uint64] | None = None
        for source, increase in zip(self._sources, self._raises, strict=True):
            labels = source[roi]
            raised = labels.astype(np.uint64) + np.uint64(increase)
            if merged is None:
                merged = np.zeros(labels.shape, dtype=np.uint64)
            np.copyto(merged, raised, where=labels > 0)
        return np.asarray(merged)


def _largest_id(source: Array) -> int:
    return max((int(block.max()) for block in iter_blocks(source)), default=0)


@attrs.define
class MergeInstancesArrayConfig(DerivedArrayConfig):
    """Several volumes of objects united into one; objects keep distinct ids."""

    array_type = MergeInstancesArray

    source_array_configs: list[ArrayConfig] = config_field(
        "The volumes of labelled objects; where objects overlap, the later volume wins."
    )
