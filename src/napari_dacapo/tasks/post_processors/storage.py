"""What stored prediction values stand for: uint8 storage and the scale of thresholds.

Thresholds of post-processors are given on the scale 0..255, whatever the prediction is
stored as, so that one value means the same for uint8 and float predictions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from napari_dacapo.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from napari_dacapo.arrays import Array

#: lowest and highest value that a float prediction can take
ValueRange: TypeAlias = "tuple[float, float]"
#: distances and other outputs without an evaluation activation
SIGNED_RANGE: ValueRange = (-1.0, 1.0)
#: probabilities and affinities
UNIT_RANGE: ValueRange = (0.0, 1.0)
#: attribute of a prediction array that holds its `ValueRange`
VALUE_RANGE_ATTRIBUTE = "value_range"


def stored_value_range(prediction: Array, default: ValueRange) -> ValueRange:
    """Return the range that a prediction array states, or `default`.

    Raises
    ------
    DataError
        If the attribute ``value_range`` is not an increasing pair of numbers.
    """
    stated = prediction.attrs.get(VALUE_RANGE_ATTRIBUTE, default)
    try:
        low, high = (float(value) for value in stated)
    except (TypeError, ValueError):
        low = high = 0.0
    if not low < high:
        raise DataError(
            f"attribute {VALUE_RANGE_ATTRIBUTE} of the prediction is {stated!r}; it "
            "must be a pair of numbers, the lower first, such as [-1, 1]"
        )
    return low, high


def to_uint8(prediction: NDArray[Any], sigmoid: bool = False) -> NDArray[np.uint8]:
    """Return network output as stored in a uint8 array, clipped and rounded down.

    Parameters
    ----------
    prediction : ndarray
        Floats of any shape.
    sigmoid : bool
        Whether the values are in [0, 1] (the model ends in a sigmoid at evaluation);
        otherwise they are in [-1, 1].
    """
    scaled = prediction * 255 if sigmoid else (prediction + 1) / 2 * 255
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)


def threshold_for(
    threshold: float, dtype: DTypeLike, value_range: ValueRange = SIGNED_RANGE
) -> float | int:
    """Return a threshold on the scale 0..255 in terms of stored values.

    Parameters
    ----------
    threshold : float
        0 stands for the lowest value, 255 for the highest.
    dtype : data type
        How the prediction is stored: bool, uint8, uint16 or a float type.
    value_range : (low, high)
        Range of float predictions; ignored for the other types.

    Raises
    ------
    DataError
        If predictions of this type have no known scale.
    """
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        low, high = value_range
        return low + (high - low) * threshold / 255
    # whole numbers exceed a threshold exactly if they exceed its whole part; a Python
    # int keeps the comparison in the array's own narrow type
    return int(np.floor(threshold * _full_scale(dtype) / 255))


def to_unit_interval(
    prediction: NDArray[Any], value_range: ValueRange = UNIT_RANGE
) -> NDArray[np.float64]:
    """Return stored values as float64 in [0, 1].

    Raises
    ------
    DataError
        If predictions of this type have no known scale.
    """
    low, high = value_range
    if prediction.dtype.kind != "f":
        low, high = 0, _full_scale(prediction.dtype)
    unit = prediction.astype(np.float64)
    if low != 0:
        unit -= low
    if high - low != 1:
        unit /= high - low
    return unit


def _full_scale(dtype: np.dtype[Any]) -> int:
    scales = {"bool": 1, "uint8": 255, "uint16": 65535}
    if dtype.name not in scales:
        raise DataError(
            f"a prediction of type {dtype} has no known scale; predictions are stored "
            "as uint8, uint16 or float"
        )
    return scales[dtype.name]
