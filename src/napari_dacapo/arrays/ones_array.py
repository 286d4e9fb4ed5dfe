"""A mask that uses everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field

from ._derived import DerivedArray, DerivedArrayConfig, open_source
from .base import NON_SPATIAL_AXES, Array, ArrayConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi


class OnesArray(DerivedArray):
    """Boolean ones wherever the source has voxels; the source is never read.

    Parameters
    ----------
    array_config : OnesArrayConfig
        Source.
    """

    def __init__(self, array_config: OnesArrayConfig) -> None:
        super().__init__(open_source(array_config.source_array_config))

    @classmethod
    def like(cls, array: Array) -> OnesArray:
        """Return ones with the axes, channels and place of `array`."""
        self = cls.__new__(cls)
        DerivedArray.__init__(self, array)
        return self

    @property
    def attrs(self) -> dict[str, Any]:
        return {}

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(bool)

    def _read(self, roi: Roi) -> NDArray[Any]:
        spatial = iter(self.check_roi(roi).shape.as_integers())
        shape = [
            self._length(a) if a in NON_SPATIAL_AXES else next(spatial)
            for a in self.axes
        ]
        return np.ones(shape, dtype=bool)

    def _length(self, axis: str) -> int:
        if axis == "c" and self.num_channels is not None:
            return self.num_channels
        return int(self._source.data.shape[self.axes.index(axis)])


@attrs.define
class OnesArrayConfig(DerivedArrayConfig):
    """A mask of ones: every voxel of another array is used."""

    array_type = OnesArray

    source_array_config: ArrayConfig = config_field(
        "The array whose place and size the mask takes over."
    )
