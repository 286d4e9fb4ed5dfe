"""The union of the channels of a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field

from ._derived import DerivedArray, DerivedArrayConfig, open_source
from .base import CHANNEL_AXIS, ArrayConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi


class LogicalOrArray(DerivedArray):
    """1 (uint8) where any channel of the source is not 0; axes without ``c``.

    Parameters
    ----------
    array_config : LogicalOrArrayConfig
        Source.
    """

    def __init__(self, array_config: LogicalOrArrayConfig) -> None:
        super().__init__(
            open_source(array_config.source_array_config), array_config.name
        )

    @property
    def axes(self) -> list[str]:
        return [axis for axis in self._source.axes if axis != CHANNEL_AXIS]

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint8)

    @property
    def num_channels(self) -> int | None:
        return None

    @property
    def channels(self) -> list[str] | None:
        return None

    def _read(self, roi: Roi) -> NDArray[Any]:
        values = self._source[roi]
        if CHANNEL_AXIS in self._source.axes:
            values = np.any(values, axis=self._source.axes.index(CHANNEL_AXIS))
        union: NDArray[np.uint8] = np.not_equal(values, 0).astype(np.uint8)
        return union


@attrs.define
class LogicalOrArrayConfig(DerivedArrayConfig):
    """1 wherever any channel of another array is set."""

    array_type = LogicalOrArray

    source_array_config: ArrayConfig = config_field("The channels to unite.")
