"""A part of another array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Roi, world_to_voxels

from ._derived import DerivedArray, DerivedArrayConfig, open_source
from .base import ArrayConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray


class CropArray(DerivedArray):
    """The source, restricted to the part of a box that it covers.

    Parameters
    ----------
    array_config : CropArrayConfig
        Source and box.

    Raises
    ------
    ConfigError
        If the box misses the source or does not lie on its voxel grid.
    """

    def __init__(self, array_config: CropArrayConfig) -> None:
        super().__init__(
            open_source(array_config.source_array_config), array_config.name
        )
        #: the box asked for; `roi` is the part of it that the source covers
        self.crop_roi = array_config.roi
        wanted, whole = array_config.roi, self._source.roi
        if wanted.dims != whole.dims:
            raise ConfigError(
                f"roi: {wanted} has {wanted.dims} axes, the source has {whole.dims}"
            )
        self._roi = wanted.intersect(whole)
        if self._roi.empty:
            raise ConfigError(f"roi: {wanted} lies outside the source, {whole}")
        try:
            world_to_voxels(self._roi, whole.offset, self._source.voxel_size)
        except ValueError as error:
            raise ConfigError(
                f"roi: {error}; move its faces onto the grid, such as to "
                f"{self._on_grid(self._roi)}"
            ) from None

    def _on_grid(self, roi: Roi) -> Roi:
        """Return the box nearest to `roi` in whole voxels of the source, at least 1."""
        begin, size = self._source.roi.begin, self._source.voxel_size
        near = (roi - begin).snap_to_grid(size, mode="closest") + begin
        return near if not near.empty else (roi - begin).snap_to_grid(size) + begin

    @property
    def roi(self) -> Roi:
        return self._roi

    def _read(self, roi: Roi) -> NDArray[Any]:
        return self._source[roi]


@attrs.define
class CropArrayConfig(DerivedArrayConfig):
    """A part of another array."""

    array_type = CropArray

    source_array_config: ArrayConfig = config_field("The array to take a part of.")
    roi: Roi = config_field(
        "The part: its lower corner and its extent, in world units.",
        unit="nm",
        converter=Roi.coerce,
    )
