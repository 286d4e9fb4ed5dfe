"""Finding arrays in containers, bounded in number and depth."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import attrs

from napari_dacapo.errors import DataError, DataNotFoundError

from ._containers import Container, TransferError, open_container
from ._multiscales import is_plate, named_children
from ._node import (
    CONTAINER_SUFFIXES,
    Node,
    guess_format,
    normal_path,
    not_found,
    read_node,
)
from .locations import (
    FOLDER_SUFFIXES,
    Location,
    Url,
    has_metadata,
    is_local_container,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "CONTAINER_SUFFIXES",
    "Node",
    "check_container",
    "find_array",
    "iter_nodes",
    "read_node",
]

MAX_ARRAYS = 500
MAX_DEPTH = 10
#: folders looked into before a listing ends: loose chunk folders cannot stall it
MAX_FOLDERS = 5000
MAX_REMOTE_FOLDERS = 500
_METADATA = {
    "zarr2": ".zarray is missing",
    "zarr3": "zarr.json is missing",
    "n5": "attributes.json is missing",
}


def check_container(container: Location) -> None:
    """Check that `container` is one, as far as can be told without reading in it.

    Raises
    ------
    DataNotFoundError
        If it does not exist.
    DataError
        If it is something else.
    """
    if isinstance(container, Url):
        return
    try:
        exists = container.exists()
    except OSError as error:
        raise DataError(f"{container} cannot be read ({error})") from error
    if not exists:
        raise DataNotFoundError(f"{container} does not exist; check the path")
    if not is_local_container(container) and not has_metadata(container):
        raise DataError(
            f"{container} is not a zarr or n5 container; choose a folder whose name "
            f"ends in {' or '.join(FOLDER_SUFFIXES)}, or a .zarr.zip or .ozx file"
        )


def find_array(container: Location, dataset: str) -> Node:
    """Return the array at path `dataset` in `container`.

    Raises
    ------
    DataNotFoundError
        If there is no such array; the text lists those that exist.
    DataError
        If the container is none, or a metadata file is damaged.
    """
    check_container(container)
    reader = open_container(container)
    try:
        node = read_node(reader, dataset)
    except DataNotFoundError:
        problem = (
            f"there is no array {dataset!r} in {container}: it does not exist"
            if normal_path(dataset) and not reader.refusal
            else not_found(reader, normal_path(dataset))
        )
        raise DataNotFoundError(f"{problem}{_what_exists(reader)}") from None
    if node.kind == "array":
        return node
    raise DataNotFoundError(f"{not_an_array(node)}{_what_exists(reader, node.path)}")


def _what_exists(reader: Container, below: str = "", limit: int = 12) -> str:
    """Return the tail of a sentence that lists the arrays of a container."""
    paths: list[str] = []
    # the sentence is about something else than a server that does not list
    with contextlib.suppress(DataError):
        paths += (
            node.path or "(the container itself)"
            for node in iter_nodes(reader, below)
            if node.kind == "array"
        )
    if not paths:
        return "" if below == "" else _what_exists(reader)
    more = f" and {len(paths) - limit} more" if len(paths) > limit else ""
    return f"; the arrays there are: {', '.join(paths[:limit])}{more}"


def iter_nodes(
    container: Location | Container, below: str = "", *, keep_broken: bool = False
) -> Iterator[Node]:
    """Yield the nodes at and below the path `below`, parents first, sorted by name.

    Bounded by `MAX_ARRAYS`, `MAX_DEPTH` and `MAX_FOLDERS`. Folders without metadata
    are looked into. With `keep_broken` those that carry attributes nevertheless, and
    nodes whose metadata file is damaged, are yielded with their `problem`.

    Raises
    ------
    DataError
        If there is no array among what can be found on a server without listing it.
    """
    reader = (
        container if isinstance(container, Container) else open_container(container)
    )
    waiting: list[tuple[str, Node | None]] = [(normal_path(below), None)]
    arrays, blind = 0, None
    for _ in range(MAX_REMOTE_FOLDERS if reader.is_remote else MAX_FOLDERS):
        if not waiting or arrays >= MAX_ARRAYS:
            break
        path, parent = waiting.pop()
        node = _readable(reader, path, parent)
        if node is None:
            continue
        if node.kind != "unknown" or (keep_broken and node.problem):
            yield node
        if node.kind == "array":
            arrays += 1
        elif path.count("/") < MAX_DEPTH:
            names = _children(node)
            blind = blind or (node if names is None else None)
            inside = [
                f"{path}/{name}".strip("/")
                for name in (named_children(node) if names is None else names)
            ]
            reader.prefetch(inside)
            waiting += [(child, node) for child in inside[::-1]]
    if blind is not None and not arrays:
        raise DataError(_cannot_list(blind))


def _cannot_list(node: Node) -> str:
    refused = f" ({node.reader.refusal})" if node.reader.refusal else ""
    return (
        f"no array was found at {node}: this server does not list its "
        f"folders{refused}; name the array itself, such as .../volume.zarr/raw/s0"
    )


def _readable(reader: Container, path: str, parent: Node | None) -> Node | None:
    """Read a node; one that is damaged is unknown and has a `problem`.

    `None` if it does not exist: metadata may name what is not there.
    """
    try:
        node = read_node(reader, path)
    except DataNotFoundError:
        if parent is None:
            raise
        return None
    except TransferError:
        raise
    except DataError as error:
        kind = guess_format(reader)
        node = Node(reader, path, "unknown", kind, problem=str(error))
    if node.kind == "unknown" and node.attributes:
        node = attrs.evolve(node, problem=not_an_array(node))
    return attrs.evolve(node, known_parent=parent)


def not_an_array(node: Node) -> str:
    """Return the sentence that `node` is something else, and what."""
    reason = {
        "group": "it is a group",
        "unknown": f"it has no array metadata ({_METADATA[node.format]})",
    }[node.kind]
    if is_plate(node):
        reason = (
            "it is a plate of wells (HCS); choose one image of a well, such as "
            f"{node.container}/A/1/0"
        )
    return f"{node} is not an array: {reason}"


def _children(node: Node) -> list[str] | None:
    """Return the names of the folders (or consolidated entries) directly below."""
    found = node.reader.children(node.path)
    if found is None:
        return None
    names = set(found)
    if node.consolidated:
        document = node.reader.document(".zmetadata") or {}
        prefix = f"{node.path}/" if node.path else ""
        entries = document.get("metadata", {})
        inside = (e.removeprefix(prefix) for e in entries if e.startswith(prefix))
        names |= {e.split("/")[0] for e in inside if "/" in e}
    return sorted(names)
