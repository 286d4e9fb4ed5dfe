"""An in-memory array with a place in the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

from .base import CHANNEL_AXIS, NON_SPATIAL_AXES, Array, ArrayConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


class NumpyArray(Array):
    """An array held in memory; made by `from_np_array`, never from a config."""

    _array: NDArray[Any]
    _roi: Roi
    _voxel_size: Coordinate
    _axes: list[str]

    def __init__(self, array_config: ArrayConfig) -> None:
        raise ValueError(
            "a NumpyArray cannot be made from a config; use NumpyArray.from_np_array"
        )

    @classmethod
    def from_np_array(
        cls,
        array: NDArray[Any],
        roi: Roi,
        voxel_size: Sequence[float],
        axes: Sequence[str],
    ) -> NumpyArray:
        """Wrap `array` without copying it.

        Parameters
        ----------
        array : ndarray
            Values, in the order of `axes`.
        roi : Roi
            The box that the spatial axes cover, in world units.
        voxel_size : sequence of numbers
            Voxel edge lengths in world units, one per spatial axis.
        axes : sequence of str
            Axis names, such as ``["c", "z", "y", "x"]``.

        Raises
        ------
        DataError
            If the shape does not agree with `roi`, `voxel_size` and `axes`.
        """
        self = cls.__new__(cls)
        self._array = array
        self._roi, self._voxel_size = Roi.coerce(roi), Coordinate(voxel_size)
        self._axes = list(axes)
        self._check()
        return self

    @classmethod
    def from_gp_array(cls, array: Any) -> NumpyArray:
        """Wrap an object with ``data``, ``spec.roi`` and ``spec.voxel_size``.

        Axes in front of the spatial ones are channel, then batch.
        """
        spatial = "zyx"[-len(array.spec.voxel_size) :]
        extra = array.data.ndim - len(spatial)
        axes = [*("b", "c")[2 - extra :], *spatial]
        return cls.from_np_array(
            array.data, Roi.coerce(array.spec.roi), array.spec.voxel_size, axes
        )

    def _check(self) -> None:
        expected = (self._roi.shape / self._voxel_size).to_plain()
        if len(self._axes) != self._array.ndim:
            raise DataError(
                f"{self._array.ndim} array axes, but axis names {self._axes}"
            )
        found = [
            n
            for n, axis in zip(self._array.shape, self._axes, strict=True)
            if axis not in NON_SPATIAL_AXES
        ]
        if found != expected:
            raise DataError(
                f"array of spatial shape {found} does not fill region {self._roi} with "
                f"voxels of {self._voxel_size}, which takes shape {expected}"
            )

    @property
    def axes(self) -> list[str]:
        return self._axes

    @property
    def voxel_size(self) -> Coordinate:
        return self._voxel_size

    @property
    def roi(self) -> Roi:
        return self._roi

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._array.dtype

    @property
    def num_channels(self) -> int | None:
        if CHANNEL_AXIS not in self._axes:
            return None
        return int(self._array.shape[self._axes.index(CHANNEL_AXIS)])

    @property
    def data(self) -> NDArray[Any]:
        return self._array

    @property
    def writable(self) -> bool:
        return True

    def _index(self, roi: Roi) -> tuple[slice, ...]:
        spatial = iter(self.check_roi(roi).to_slices())
        return tuple(
            slice(None) if axis in NON_SPATIAL_AXES else next(spatial)
            for axis in self._axes
        )

    def _read(self, roi: Roi) -> NDArray[Any]:
        return self._array[self._index(roi)]

    def __setitem__(self, roi: Roi, value: Any) -> None:
        self._array[self._index(Roi.coerce(roi))] = value
