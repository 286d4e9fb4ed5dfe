"""The sum of several arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field

from ._derived import DerivedArray, DerivedArrayConfig, common_roi, open_sources
from .base import ArrayConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi


class SumArray(DerivedArray):
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
        common = np.result_type(*(source.dtype for source in self._sources))
        wide = {"b": np.uint64, "u": np.uint64, "i": np.int64}
        return np.dtype(wide.get(common.kind, common))

    def _read(self, roi: Roi) -> NDArray[Any]:
        total = self._sources[0][roi].astype(self.dtype)
        for source in self._sources[1:]:
            total += source[roi].astype(self.dtype, copy=False)
        return total


@attrs.define
class SumArrayConfig(DerivedArrayConfig):
    """The sum of several arrays."""

    array_type = SumArray

    source_array_configs: list[ArrayConfig] = config_field("The arrays to add up.")
