"""Arrays that keep their axes, voxel size and region as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import CHANNEL_AXIS, NON_SPATIAL_AXES, Array

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_dacapo.geometry import Coordinate, Roi


class LocatedArray(Array):
    """An array that knows its place; values come from `data`, which is indexable.

    Subclasses call `_locate` when they are made, and define `data` or else `dtype`,
    `num_channels` and `_read`.
    """

    _axes: list[str]
    _voxel_size: Coordinate
    _roi: Roi

    def _locate(self, axes: Sequence[str], voxel_size: Coordinate, roi: Roi) -> None:
        self._axes, self._voxel_size, self._roi = list(axes), voxel_size, roi

    @property
    def axes(self) -> list[str]:
        return list(self._axes)

    @property
    def voxel_size(self) -> Coordinate:
        return self._voxel_size

    @property
    def roi(self) -> Roi:
        return self._roi

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self.data.dtype
        return dtype

    @property
    def num_channels(self) -> int | None:
        if CHANNEL_AXIS not in self._axes:
            return None
        return int(self.data.shape[self._axes.index(CHANNEL_AXIS)])

    def _index(self, roi: Roi) -> tuple[slice, ...]:
        """Return where `roi` lies in `data`."""
        spatial = iter(self.check_roi(roi).to_slices())
        return tuple(
            slice(None) if axis in NON_SPATIAL_AXES else next(spatial)
            for axis in self._axes
        )

    def _read(self, roi: Roi) -> NDArray[Any]:
        values: NDArray[Any] = self.data[self._index(roi)]
        return values
