"""Lazy, numpy-like views that napari can slice."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.arrays.base import NON_SPATIAL_AXES
from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray

    from napari_dacapo.arrays import Array

#: how many slices a view remembers; napari reads the same ones again and again
CACHED_SLICES = 8


class LazyView:
    """Base of views: the attributes of an array by which napari knows one.

    Parameters
    ----------
    shape : tuple of int
        Shape of the view.
    dtype : dtype-like
        Type of its values.
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[(slice(None),) * self.ndim], dtype=dtype)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        ranges = _ranges(index, self.shape)
        values = self._read([span_of(item) for item in ranges])
        return values[tuple(within_span(item) for item in ranges)]

    def _read(self, spans: list[slice]) -> NDArray[Any]:
        """Return the box `spans`, with every axis."""
        raise NotImplementedError


class ArrayView(LazyView):
    """The values of an `Array`, axes as in ``array.axes``, read slice by slice."""

    def __init__(self, array: Array) -> None:
        channels = {"c": array.num_channels or 1}
        spatial = iter(array.shape)
        shape = (
            channels.get(axis, 1) if axis in NON_SPATIAL_AXES else next(spatial)
            for axis in array.axes
        )
        super().__init__(tuple(shape), array.dtype)
        self._array = array
        self._cache: OrderedDict[Any, NDArray[Any]] = OrderedDict()

    def _read(self, spans: list[slice]) -> NDArray[Any]:
        spatial, kept = [], []
        for axis, span in zip(self._array.axes, spans, strict=True):
            is_extra = axis in NON_SPATIAL_AXES
            kept.append(span if is_extra else slice(None))
            if not is_extra:
                spatial.append((span.start, span.stop))
        key = tuple(spatial)
        if key not in self._cache:
            self._cache[key] = self._array[self._roi(spatial)]
            if len(self._cache) > CACHED_SLICES:
                self._cache.popitem(last=False)
        return self._cache[key][tuple(kept)]

    def _roi(self, spans: list[tuple[int, int]]) -> Roi:
        begin, end = (Coordinate(edge) for edge in zip(*spans, strict=True))
        voxel_size = self._array.voxel_size
        return Roi(begin * voxel_size, (end - begin) * voxel_size).shift(
            self._array.roi.offset
        )


class TransposedView(LazyView):
    """The values of an array with its axes in another order.

    Parameters
    ----------
    data : array-like
        Numpy or lazy.
    order : list of int
        The axis of `data` that each axis of the view shows.
    """

    def __init__(self, data: Any, order: list[int]) -> None:
        super().__init__(tuple(data.shape[axis] for axis in order), data.dtype)
        self._data, self._order = data, order

    def _read(self, spans: list[slice]) -> NDArray[Any]:
        stored = tuple(spans[self._order.index(axis)] for axis in range(self.ndim))
        return np.asarray(self._data[stored]).transpose(self._order)


class ProcessedView(LazyView):
    """What a function makes of a prediction, computed for the slice asked for.

    Parameters
    ----------
    prediction : array-like
        Shape ``(channel, *space)``, numpy or lazy.
    function : callable
        From ``(channel, *space)`` to the same shape or to ``space``; treats every
        voxel by itself. Assign to `function` and refresh the layer for another result
        of the same type.
    """

    def __init__(
        self, prediction: Any, function: Callable[[NDArray[Any]], NDArray[Any]]
    ) -> None:
        channels, *space = prediction.shape
        voxel = function(np.zeros((channels, *(1,) * len(space)), prediction.dtype))
        self._keeps_channels = voxel.ndim > len(space)
        self._several = self._keeps_channels and voxel.shape[0] > 1
        shape = (voxel.shape[0], *space) if self._several else tuple(space)
        super().__init__(shape, voxel.dtype)
        self.function = function
        self._prediction = prediction
        self._cached: tuple[Any, NDArray[Any]] | None = None

    def _read(self, spans: list[slice]) -> NDArray[Any]:
        spatial = tuple(spans[1:] if self._several else spans)
        values = self.function(self._decoded(spatial))
        if self._several:
            return values[spans[0]]
        return values[0] if self._keeps_channels else values

    def _decoded(self, spatial: tuple[slice, ...]) -> NDArray[Any]:
        # a moving slider asks for the same slice again and again
        key = tuple((span.start, span.stop) for span in spatial)
        if self._cached is None or self._cached[0] != key:
            values = np.asarray(self._prediction[(slice(None), *spatial)])
            self._cached = (key, values)
        return self._cached[1]


def _ranges(index: Any, shape: tuple[int, ...]) -> list[int | range]:
    """Return `index` with one entry per axis: a position or a range of positions."""
    items = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in items:
        at = items.index(Ellipsis)
        items[at : at + 1] = [slice(None)] * (len(shape) - len(items) + 1)
    items += [slice(None)] * (len(shape) - len(items))
    return [range(n)[item] for item, n in zip(items, shape, strict=True)]


def span_of(item: int | range) -> slice:
    """Return the smallest box that holds `item`."""
    if isinstance(item, int):
        return slice(item, item + 1)
    if not item:
        return slice(0, 0)
    return slice(min(item[0], item[-1]), max(item[0], item[-1]) + 1)


def within_span(item: int | range) -> int | slice:
    """Return the index of `item` inside its box."""
    if isinstance(item, int):
        return 0
    return slice(None, None, item.step)
