"""Opening the voxels of a stored array for reading or writing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from napari_dacapo.errors import DataError, MissingDependencyError

from ._stored import READ_ERRORS

if TYPE_CHECKING:
    from ._node import Node
    from ._stored import Source


def open_source(node: Node, *, writable: bool) -> Source:
    """Open the voxels of the array `node`; nothing is ever created.

    Raises
    ------
    DataError
        If the array uses a codec or a feature that is not supported.
    MissingDependencyError
        For N5, if tensorstore is not installed.
    """
    try:
        return N5Source(node) if node.format == "n5" else _open_zarr(node, writable)
    except MissingDependencyError:
        raise
    except READ_ERRORS as error:
        raise DataError(f"{node} cannot be opened: {error}") from error


def _open_zarr(node: Node, writable: bool) -> Source:
    import zarr
    from zarr.storage import LocalStore, StorePath

    from ._checked_store import BloscStore

    kind = BloscStore if _uses_blosc(node) else LocalStore
    store = kind(node.folder, read_only=not writable)
    if node.consolidated:
        document = {**node.metadata, "attributes": node.attributes}
        array: Source = zarr.Array.from_dict(StorePath(store, ""), document)
        return array
    mode: Literal["r+", "r"] = "r+" if writable else "r"
    opened: Source = zarr.open_array(store, mode=mode, zarr_format=node.zarr_format)
    return opened


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
        {"base": {"driver": "file", "path": f"{node.folder}/"}},
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
