"""Finding arrays in containers, bounded in number and depth."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import attrs

from napari_dacapo.errors import DataError, DataNotFoundError

from ._node import (
    CONTAINER_SUFFIXES,
    Node,
    guess_format,
    normal_path,
    read_json,
    read_node,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
_METADATA = {
    "zarr2": ".zarray is missing",
    "zarr3": "zarr.json is missing",
    "n5": "attributes.json is missing",
}


def check_container(container: Path) -> None:
    """Check that `container` is a folder with the suffix of a container.

    Raises
    ------
    DataNotFoundError
        If it does not exist.
    DataError
        If it is something else.
    """
    if not container.exists():
        raise DataNotFoundError(f"{container} does not exist; check the path")
    if not container.is_dir() or container.suffix not in CONTAINER_SUFFIXES:
        raise DataError(
            f"{container} is not a zarr or n5 container; choose a folder whose name "
            f"ends in {' or '.join(CONTAINER_SUFFIXES)}"
        )


def find_array(container: Path, dataset: str) -> Node:
    """Return the array at path `dataset` in `container`.

    Raises
    ------
    DataNotFoundError
        If there is no such array; the text lists those that exist.
    DataError
        If the container is none, or a metadata file is damaged.
    """
    check_container(container)
    try:
        node = read_node(container, dataset)
    except DataNotFoundError:
        raise DataNotFoundError(
            f"there is no array {dataset!r} in {container}: it does not exist"
            f"{_what_exists(container)}"
        ) from None
    if node.kind == "array":
        return node
    raise DataNotFoundError(
        f"{_not_an_array(node)}{_what_exists(container, node.path)}"
    )


def _what_exists(container: Path, below: str = "", limit: int = 12) -> str:
    """Return the tail of a sentence that lists the arrays of a container."""
    paths = [
        node.path or "(the container itself)"
        for node in iter_nodes(container, below)
        if node.kind == "array"
    ]
    if not paths:
        return "" if below == "" else _what_exists(container)
    more = f" and {len(paths) - limit} more" if len(paths) > limit else ""
    return f"; the arrays there are: {', '.join(paths[:limit])}{more}"


def iter_nodes(
    container: Path, below: str = "", *, keep_broken: bool = False
) -> Iterator[Node]:
    """Yield the nodes at and below the path `below`, parents first, sorted by name.

    Bounded by `MAX_ARRAYS`, `MAX_DEPTH` and `MAX_FOLDERS`. Folders without metadata
    are looked into. With `keep_broken` those that carry attributes nevertheless, and
    nodes whose metadata file is damaged, are yielded with their `problem`.
    """
    waiting: list[tuple[str, Node | None]] = [(normal_path(below), None)]
    arrays = 0
    for _ in range(MAX_FOLDERS):
        if not waiting or arrays >= MAX_ARRAYS:
            return
        path, parent = waiting.pop()
        node = attrs.evolve(_readable(container, path), known_parent=parent)
        if node.kind != "unknown" or (keep_broken and node.problem):
            yield node
        if node.kind == "array":
            arrays += 1
        elif path.count("/") < MAX_DEPTH:
            inside = [f"{path}/{c}" if path else c for c in _children(node)]
            waiting += [(child, node) for child in inside[::-1]]


def _readable(container: Path, path: str) -> Node:
    """Read a node; one that is damaged is unknown and has a `problem`."""
    try:
        node = read_node(container, path)
    except DataError as error:
        kind = guess_format(container)
        return Node(container, path, "unknown", kind, problem=str(error))
    if node.kind == "unknown" and node.attributes:
        return attrs.evolve(node, problem=_not_an_array(node))
    return node


def _not_an_array(node: Node) -> str:
    reason = {
        "group": "it is a group",
        "unknown": f"{node.folder} has no array metadata ({_METADATA[node.format]})",
    }[node.kind]
    return f"{node} is not an array: {reason}"


def _children(node: Node) -> list[str]:
    """Return the names of the folders (or consolidated entries) directly below."""
    names: set[str] = set()
    # a folder that may not be read must not hide the others
    with contextlib.suppress(OSError):
        names = {entry.name for entry in node.folder.iterdir() if entry.is_dir()}
    if node.consolidated:
        entries = (read_json(node.container / ".zmetadata") or {}).get("metadata", {})
        prefix = f"{node.path}/" if node.path else ""
        inside = (e.removeprefix(prefix) for e in entries if e.startswith(prefix))
        names |= {e.split("/")[0] for e in inside if "/" in e}
    return sorted(names)
