"""The one normalisation of picture intensities: training, validation and prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.errors import DataError

from ._derived import DerivedArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.geometry import Roi

    from .base import Array

_DIVISORS = {"bool": 1.0, "uint8": 255.0, "uint16": 65535.0}


class NormalizedArray(DerivedArray):
    """A source divided by the largest value of its type, as float32.

    Parameters
    ----------
    source : Array
        The picture.
    divisor : float
        What its values are divided by.
    """

    def __init__(self, source: Array, divisor: float) -> None:
        super().__init__(source)
        self._divisor = np.float32(divisor)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float32)

    def _read(self, roi: Roi) -> NDArray[Any]:
        values = self._source[roi].astype(np.float32, copy=False)
        return values if self._divisor == 1 else values / self._divisor


def normalized(array: Array) -> Array:
    """Return `array` as the network sees it: float32, the usual range 0 to 1.

    Floating-point arrays are only turned to float32 (their range is that of their
    config), uint8 is divided by 255, uint16 by 65535, booleans become 0 and 1.

    Raises
    ------
    DataError
        For other types, whose range is not known.
    """
    if array.dtype == np.float32:
        return array
    if array.dtype.kind == "f":
        return NormalizedArray(array, 1.0)
    divisor = _DIVISORS.get(array.dtype.name)
    if divisor is None:
        raise DataError(
            f"the intensities of {array} are {array.dtype.name}, whose range is not "
            "known; wrap the array in an IntensitiesArrayConfig with min and max"
        )
    return NormalizedArray(array, divisor)
