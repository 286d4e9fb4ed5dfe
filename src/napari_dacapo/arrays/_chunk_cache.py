"""Decoded chunks kept in memory, shared by all arrays of the process.

Random crops overlap: without a cache, a chunk is decompressed again for every crop that
touches it.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from itertools import product
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_dacapo.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from ._stored import Source

    Position = tuple[int, ...]

#: what an entry takes besides its values, so that tiny chunks are bounded too
ENTRY_BYTES = 500
#: regions that would fill more than this part of the cache are read past it
LARGEST_PART = 4


class Chunk(NamedTuple):
    """A decoded chunk.

    Parameters
    ----------
    version : hashable
        Of the file it was read from.
    values : ndarray
        Read-only; a chunk of one value takes the memory of one value.
    """

    version: Hashable
    values: NDArray[Any]

    @classmethod
    def holding(cls, version: Hashable, values: NDArray[Any]) -> Chunk:
        """Return a chunk with a copy of `values`."""
        first = values.flat[0]
        if (values == first).all():
            one = np.array(first, values.dtype)
            return cls(version, np.broadcast_to(one, values.shape))
        kept = values.copy()
        kept.flags.writeable = False
        return cls(version, kept)

    @property
    def nbytes(self) -> int:
        """Memory taken in bytes."""
        is_constant = not any(self.values.strides)
        return ENTRY_BYTES + (0 if is_constant else self.values.nbytes)


class ChunkCache:
    """The chunks used last, bounded in bytes; may be used by several threads.

    Parameters
    ----------
    capacity : int
        Bytes that the chunks may take together.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._chunks: OrderedDict[Hashable, Chunk] = OrderedDict()
        self._lock = Lock()
        self.nbytes = 0

    def get(self, keys: Iterable[tuple[Hashable, Hashable]]) -> list[Chunk | None]:
        """Return the chunks of (key, version) pairs, `None` for those not kept."""
        found: list[Chunk | None] = []
        with self._lock:
            for key, version in keys:
                chunk = self._chunks.get(key)
                if chunk is not None and chunk.version == version:
                    self._chunks.move_to_end(key)
                    found.append(chunk)
                else:
                    found.append(None)
        return found

    def put(self, chunks: Mapping[Any, Chunk]) -> None:
        """Keep `chunks`, and forget those not used for the longest time."""
        with self._lock:
            for key, chunk in chunks.items():
                old = self._chunks.pop(key, None)
                self.nbytes += chunk.nbytes - (0 if old is None else old.nbytes)
                self._chunks[key] = chunk
            while self.nbytes > self.capacity:
                _, oldest = self._chunks.popitem(last=False)
                self.nbytes -= oldest.nbytes


@lru_cache(maxsize=1)
def shared_cache() -> ChunkCache:
    """Return the cache of this process, as large as the options say."""
    return ChunkCache(Options.instance().chunk_cache_mb * 2**20)


class CachedSource:
    """Stored voxels of which whole chunks are read, and kept.

    Parameters
    ----------
    source : Source
        The stored voxels.
    key : hashable
        Tells the array from all others, also from one that is written in its place.
    version : callable
        Returns what changes when the chunk at a position changes.
    reopen : tuple of (callable, arguments)
        How another process opens the voxels.
    """

    def __init__(
        self,
        source: Source,
        key: Hashable,
        version: Callable[[Position], Hashable],
        reopen: tuple[Callable[..., Source], tuple[Any, ...]],
    ) -> None:
        self._source, self._key = source, key
        self._version, self._reopen = version, reopen
        self.shape, self.chunks = source.shape, source.chunks
        self.dtype = np.dtype(source.dtype)

    def __reduce__(self) -> tuple[Callable[..., Source], tuple[Any, ...]]:
        return self._reopen

    def __getitem__(self, index: tuple[slice, ...]) -> NDArray[Any]:
        whole = all(s.start < s.stop and s.step in (None, 1) for s in index)
        if not whole or not self._fits(index):
            return np.asarray(self._source[index])
        parts = [_parts(s, c) for s, c in zip(index, self.chunks, strict=True)]
        spans = list(product(*parts))
        chunks = self._chunks([tuple(number for number, _, _ in s) for s in spans])
        shape = tuple(s.stop - s.start for s in index)
        values = np.empty(shape, chunks[0].dtype)
        for span, chunk in zip(spans, chunks, strict=True):
            _, inside, target = zip(*span, strict=True)
            values[target] = chunk[inside]
        return values

    def __setitem__(self, index: tuple[slice, ...], value: Any) -> None:
        self._source[index] = value

    def _fits(self, index: tuple[slice, ...]) -> bool:
        size: int = self.dtype.itemsize
        for span, chunk in zip(index, self.chunks, strict=True):
            size *= (-(-span.stop // chunk) - span.start // chunk) * chunk
        return size * LARGEST_PART <= shared_cache().capacity

    def _chunks(self, positions: list[Position]) -> list[NDArray[Any]]:
        """Return whole chunks, of which those are decoded that are not kept."""
        cache = shared_cache()
        keys = [(self._key, position) for position in positions]
        # taken before the chunks are read: what is written meanwhile is read again
        versions = [self._version(position) for position in positions]
        kept = cache.get(zip(keys, versions, strict=True))
        missing = [i for i, chunk in enumerate(kept) if chunk is None]
        if missing:
            read = self._read_chunks([positions[i] for i in missing])
            new = {
                keys[i]: Chunk.holding(versions[i], values)
                for i, values in zip(missing, read, strict=True)
            }
            cache.put(new)
            kept = [new.get(key, chunk) for key, chunk in zip(keys, kept, strict=True)]
        return [chunk.values for chunk in kept if chunk is not None]

    def _read_chunks(self, positions: Sequence[Position]) -> list[NDArray[Any]]:
        """Read the box of chunks around `positions` at once, which is faster."""
        first = [min(numbers) for numbers in zip(*positions, strict=True)]
        last = [max(numbers) for numbers in zip(*positions, strict=True)]
        sizes = list(zip(self.chunks, self.shape, strict=True))
        box = tuple(
            slice(a * c, min((b + 1) * c, n))
            for a, b, (c, n) in zip(first, last, sizes, strict=True)
        )
        values = np.asarray(self._source[box])
        return [
            values[
                tuple(
                    slice((p - a) * c, (p - a + 1) * c)
                    for p, a, (c, _) in zip(position, first, sizes, strict=True)
                )
            ]
            for position in positions
        ]


def _parts(span: slice, chunk: int) -> list[tuple[int, slice, slice]]:
    """Return the number of each chunk that `span` touches along one axis.

    With it, what is touched of the chunk, and where that stands in the result.
    """
    parts = []
    for number in range(span.start // chunk, -(-span.stop // chunk)):
        begin, end = (
            max(span.start, number * chunk),
            min(span.stop, (number + 1) * chunk),
        )
        inside = slice(begin - number * chunk, end - number * chunk)
        parts.append((number, inside, slice(begin - span.start, end - span.start)))
    return parts
