"""Arrays brought to another voxel size by whole factors.

Every output voxel is a fixed function of the source, computed by the same operations in
the same order whatever region is read, so blocks fit together to the last bit.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi

from ._derived import (
    DerivedArray,
    DerivedArrayConfig,
    open_source,
    shape_of,
)
from .base import NON_SPATIAL_AXES, Array, ArrayConfig

if TYPE_CHECKING:
    from collections.abc import Iterator


class ResampledArray(DerivedArray):
    """The source with voxels ``downsample / upsample`` times as large, per axis.

    Order 0 takes, for each voxel, the source voxel that holds its centre. Other orders
    interpolate when enlarging (1: linearly, 2 and 3: by cubic convolution; edge values
    replicated; the pixel areas are aligned, so output ``i`` sits at source index
    ``(i + 0.5) / scale - 0.5``), and take the mean of the source block when shrinking;
    integers are rounded. Type and channels are those of the source.

    Parameters
    ----------
    array_config : ResampledArrayConfig
        Source and factors.

    Raises
    ------
    ConfigError
        If the factors do not fit the source.
    """

    def __init__(self, array_config: ResampledArrayConfig) -> None:
        super().__init__(
            open_source(array_config.source_array_config), array_config.name
        )
        source = self._source
        self.upsample = _factors(array_config.upsample, "upsample", source)
        self.downsample = _factors(array_config.downsample, "downsample", source)
        self.interp_order = array_config.interp_order
        self._voxel_size = source.voxel_size * self.downsample / self.upsample
        _require_decimal(self._voxel_size, source.voxel_size)
        self._roi = _on_own_grid(source, self._voxel_size)

    @property
    def voxel_size(self) -> Coordinate:
        return self._voxel_size

    @property
    def roi(self) -> Roi:
        return self._roi

    @property
    def scale(self) -> list[float]:
        """Number of voxels per source voxel along each axis, 1 for channels."""
        ratios = iter((self.upsample / self.downsample).as_floats())
        return [1.0 if a in NON_SPATIAL_AXES else next(ratios) for a in self.axes]

    def _read(self, roi: Roi) -> NDArray[Any]:
        """Resample the source around `roi`, one axis after the other."""
        if roi.empty:
            return np.zeros(shape_of(self, self.check_roi(roi)), self.dtype)
        axes = [
            _Axis.covering(*numbers, self.interp_order)
            for numbers in zip(
                (roi.begin - self._source.roi.begin) / self._source.voxel_size,
                (roi.shape / self._voxel_size).as_integers(),
                self.upsample,
                self.downsample,
                self._source.shape,
                strict=True,
            )
        ]
        begin = Coordinate(axis.first for axis in axes)
        shape = Coordinate(axis.last + 1 - axis.first for axis in axes)
        size = self._source.voxel_size
        values = self._source[Roi(self._source.roi.begin + begin * size, shape * size)]
        spatial = [i for i, a in enumerate(self.axes) if a not in NON_SPATIAL_AXES]
        return _resampled(
            values, list(zip(spatial, axes, strict=True)), self.interp_order
        )


@attrs.frozen
class _Axis:
    """How the output voxels along one axis come from source voxels.

    Parameters
    ----------
    first, last : int
        Source indices needed.
    taps : list of (index, weight)
        Source indices relative to `first`, and weights, of shape (output voxels,) each;
        the output is the sum of the weighted taps divided by `divisor`.
    divisor : int
        Number of samples whose mean is taken.
    """

    first: int
    last: int
    taps: list[tuple[NDArray[np.intp], NDArray[np.float64]]]
    divisor: int

    @classmethod
    def covering(
        cls, begin: Fraction, length: int, up: int, down: int, source: int, order: int
    ) -> _Axis:
        """Return the taps of consecutive output voxels.

        Parameters
        ----------
        begin : exact number
            Lower face of the first output voxel, in source voxels.
        length : int
            Number of output voxels.
        up, down : int
            Factors of enlarging and shrinking.
        source : int
            Number of source voxels, beyond which edge values are repeated.
        order : int
            Order of interpolation.
        """
        if order == 0:
            samples = [Fraction(begin) + Fraction(down, 2 * up)]
        else:
            fine = range(down)
            samples = [Fraction(begin) + Fraction(2 * j + 1, 2 * up) for j in fine]
        step = Fraction(down, up)
        taps = [
            (np.clip(index, 0, source - 1), weight)
            for sample in samples
            for index, weight in _taps(sample, step, length, order)
        ]
        first = min(int(index.min()) for index, _ in taps)
        last = max(int(index.max()) for index, _ in taps)
        return cls(first, last, [(i - first, w) for i, w in taps], len(samples))


def _taps(
    start: Fraction, step: Fraction, length: int, order: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Yield (source index, weight) of the points ``start + i * step`` (voxel faces)."""
    points = [start + i * step for i in range(length)]
    if order == 0:
        index = np.array([math.floor(p) for p in points], dtype=np.intp)
        yield index, np.ones(length)
        return
    centred = [p - Fraction(1, 2) for p in points]
    below = np.array([math.floor(p) for p in centred], dtype=np.intp)
    fraction = np.array([float(p - math.floor(p)) for p in centred])
    if not fraction.any():
        yield below, np.ones(length)
        return
    kernel = {0: 1 - fraction, 1: fraction} if order == 1 else _cubic(fraction)
    for shift, weight in kernel.items():
        yield below + shift, weight


def _cubic(t: NDArray[np.float64]) -> dict[int, NDArray[np.float64]]:
    """Return the weights of four neighbours at distance `t` from the second one.

    Cubic convolution with a = -1/2 (Keys 1981, doi:10.1109/TASSP.1981.1163711); unlike
    a spline it needs no more than these neighbours, so blocks do not matter.
    """
    return {
        -1: (-t + 2 * t**2 - t**3) / 2,
        0: (2 - 5 * t**2 + 3 * t**3) / 2,
        1: (t + 4 * t**2 - 3 * t**3) / 2,
        2: (-(t**2) + t**3) / 2,
    }


def _resampled(
    values: NDArray[Any], axes: list[tuple[int, _Axis]], order: int
) -> NDArray[Any]:
    dtype = values.dtype
    if order == 0:
        for position, axis in axes:
            values = _picked(values, axis.taps[0][0], position)
        return np.ascontiguousarray(values)
    values = values.astype(np.result_type(dtype, np.float32))
    for position, axis in axes:
        values = _weighted(values, position, axis)
    if dtype.kind == "f":
        return values.astype(dtype, copy=False)
    return _rounded(values, dtype)


def _weighted(values: NDArray[Any], position: int, axis: _Axis) -> NDArray[Any]:
    """Sum the taps along one axis, always in the same order."""
    column = [1] * values.ndim
    column[position] = -1
    parts = []
    for index, weight in axis.taps:
        part = _picked(values, index, position)
        if not (weight == 1).all():
            part = part * weight.astype(values.dtype).reshape(column)
        parts.append(part)
    total: NDArray[Any] = reduce(np.add, parts)
    return total if axis.divisor == 1 else total / values.dtype.type(axis.divisor)


def _picked(
    values: NDArray[Any], index: NDArray[np.intp], position: int
) -> NDArray[Any]:
    """Return `values` at `index` along an axis, as a view where evenly spaced."""
    steps = np.diff(index)
    if steps.size and steps[0] > 0 and (steps == steps[0]).all():
        chosen = slice(index[0], index[-1] + 1, steps[0])
        return values[(*[slice(None)] * position, chosen)]
    return values.take(index, axis=position)


def _rounded(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    rounded: NDArray[Any] = np.rint(values)
    if dtype.kind == "b":
        return rounded.astype(dtype)
    limits = np.iinfo(dtype)
    highest = values.dtype.type(limits.max)
    if int(highest) > limits.max:  # 2**64 - 1 is no floating-point number
        highest = np.nextafter(highest, 0, dtype=values.dtype)
    return rounded.clip(limits.min, highest).astype(dtype)


def _factors(factors: Coordinate, field: str, source: Array) -> Coordinate:
    """Return whole factors, at least 1 (DaCapo writes 0 for 'no change')."""
    if factors.dims != source.dims:
        raise ConfigError(
            f"{field}: {factors} has {factors.dims} factors, but the source has "
            f"{source.dims} spatial axes"
        )
    if not all(isinstance(f, int) for f in factors):
        raise ConfigError(f"{field}: {factors} must be whole numbers")
    return Coordinate(max(1, f) for f in factors)


def _require_decimal(voxel_size: Coordinate, source: Coordinate) -> None:
    """Check that the new voxel size can be written down as exactly as the source's."""
    for new, old in zip(voxel_size, source, strict=True):
        rest = Fraction(new).denominator
        rest //= math.gcd(rest, Fraction(old).denominator)
        for prime in (2, 5):
            while rest % prime == 0:
                rest //= prime
        if rest != 1:
            raise ConfigError(
                f"upsample: voxels of {source} nm would become {voxel_size} nm, which "
                "is no exact number; choose factors that divide the voxel size"
            )


def _on_own_grid(source: Array, voxel_size: Coordinate) -> Roi:
    """Return the part of the source in whole voxels of the new grid.

    The grid is aligned with the origin of the world where the source is, else with the
    source.
    """
    shift = source.roi.offset % source.voxel_size
    roi = (source.roi - shift).snap_to_grid(voxel_size, mode="shrink") + shift
    if roi.empty:
        raise ConfigError(
            f"downsample: the source, {source.roi}, holds no whole voxel of "
            f"{voxel_size} nm"
        )
    return roi


@attrs.define
class ResampledArrayConfig(DerivedArrayConfig):
    """Another array with larger or smaller voxels."""

    array_type = ResampledArray

    source_array_config: ArrayConfig = config_field("The array to resample.")
    upsample: Coordinate = config_field(
        "Into how many voxels each voxel is divided, per axis (1 = no change).",
        converter=Coordinate,
    )
    downsample: Coordinate = config_field(
        "How many voxels are joined into one, per axis (1 = no change).",
        converter=Coordinate,
    )
    interp_order: int | bool = config_field(
        "How values in between are found: 0 = nearest voxel (for labels and masks), "
        "1 = linear, 3 = cubic (for pictures).",
        converter=int,
        minimum=0,
        maximum=3,
    )
