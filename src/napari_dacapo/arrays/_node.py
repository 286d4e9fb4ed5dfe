"""Arrays and groups of zarr and N5 containers, read from their JSON files only.

Nothing here needs zarr or opens a chunk, so listing a container is quick, cannot change
it, and every broken file is reported by name.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Literal

import attrs
import numpy as np

from napari_dacapo.errors import DataError, DataNotFoundError

from ._containers import Container, open_container
from .locations import CONTAINER_SUFFIXES, Location

__all__ = [
    "CONTAINER_SUFFIXES",
    "Node",
    "guess_format",
    "normal_path",
    "not_found",
    "read_node",
]

Format = Literal["zarr2", "zarr3", "n5"]


@attrs.frozen
class Node:
    """A place in a container.

    Parameters
    ----------
    reader : Container
        What reads the container.
    path : str
        Path inside it, without slashes at the ends; empty for the container itself.
    kind : {"array", "group", "unknown"}
        "unknown" is a folder without metadata of its own.
    format : {"zarr2", "zarr3", "n5"}
        Storage format.
    attributes : dict
        User attributes.
    metadata : dict
        What the format says about an array; empty for others.
    consolidated : bool
        Whether this is known from the container's ``.zmetadata`` alone.
    problem : str
        Why the metadata cannot be read; empty if they can.
    known_parent : Node, optional
        The enclosing node where it has been read already.
    """

    reader: Container = attrs.field(repr=False, eq=False)
    path: str
    kind: Literal["array", "group", "unknown"]
    format: Format
    attributes: dict[str, Any] = attrs.field(factory=dict)
    metadata: dict[str, Any] = attrs.field(factory=dict)
    consolidated: bool = False
    problem: str = ""
    known_parent: Node | None = attrs.field(default=None, repr=False, eq=False)

    @property
    def container(self) -> Location:
        """Where the container is."""
        return self.reader.location

    @property
    def folder(self) -> Path:
        """Folder of this node.

        Raises
        ------
        DataError
            If the container is no folder on this machine.
        """
        return self.reader.folder(self.path)

    @property
    def zarr_format(self) -> Literal[2, 3]:
        """Number of the zarr format (of no meaning for N5)."""
        return 3 if self.format == "zarr3" else 2

    @property
    def parent(self) -> Node | None:
        """The enclosing node, or `None` for the container itself."""
        if not self.path or self.known_parent is not None:
            return self.known_parent
        parent = PurePosixPath(self.path).parent.as_posix()
        path = "" if parent == "." else parent
        try:
            return read_node(self.reader, path)
        except DataNotFoundError:  # a server that does not show folders
            return Node(self.reader, path, "unknown", self.format)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape in voxels, slowest axis first (also for N5)."""
        return self._lengths("dimensions" if self.format == "n5" else "shape")

    @property
    def block_size(self) -> tuple[int, ...]:
        """Shape of a block of an N5 array in voxels, slowest axis first."""
        return self._lengths("blockSize")

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values, in the byte order of this machine.

        Raises
        ------
        DataError
            If the values are no booleans, integers or real numbers.
        """
        key = {"zarr2": "dtype", "zarr3": "data_type", "n5": "dataType"}[self.format]
        name = self.metadata.get(key)
        try:
            dtype = np.dtype(name) if isinstance(name, str) else None
        except TypeError:
            dtype = None
        if dtype is None or dtype.kind not in "biuf":
            raise DataError(
                f"{self} has values of type {name!r}; only booleans, integers and real "
                "numbers can be used"
            )
        return dtype.newbyteorder("=")

    def _lengths(self, key: str) -> tuple[int, ...]:
        value = self.metadata.get(key)
        if not isinstance(value, list) or not all(
            isinstance(n, int) and n >= 0 for n in value
        ):
            raise DataError(f"{self} has the metadata {key} = {value!r}, no shape")
        return tuple(value[::-1] if self.format == "n5" else value)

    def __str__(self) -> str:
        return f"{self.path or 'the top level'!r} in {self.container}"


def normal_path(path: str) -> str:
    """Return `path` without slashes at the ends and without empty parts.

    Raises
    ------
    DataError
        If the path would leave the container.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise DataError(f"dataset {path!r} leaves its container; '..' is not allowed")
    return "/".join(parts)


def read_node(container: Location | Container, path: str) -> Node:
    """Read what is at `path` inside `container`.

    Raises
    ------
    DataNotFoundError
        If there is nothing.
    DataError
        If a metadata file is damaged.
    """
    reader = (
        container if isinstance(container, Container) else open_container(container)
    )
    path = normal_path(path)
    reader.prefetch([path])
    for read in (_read_zarr3, _read_zarr2, _read_n5, _read_consolidated):
        node = read(reader, path)
        if node is not None:
            return node
    if reader.is_folder(path):
        return Node(reader, path, "unknown", guess_format(reader))
    raise DataNotFoundError(not_found(reader, path))


def not_found(reader: Container, path: str) -> str:
    """Return the sentence that there is nothing at `path`."""
    if path and not reader.refusal and not reader.is_remote:
        return f"{path!r} does not exist in {reader.location}"
    place = f"{reader.location}/{path}".rstrip("/")
    if reader.refusal:
        return (
            f"{place} does not exist or may not be read ({reader.refusal}); check the "
            "address, or log in to the service on this machine first"
        )
    return f"{place} does not exist, or holds no metadata of zarr or N5"


def _file(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _read_zarr3(reader: Container, path: str) -> Node | None:
    document = reader.document(_file(path, "zarr.json"))
    if document is None:
        return None
    attributes = _object(document.get("attributes"))
    if document.get("node_type") == "array":
        return Node(reader, path, "array", "zarr3", attributes, document)
    return Node(reader, path, "group", "zarr3", attributes)


def _read_zarr2(reader: Container, path: str) -> Node | None:
    array, group, attributes = (
        reader.document(_file(path, name)) for name in (".zarray", ".zgroup", ".zattrs")
    )
    if array is not None:
        return Node(reader, path, "array", "zarr2", attributes or {}, array)
    if group is not None:
        return Node(reader, path, "group", "zarr2", attributes or {})
    if attributes is not None:
        consolidated = _read_consolidated(reader, path)
        return consolidated or Node(reader, path, "unknown", "zarr2", attributes)
    return None


def _read_n5(reader: Container, path: str) -> Node | None:
    attributes = reader.document(_file(path, "attributes.json"))
    if attributes is None:
        is_group = reader.location.suffix == ".n5" and reader.is_folder(path)
        return Node(reader, path, "group", "n5") if is_group else None
    kind: Literal["array", "group"] = "array" if "dimensions" in attributes else "group"
    return Node(reader, path, kind, "n5", attributes, attributes)


def _read_consolidated(reader: Container, path: str) -> Node | None:
    document = reader.document(".zmetadata")
    if document is None:
        return None
    entries = _object(document.get("metadata"))
    attributes = _object(entries.get(_file(path, ".zattrs")))
    if _file(path, ".zarray") in entries:
        metadata = _object(entries[_file(path, ".zarray")])
        return Node(reader, path, "array", "zarr2", attributes, metadata, True)
    if _file(path, ".zgroup") in entries:
        return Node(reader, path, "group", "zarr2", attributes, consolidated=True)
    return None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def guess_format(reader: Container) -> Format:
    """Return the format of nodes that do not say it themselves."""
    if reader.location.suffix == ".n5":
        return "n5"
    return "zarr2" if reader.read("zarr.json") is None else "zarr3"
