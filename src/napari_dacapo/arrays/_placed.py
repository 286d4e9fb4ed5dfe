"""Stored voxels with a place in the world: what zarr, N5 and TIFF arrays share."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi, world_to_voxels

from ._axis_names import SPATIAL_AXES
from ._located import LocatedArray
from ._stored import Source, StoredArray
from .base import CHANNEL_AXIS, NON_SPATIAL_AXES

if TYPE_CHECKING:
    import numpy as np

    from ._placement import Placement

logger = logging.getLogger(__name__)


class PlacedArray(LocatedArray):
    """Stored voxels, shown with the axes ``c z y x`` whatever the stored order.

    Time, batch and sample axes of length 1 are dropped. What had to be assumed about
    the place is logged once per array and kept in `notes`.

    Parameters
    ----------
    source : Source
        The stored voxels.
    placement : Placement
        Their place.
    dtype : dtype
        Type of the values that reading returns.
    description : str
        Path for error messages.
    keep_order : bool
        Whether the spatial axes are shown in stored order.
    grid : Coordinate, optional
        Spacing (nm) of a grid to which the region is shrunk; voxels stay where they
        are.

    Raises
    ------
    ConfigError
        If a voxel grid and `grid` do not fit together.
    """

    def __init__(
        self,
        source: Source,
        placement: Placement,
        dtype: np.dtype[Any],
        description: str,
        *,
        keep_order: bool = False,
        grid: Coordinate | None = None,
    ) -> None:
        for note in placement.notes:
            _tell_once(note)
        self._placement, self._description = placement, description
        self._order = shown_axes(placement, source.shape, keep_order)
        axes = [placement.axes[i] for i in self._order]
        voxel_size = self._shown(placement.voxel_size, axes)
        offset = self._shown(placement.offset, axes)
        shape = [
            source.shape[i]
            for i, axis in zip(self._order, axes, strict=True)
            if axis not in NON_SPATIAL_AXES
        ]
        whole = Roi(offset, Coordinate(shape) * voxel_size)
        roi = whole if grid is None else _snapped(whole, voxel_size, grid)
        self._locate(axes, voxel_size, roi)
        voxels = world_to_voxels(roi, offset, voxel_size)
        spatial = iter(zip(voxels.begin, voxels.end, strict=True))
        self._ranges = [
            range(source.shape[i])
            if axis in NON_SPATIAL_AXES
            else range(*next(spatial))
            for i, axis in zip(self._order, axes, strict=True)
        ]
        self._view = self._view_of(source, dtype)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed about the place in the world, one sentence each."""
        return self._placement.notes

    @property
    def data(self) -> StoredArray:
        """The voxels of `roi`, read when they are indexed, in the order of `axes`."""
        return self._view

    def _view_of(self, source: Source, dtype: np.dtype[Any]) -> StoredArray:
        return StoredArray(source, dtype, self._order, self._ranges, self._description)

    def _shown(self, stored: Coordinate, axes: list[str]) -> Coordinate:
        """Return a spatial vector of the stored order in the order of `axes`."""
        letters = [a for a in self._placement.axes if a not in NON_SPATIAL_AXES]
        return Coordinate(
            stored[letters.index(axis)] for axis in axes if axis not in NON_SPATIAL_AXES
        )


def shown_axes(
    placement: Placement, shape: tuple[int, ...], keep_order: bool = False
) -> tuple[int, ...]:
    """Return the stored axes in the order in which a `PlacedArray` shows them."""
    extra, spatial = [], []
    for i, axis in enumerate(placement.axes):
        if axis not in NON_SPATIAL_AXES:
            spatial.append(i)
        elif axis == CHANNEL_AXIS or shape[i] != 1:
            extra.append(i)
    extra.sort(key=lambda i: placement.axes[i] == CHANNEL_AXIS)
    if not keep_order:
        spatial.sort(key=lambda i: SPATIAL_AXES.index(placement.axes[i]))
    return (*extra, *spatial)


def _snapped(whole: Roi, voxel_size: Coordinate, grid: Coordinate) -> Roi:
    try:
        snapped = whole.snap_to_grid(grid, mode="shrink")
        world_to_voxels(snapped, whole.offset, voxel_size)
    except ValueError as error:
        raise ConfigError(f"snap_to_grid: {error}; choose another spacing") from None
    if snapped.empty:
        raise ConfigError(
            f"snap_to_grid: the array, {whole}, holds no cell of a grid of {grid} nm"
        )
    return snapped


@lru_cache(maxsize=256)
def _tell_once(note: str) -> None:
    logger.warning(note)
