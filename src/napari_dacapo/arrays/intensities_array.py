"""Picture intensities scaled so that a chosen range becomes 0 to 1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError

from ._derived import DerivedArray, DerivedArrayConfig, open_source
from .base import ArrayConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi


class IntensitiesArray(DerivedArray):
    """``(x - min) / (max - min)`` as float32, not clipped; axes as in the source.

    Parameters
    ----------
    array_config : IntensitiesArrayConfig
        Source and range.

    Raises
    ------
    ConfigError
        If `min` equals `max`, or one of them is NaN or infinite.
    """

    def __init__(self, array_config: IntensitiesArrayConfig) -> None:
        super().__init__(
            open_source(array_config.source_array_config), array_config.name
        )
        #: the intensities that become 0 and 1
        self.min, self.max = array_config.min, array_config.max
        for field in ("min", "max"):
            if not math.isfinite(getattr(self, field)):
                raise ConfigError(
                    f"{field}: {getattr(self, field)} is no intensity; enter a number"
                )
        if self.min == self.max:
            raise ConfigError(
                f"max: {self.max:g} equals min, so there is no range to scale; enter "
                "the darkest and the brightest intensity of interest"
            )

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float32)

    def _read(self, roi: Roi) -> NDArray[Any]:
        values = self._source[roi]
        # float32 cannot tell large integers apart before the minimum is taken off
        precise = np.result_type(values.dtype, np.float32)
        scaled = (values.astype(precise) - self.min) / (self.max - self.min)
        return scaled.astype(np.float32, copy=False)


@attrs.define
class IntensitiesArrayConfig(DerivedArrayConfig):
    """Picture intensities scaled to 0 to 1 (values outside the range are kept)."""

    array_type = IntensitiesArray

    source_array_config: ArrayConfig = config_field("The picture to scale.")
    min: float = config_field(
        "The intensity that becomes 0, for example the darkest one.", converter=float
    )
    max: float = config_field(
        "The intensity that becomes 1, for example 255 for 8-bit pictures.",
        converter=float,
    )
