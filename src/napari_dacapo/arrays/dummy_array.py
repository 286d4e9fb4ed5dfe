"""A small writable array of zeros, for trying out and for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.geometry import Coordinate, Roi

from .base import Array, ArrayConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray


class DummyArray(Array):
    """Zeros: float64, axes ``z y x``, 100 x 50 x 50 voxels of 1 x 2 x 2 nm.

    Parameters
    ----------
    array_config : ArrayConfig
        Not used.
    """

    def __init__(self, array_config: ArrayConfig) -> None:
        self._data = np.zeros((100, 50, 50))

    @property
    def axes(self) -> list[str]:
        return ["z", "y", "x"]

    @property
    def voxel_size(self) -> Coordinate:
        return Coordinate(1, 2, 2)

    @property
    def roi(self) -> Roi:
        return Roi((0, 0, 0), (100, 100, 100))

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._data.dtype

    @property
    def num_channels(self) -> int | None:
        return None

    @property
    def data(self) -> NDArray[Any]:
        return self._data

    @property
    def writable(self) -> bool:
        return True

    def _read(self, roi: Roi) -> NDArray[Any]:
        return self._data[self.check_roi(roi).to_slices()]

    def __setitem__(self, roi: Roi, value: Any) -> None:
        self._data[self.check_roi(Roi.coerce(roi)).to_slices()] = value


@attrs.define
class DummyArrayConfig(ArrayConfig):
    """Zeros for trying out; a run with it is never valid."""

    array_type = DummyArray

    def verify(self) -> tuple[bool, str]:
        """Return that a placeholder is not valid data."""
        return False, f"array {self.name!r} is a placeholder: choose a real array"
