"""The sum of several arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field

from ._derived import CombinedArray, DerivedArrayConfig, open_sources
from .base import ArrayConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi


class SumArray(CombinedArray):
    """The elementwise sum of all sources where all of them have voxels.

    Integers and booleans are summed as 64-bit integers, so that nothing overflows.

    Parameters
    ----------
    array_config : SumArrayConfig
        Sources.

    Raises
    ------
    ConfigError
        If the sources do not fit together.
    """

    def __init__(self, array_config: SumArrayConfig) -> None:
        sources = open_sources(array_config.source_array_configs)
        super().__init__(sources, array_config.name)

    @property
    def dtype(self) -> np.dtype[Any]:
        dtypes = [source.dtype for source in self._sources.values()]
        kinds = {dtype.kind for dtype in dtypes}
        if kinds <= set("bui"):
            return np.dtype(np.int64 if "i" in kinds else np.uint64)
        return np.result_type(*dtypes)

    def _read(self, roi: Roi) -> NDArray[Any]:
        parts = (source[roi] for source in self._sources.values())
        total = next(parts).astype(self.dtype)
        for part in parts:
            total += part.astype(self.dtype, copy=False)
        return total


@attrs.define
class SumArrayConfig(DerivedArrayConfig):
    """The sum of several arrays."""

    array_type = SumArray

    source_array_configs: list[ArrayConfig] = config_field("The arrays to add up.")
