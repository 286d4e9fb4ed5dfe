"""Arrays and groups of zarr and N5 containers, read from their JSON files only.

Nothing here needs zarr or opens a chunk, so listing a container is quick, cannot change
it, and every broken file is reported by name.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import attrs
import numpy as np

from napari_dacapo.errors import DataError, DataNotFoundError

Format = Literal["zarr2", "zarr3", "n5"]
CONTAINER_SUFFIXES = (".zarr", ".n5")


@attrs.frozen
class Node:
    """A place in a container.

    Parameters
    ----------
    container : Path
        Folder of the container.
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

    container: Path
    path: str
    kind: Literal["array", "group", "unknown"]
    format: Format
    attributes: dict[str, Any] = attrs.field(factory=dict)
    metadata: dict[str, Any] = attrs.field(factory=dict)
    consolidated: bool = False
    problem: str = ""
    known_parent: Node | None = attrs.field(default=None, repr=False, eq=False)

    @property
    def folder(self) -> Path:
        """Folder of this node."""
        return self.container / self.path

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
        return read_node(self.container, "" if parent == "." else parent)

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


def read_node(container: Path, path: str) -> Node:
    """Read what is at `path` inside `container`.

    Raises
    ------
    DataNotFoundError
        If there is nothing.
    DataError
        If a metadata file is damaged.
    """
    path = normal_path(path)
    folder = container / path
    for read in (_read_zarr3, _read_zarr2, _read_n5):
        node = read(container, path, folder)
        if node is not None:
            return node
    node = _read_consolidated(container, path)
    if node is not None:
        return node
    if not folder.is_dir():
        raise DataNotFoundError(f"{path!r} does not exist in {container}")
    return Node(container, path, "unknown", guess_format(container))


def _read_zarr3(container: Path, path: str, folder: Path) -> Node | None:
    document = read_json(folder / "zarr.json")
    if document is None:
        return None
    attributes = _object(document.get("attributes"))
    if document.get("node_type") == "array":
        return Node(container, path, "array", "zarr3", attributes, document)
    return Node(container, path, "group", "zarr3", attributes)


def _read_zarr2(container: Path, path: str, folder: Path) -> Node | None:
    array, group, attributes = (
        read_json(folder / name) for name in (".zarray", ".zgroup", ".zattrs")
    )
    if array is not None:
        return Node(container, path, "array", "zarr2", attributes or {}, array)
    if group is not None:
        return Node(container, path, "group", "zarr2", attributes or {})
    if attributes is not None:
        consolidated = _read_consolidated(container, path)
        return consolidated or Node(container, path, "unknown", "zarr2", attributes)
    return None


def _read_n5(container: Path, path: str, folder: Path) -> Node | None:
    attributes = read_json(folder / "attributes.json")
    if attributes is None:
        is_group = container.suffix == ".n5" and folder.is_dir()
        return Node(container, path, "group", "n5") if is_group else None
    kind: Literal["array", "group"] = "array" if "dimensions" in attributes else "group"
    return Node(container, path, kind, "n5", attributes, attributes)


def _read_consolidated(container: Path, path: str) -> Node | None:
    document = read_json(container / ".zmetadata")
    if document is None:
        return None
    entries = _object(document.get("metadata"))
    prefix = f"{path}/" if path else ""
    attributes = _object(entries.get(f"{prefix}.zattrs"))
    if f"{prefix}.zarray" in entries:
        metadata = _object(entries[f"{prefix}.zarray"])
        return Node(container, path, "array", "zarr2", attributes, metadata, True)
    if f"{prefix}.zgroup" in entries:
        return Node(container, path, "group", "zarr2", attributes, consolidated=True)
    return None


def read_json(file: Path) -> dict[str, Any] | None:
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read ({error})") from error
    try:
        document = json.loads(text)
    except ValueError as error:
        raise DataError(
            f"{file} is not valid JSON ({error}); restore this metadata file"
        ) from error
    if not isinstance(document, dict):
        raise DataError(f"{file} is not a JSON object; restore this metadata file")
    return document


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def guess_format(container: Path) -> Format:
    if container.suffix == ".n5":
        return "n5"
    return "zarr3" if (container / "zarr.json").is_file() else "zarr2"
