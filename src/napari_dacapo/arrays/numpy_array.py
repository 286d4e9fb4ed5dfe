"""An in-memory array with a place in the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

from ._located import LocatedArray
from .base import NON_SPATIAL_AXES, ArrayConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class NumpyArray(LocatedArray):
    """An array held in memory; made by `from_np_array`, never from a config."""

    _array: NDArray[Any]

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
        self._locate(axes, Coordinate(voxel_size), Roi.coerce(roi))
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
        if len(self._axes) != self._array.ndim:
            raise DataError(
                f"{self._array.ndim} array axes, but axis names {self._axes}"
            )
        size = self._voxel_size
        if not len(self.spatial_axes) == size.dims == self._roi.dims or min(size) <= 0:
            raise DataError(
                f"axes {', '.join(self._axes)}, region {self._roi} and voxel size "
                f"{size} do not fit together; give one number greater than 0 per "
                "spatial axis"
            )
        expected = (self._roi.shape / size).to_plain()
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
    def data(self) -> NDArray[Any]:
        return self._array

    @property
    def writable(self) -> bool:
        return bool(self._array.flags.writeable)

    def __setitem__(self, roi: Roi, value: Any) -> None:
        self._array[self._index(Roi.coerce(roi))] = value
