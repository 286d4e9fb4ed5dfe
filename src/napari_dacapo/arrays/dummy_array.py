"""A small writable array of zeros, for trying out and for tests."""

from __future__ import annotations

import attrs
import numpy as np

from napari_dacapo.geometry import Coordinate, Roi

from .base import ArrayConfig
from .numpy_array import NumpyArray


class DummyArray(NumpyArray):
    """Zeros: float64, axes ``z y x``, 100 x 50 x 50 voxels of 1 x 2 x 2 nm.

    Parameters
    ----------
    array_config : ArrayConfig
        Not used.
    """

    def __init__(self, array_config: ArrayConfig) -> None:
        self._array = np.zeros((100, 50, 50))
        self._locate("zyx", Coordinate(1, 2, 2), Roi((0, 0, 0), (100, 100, 100)))


@attrs.define
class DummyArrayConfig(ArrayConfig):
    """Zeros for trying out; a run with it is never valid."""

    array_type = DummyArray

    def verify(self) -> tuple[bool, str]:
        """Return that a placeholder is not valid data."""
        return False, (
            f"array {self.name!r} is a placeholder, choose a real array: "
            f"{type(self).__name__} is never valid"
        )
