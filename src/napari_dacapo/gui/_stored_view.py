"""Stored voxels that napari can cut to pieces before anything is read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.errors import DataError

from ._array_views import span_of, within_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike, NDArray


class StoredView:
    """A part of stored voxels, read when a plane of it or its values are asked for.

    Of a multiscale layer napari first cuts out the visible tile, through all planes,
    and then takes one plane of it. A source that reads at once would read every plane;
    here ``view[slices]`` is a smaller view, and ``view[5, slices]`` reads.

    Parameters
    ----------
    source : array-like
        With `shape`, `dtype` and indexing by a tuple of slices.
    dtype : dtype-like, optional
        What to turn the values to; by default they stay as they are.
    """

    def __init__(self, source: Any, dtype: DTypeLike | None = None) -> None:
        self._source = source
        self._selection: tuple[int | range, ...] = tuple(map(range, source.shape))
        self.dtype = np.dtype(source.dtype if dtype is None else dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of voxels along each axis."""
        return tuple(len(r) for r in self._selection if isinstance(r, range))

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Number of bytes that the values take in memory."""
        return self.size * self.dtype.itemsize

    def __deepcopy__(self, memo: Any) -> StoredView:
        return self  # a duplicated layer shows the same file

    def __len__(self) -> int:
        return self.shape[0]

    def at(self, axis: int, position: int) -> StoredView:
        """Return the view at one position of an axis, without reading it."""
        index: list[Any] = [slice(None)] * self.ndim
        index[axis] = position
        return self._cut(index)

    def astype(self, dtype: DTypeLike) -> NDArray[Any]:
        """Read all values and return them as another type."""
        return np.asarray(self).astype(dtype)

    def __getitem__(self, index: Any) -> Any:
        items = list(index) if isinstance(index, tuple) else [index]
        if Ellipsis in items:
            at = items.index(Ellipsis)
            items[at : at + 1] = [slice(None)] * (self.ndim - len(items) + 1)
        part = self._cut(items + [slice(None)] * (self.ndim - len(items)))
        is_cut = all(isinstance(item, slice) for item in items)
        return part if is_cut else np.asarray(part)

    def __setitem__(self, index: Any, value: Any) -> None:
        """Refuse: a brush must not change a file.

        Raises
        ------
        DataError
            Always.
        """
        raise DataError(
            "a file that was opened is only shown; to paint, choose Layers > Data > "
            "Convert data type, which copies the labels into memory"
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        box = tuple(span_of(item) for item in self._selection)
        within = tuple(within_span(item) for item in self._selection)
        if any(span.start == span.stop for span in box):
            values = np.zeros(self.shape, self.dtype)
        else:
            values = self._source[box][within]
        return np.asarray(values, dtype=self.dtype if dtype is None else dtype)

    def _cut(self, items: Sequence[Any]) -> StoredView:
        if len(items) > self.ndim:
            raise IndexError(f"{len(items)} indices for {self.ndim} axes")
        part = object.__new__(StoredView)
        part._source, part.dtype = self._source, self.dtype
        rest = iter(items)
        part._selection = tuple(
            selected[next(rest)] if isinstance(selected, range) else selected
            for selected in self._selection
        )
        return part
