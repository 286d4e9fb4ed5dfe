"""Opening the voxels of a stored array for reading or writing."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import DataError, MissingDependencyError

from ._chunk_cache import CachedSource
from ._stored import READ_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._node import Node
    from ._stored import Source


#: seconds that a failed read waits for the chunks that were read with it
SETTLE = 5.0


def open_source(node: Node, *, writable: bool) -> Source:
    """Open the voxels of the array `node`; nothing is ever created.

    Sources that are only read keep the chunks read last, see `_chunk_cache`.

    Raises
    ------
    DataError
        If the array uses a codec or a feature that is not supported.
    MissingDependencyError
        For N5, if tensorstore is not installed.
    """
    _ = node.shape, node.dtype  # complain about what is missing in their own words
    try:
        source = N5Source(node) if node.format == "n5" else _open_zarr(node, writable)
    except (MissingDependencyError, DataError):
        raise
    except READ_ERRORS as error:
        raise DataError(f"{node} cannot be opened: {error}{_remedy(error)}") from error
    if not all(source.chunks):
        raise DataError(
            f"{node} has chunks of the shape {source.chunks}; correct it in the file"
        )
    if writable or 0 in source.shape:
        return source
    key = (str(node), json.dumps(node.metadata, sort_keys=True))
    file_of = chunk_files(node, _chunks_per_file(source))
    version = node.reader.version
    return CachedSource(
        source, key, lambda at: version(file_of(at)), (_open_to_read, (node,))
    )


def _remedy(error: Exception) -> str:
    """Return the end of the sentence about what cannot be opened."""
    if "codec" not in str(error):
        return ""
    return "; install the package that brings the codec, or store the array without it"


def _open_to_read(node: Node) -> Source:
    return open_source(node, writable=False)


def _chunks_per_file(source: Source) -> tuple[int, ...]:
    """Return how many chunks along each axis share a file, more than one in shards."""
    shards = getattr(source, "shards", None) or source.chunks
    return tuple(n // c for n, c in zip(shards, source.chunks, strict=True))


def chunk_files(
    node: Node, per_file: tuple[int, ...]
) -> Callable[[tuple[int, ...]], str]:
    """Return what names the file that holds the chunk at a position.

    By the rules of N5 (numbers of x first), and of the chunk keys of zarr v2 and v3.
    """
    if node.format == "n5":
        return lambda at: f"{node.path}/{'/'.join(map(str, at[::-1]))}"
    if node.format == "zarr2":
        start, separator = "", node.metadata.get("dimension_separator") or "."
    else:
        encoding = node.metadata.get("chunk_key_encoding", {})
        named = encoding if isinstance(encoding, dict) else {"name": encoding}
        is_default = named.get("name") == "default"
        separator = (named.get("configuration") or {}).get(
            "separator", "/" if is_default else "."
        )
        start = f"c{separator}" if is_default else ""
    prefix = f"{node.path}/{start}" if node.path else start
    return lambda at: (
        prefix
        + separator.join(
            str(number // many) for number, many in zip(at, per_file, strict=True)
        )
    )


def _open_zarr(node: Node, writable: bool) -> Source:
    import zarr

    place = node.reader.store(
        node.path, uses_blosc=_uses_blosc(node), writable=writable
    )
    # from what has been read already: consolidated metadata may be all there is, and
    # a server need not be asked twice
    document = {**node.metadata, "attributes": node.attributes}
    return ZarrSource(zarr.Array.from_dict(place, document))


class ZarrSource:
    """Voxels of a zarr array, of which a failed read leaves nothing behind.

    zarr reports the first chunk that fails while it goes on with the others; a process
    that ends then prints the tasks that lost their event loop.

    Parameters
    ----------
    array : zarr.Array
        The array.
    """

    def __init__(self, array: Any) -> None:
        self._array = array
        self.shape, self.chunks, self.shards = array.shape, array.chunks, array.shards
        self.dtype = array.dtype

    def __getitem__(self, index: tuple[slice, ...]) -> Any:
        try:
            return self._array[index]
        except Exception:
            _await_other_chunks()
            raise

    def __setitem__(self, index: tuple[slice, ...], value: Any) -> None:
        self._array[index] = value


def _await_other_chunks() -> None:
    """Wait until zarr's event loop has nothing left to do, `SETTLE` s at most."""
    from zarr.core.sync import sync

    async def others() -> set[asyncio.Task[Any]]:
        return {t for t in asyncio.all_tasks() if t is not asyncio.current_task()}

    async def finished(tasks: set[asyncio.Task[Any]]) -> None:
        if tasks:
            await asyncio.wait(tasks, timeout=SETTLE)

    # listed before this wait begins: two threads then never wait for each other
    sync(finished(sync(others())))


def _uses_blosc(node: Node) -> bool:
    """Whether each chunk file is one piece of Blosc output (shards are not)."""
    if node.format == "zarr2":
        compressor = node.metadata.get("compressor")
        return isinstance(compressor, dict) and compressor.get("id") == "blosc"
    codecs = node.metadata.get("codecs")
    last = codecs[-1] if isinstance(codecs, list) and codecs else None
    return isinstance(last, dict) and last.get("name") == "blosc"


class N5Source:
    """Voxels of an N5 array by tensorstore, slowest axis first.

    Parameters
    ----------
    node : Node
        The array.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self.shape, self.chunks = node.shape, node.block_size
        self.dtype = node.dtype
        self._voxels = _open_n5(node).T  # tensorstore shows x first, as N5 does

    def __reduce__(self) -> tuple[type[N5Source], tuple[Node]]:
        return N5Source, (self._node,)

    def __getitem__(self, index: tuple[slice, ...]) -> Any:
        return self._voxels[index].read().result()

    def __setitem__(self, index: tuple[slice, ...], value: Any) -> None:
        self._voxels[index].write(value).result()


def _open_n5(node: Node) -> Any:
    tensorstore = import_tensorstore()
    context = tensorstore.Context({"memory_key_value_store": {}})
    # tensorstore refuses arrays whose attributes (resolution, units, axes) it reads in
    # its own way, so it is shown those that describe the storage and no others
    needed = ("dimensions", "blockSize", "dataType", "compression")
    name = "attributes.json"
    memory = {"driver": "memory"}
    storage = tensorstore.KvStore.open(memory, context=context).result()
    storage[name] = json.dumps(
        {k: v for k, v in node.metadata.items() if k in needed}
    ).encode()
    layers = [
        {"base": node.reader.key_value_store(node.path)},
        {"base": {**memory, "path": name}, "exact": name},
    ]
    spec = {"driver": "n5", "kvstore": {"driver": "kvstack", "layers": layers}}
    return tensorstore.open(spec, open=True, context=context).result()


def import_tensorstore() -> Any:
    """Return the module tensorstore.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    try:
        import tensorstore
    except ImportError as error:
        raise MissingDependencyError(
            "N5 containers need the package tensorstore; install it with: "
            'pip install "napari-dacapo[n5]"'
        ) from error
    return tensorstore
