"""A lazy, numpy-like view of stored voxels with its axes in canonical order."""

from __future__ import annotations

import lzma
import zlib
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_dacapo.errors import DataError

from ._containers import TransferError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: what codecs and file systems raise for damaged or missing bytes
READ_ERRORS = (
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
)


class Source(Protocol):
    """Stored voxels: a zarr array, an N5 or a TIFF reader."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def chunks(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> Any: ...
    def __getitem__(self, index: tuple[slice, ...]) -> Any: ...
    def __setitem__(self, index: tuple[slice, ...], value: Any) -> None: ...


class StoredArray:
    """Stored voxels as numpy would show them; reads only what is indexed.

    Parameters
    ----------
    source : Source
        The stored voxels.
    dtype : dtype
        Type of the values in the byte order of this machine, to which they are turned.
    order : sequence of int
        The stored axis that each axis of the view shows. Stored axes left out have
        length 1.
    ranges : sequence of range
        The stored indices that each axis of the view shows.
    description : str
        Path for error messages.
    """

    def __init__(
        self,
        source: Source,
        dtype: np.dtype[Any],
        order: Sequence[int],
        ranges: Sequence[range],
        description: str,
    ) -> None:
        self._source = source
        self._order, self._ranges = tuple(order), tuple(ranges)
        self._description = description
        self.dtype = dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the view."""
        return tuple(map(len, self._ranges))

    @property
    def ndim(self) -> int:
        """Number of axes of the view."""
        return len(self._ranges)

    @property
    def size(self) -> int:
        """Number of values of the view."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of a chunk, in the axes of the view."""
        return tuple(self._source.chunks[axis] for axis in self._order)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> NDArray[Any]:
        ranges, single = self._select(index)
        values = self._read(self._stored_index(ranges))
        return values.squeeze(single) if single else values

    def __setitem__(self, index: Any, value: Any) -> None:
        ranges, single = self._select(index)
        shape = tuple(len(r) for i, r in enumerate(ranges) if i not in single)
        cast = np.asarray(value).astype(self.dtype, copy=False)
        values = np.expand_dims(np.broadcast_to(cast, shape), single)
        in_stored_order = values.transpose(np.argsort(self._order))
        try:
            self._source[self._stored_index(ranges)] = np.expand_dims(
                in_stored_order, self._left_out
            )
        except READ_ERRORS as error:
            raise DataError(f"{self._description} cannot be written: {error}") from None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[...], dtype=dtype)

    @property
    def _left_out(self) -> tuple[int, ...]:
        return tuple(set(range(len(self._source.shape))) - set(self._order))

    def _select(self, index: Any) -> tuple[list[range], tuple[int, ...]]:
        """Return the stored indices asked for, and the axes indexed by a number."""
        items = list(index) if isinstance(index, tuple) else [index]
        if Ellipsis in items:
            at = items.index(Ellipsis)
            items[at : at + 1] = [slice(None)] * (self.ndim - len(items) + 1)
        items += [slice(None)] * (self.ndim - len(items))
        ranges, single = [], []
        for axis, (item, whole) in enumerate(zip(items, self._ranges, strict=True)):
            if isinstance(item, slice):
                if item.step is not None and item.step < 1:
                    raise IndexError(f"steps must be positive, got {item.step}")
                ranges.append(whole[item])
            else:
                position = whole[item]
                ranges.append(range(position, position + 1))
                single.append(axis)
        return ranges, tuple(single)

    def _stored_index(self, ranges: Sequence[range]) -> tuple[slice, ...]:
        index = [slice(0, 1)] * len(self._source.shape)
        for axis, wanted in zip(self._order, ranges, strict=True):
            index[axis] = slice(wanted.start, wanted.stop, wanted.step)
        return tuple(index)

    def _read(self, index: tuple[slice, ...]) -> NDArray[Any]:
        try:
            values = np.asarray(self._source[index])
        except TransferError:
            raise  # no chunk is damaged, and others need not be asked for
        except READ_ERRORS as error:
            raise DataError(self._complaint(index, error)) from error
        values = values.squeeze(self._left_out)
        values = values.transpose(np.argsort(np.argsort(self._order)))
        return np.ascontiguousarray(values, dtype=self.dtype)

    def _complaint(self, index: tuple[slice, ...], error: Exception) -> str:
        chunk = self._damaged_chunk(index)
        where = "" if chunk is None else f": chunk {chunk} is damaged or truncated"
        return (
            f"{self._description} cannot be read{where} ({error}); copy the file again "
            "from its origin"
        )

    def _damaged_chunk(self, index: tuple[slice, ...]) -> str | None:
        """Return the first chunk of a region that cannot be read on its own."""
        chunks = self._source.chunks
        spans = [
            range(s.start // c, -(-s.stop // c))
            for s, c in zip(index, chunks, strict=True)
        ]
        for position in product(*spans):
            corner = tuple(
                slice(p * c, p * c + 1) for p, c in zip(position, chunks, strict=True)
            )
            try:
                self._source[corner]
            except READ_ERRORS:
                return ".".join(map(str, position))
        return None
