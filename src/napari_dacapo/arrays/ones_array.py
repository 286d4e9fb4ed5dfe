"""A mask that uses everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field

from ._derived import (
    DerivedArray,
    DerivedArrayConfig,
    open_source,
    shape_of,
)
from .base import Array, ArrayConfig

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
        super().__init__(
            open_source(array_config.source_array_config), array_config.name
        )

    @classmethod
    def like(cls, array: Array) -> OnesArray:
        """Return ones with the axes, channels and place of `array`."""
        self = cls.__new__(cls)
        DerivedArray.__init__(self, array, getattr(array, "name", ""))
        return self

    @property
    def attrs(self) -> dict[str, Any]:
        return {}

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(bool)

    def _read(self, roi: Roi) -> NDArray[Any]:
        return np.ones(shape_of(self, self.check_roi(roi)), dtype=bool)


@attrs.define
class OnesArrayConfig(DerivedArrayConfig):
    """A mask of ones: every voxel of another array is used."""

    array_type = OnesArray

    source_array_config: ArrayConfig = config_field(
        "The array whose place and size the mask takes over."
    )
