"""From a path, as people type or drop it, to the config of the array that is meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_dacapo.errors import DataError, DataNotFoundError

from ._containers import Container, open_container
from ._multiscales import is_plate, level_paths
from ._nodes import Node, find_array, iter_nodes, not_an_array, read_node
from .locations import (
    FOLDER_SUFFIXES,
    Location,
    is_local_container,
    plain_name,
    split_location,
    to_location,
)
from .tiff_array import TiffArrayConfig, is_tiff
from .zarr_array import ZarrArrayConfig

if TYPE_CHECKING:
    from .base import ArrayConfig


def open_path(path: str | Location) -> ArrayConfig:
    """Return the config of the array at `path`.

    Parameters
    ----------
    path : str, Path or Url
        A TIFF file, a folder of TIFF files (one per section), an array inside a
        container (``volume.zarr/raw/s0``, ``volume.zarr.zip/raw``,
        ``https://host/volume.zarr/raw``), an OME-Zarr image (its finest level is
        taken), or a container or group with one array.

    Raises
    ------
    DataNotFoundError
        If there is nothing at `path`.
    DataError
        If it is not clear which array is meant; the text lists them.
    """
    location = to_location(path)
    if isinstance(location, Path):
        location = location.expanduser()
        if is_tiff(location):
            return TiffArrayConfig(location.stem, location)
    container, inner = split_path(location)
    reader = open_container(container)
    dataset = _dataset(reader, inner)
    stem = plain_name(container)
    name = "_".join([stem, *dataset.split("/")]) if dataset else stem
    return ZarrArrayConfig(name, container, dataset)


def split_path(path: str | Location) -> tuple[Location, str]:
    """Return the container in `path` and the path inside it.

    Raises
    ------
    DataNotFoundError
        If there is nothing at `path`.
    DataError
        If it is not in a container.
    """
    location = to_location(path)
    found = split_location(location)
    if found is None:
        raise _not_in_a_container(Path(str(location)))
    return found


def _not_in_a_container(path: Path) -> DataError:
    try:
        if not path.exists():
            return DataNotFoundError(f"{path} does not exist; check the path")
        inside = sorted(path.iterdir())[:1000] if path.is_dir() else []
        containers = [entry.name for entry in inside if is_local_container(entry)]
    except OSError as error:
        return DataError(f"{path} cannot be read ({error})")
    if containers:
        return DataError(
            f"{path} holds {len(containers)} containers; choose one: "
            f"{', '.join(containers[:20])}"
        )
    return DataError(
        f"{path} is neither a TIFF file nor inside a container; choose a .tif file, a "
        f"path in a folder that ends in {' or '.join(FOLDER_SUFFIXES)}, or in a "
        ".zarr.zip or .ozx file"
    )


def _dataset(reader: Container, inner: str) -> str:
    """Return the path of the array that is meant by `inner`."""
    container = reader.location
    node = _existing(reader, inner)
    if node.kind == "array":
        return node.path
    if is_plate(node):
        raise DataError(not_an_array(node))
    nodes = list(iter_nodes(reader, node.path, keep_broken=True))
    images = [n for n in nodes if level_paths(n)]
    image = node if node in images else images[0] if len(images) == 1 else None
    arrays = [n.path for n in nodes if n.kind != "group"]
    if image is not None and all(p.startswith(image.path) for p in arrays):
        finest = f"{image.path}/{level_paths(image)[0]}".strip("/")
        return find_array(container, finest).path
    if len(arrays) == 1:
        return find_array(container, arrays[0]).path
    place = str(container / inner) if inner else str(container)
    if not arrays:
        raise DataError(f"{place} holds no zarr or N5 array; choose another")
    listed = ", ".join(arrays[:20])
    raise DataError(f"{place} holds {len(arrays)} arrays; choose one: {listed}")


def _existing(reader: Container, inner: str) -> Node:
    try:
        return read_node(reader, inner)
    except DataNotFoundError:
        return find_array(reader.location, inner)  # raises, and tells what there is
