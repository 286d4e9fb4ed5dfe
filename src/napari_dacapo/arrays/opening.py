"""From a path, as people type or drop it, to the config of the array that is meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_dacapo.errors import DataError, DataNotFoundError

from ._multiscales import level_paths
from ._node import CONTAINER_SUFFIXES, Node, read_node
from ._nodes import find_array, iter_nodes
from .tiff_array import TIFF_SUFFIXES, TiffArrayConfig
from .zarr_array import ZarrArrayConfig

if TYPE_CHECKING:
    from .base import ArrayConfig


def open_path(path: str | Path) -> ArrayConfig:
    """Return the config of the array at `path`.

    Parameters
    ----------
    path : str or Path
        A TIFF file, an array inside a container (``volume.zarr/raw/s0``), an OME-Zarr
        image (its finest level is taken), or a container or group with one array.

    Raises
    ------
    DataNotFoundError
        If there is nothing at `path`.
    DataError
        If it is not clear which array is meant; the text lists them.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() in TIFF_SUFFIXES:
        return TiffArrayConfig(path.stem, path)
    container, inner = _split(path)
    dataset = _dataset(container, inner)
    name = (
        "_".join([container.stem, *dataset.split("/")]) if dataset else container.stem
    )
    return ZarrArrayConfig(name, container, dataset)


def _split(path: Path) -> tuple[Path, str]:
    """Return the container and the path inside it."""
    for folder in (path, *path.parents):
        if folder.suffix in CONTAINER_SUFFIXES and folder.is_dir():
            inner = path.relative_to(folder).as_posix()
            return folder, "" if inner == "." else inner
    if not path.exists():
        raise DataNotFoundError(f"{path} does not exist; check the path")
    raise DataError(
        f"{path} is neither a TIFF file nor inside a container; choose a .tif file or "
        f"a path in a folder that ends in {' or '.join(CONTAINER_SUFFIXES)}"
    )


def _dataset(container: Path, inner: str) -> str:
    """Return the path of the array that is meant by `inner`."""
    node = _existing(container, inner)
    if node.kind == "array":
        return node.path
    nodes = list(iter_nodes(container, node.path, keep_broken=True))
    images = [n for n in nodes if level_paths(n)]
    image = node if node in images else images[0] if len(images) == 1 else None
    arrays = [n.path for n in nodes if n.kind != "group"]
    if image is not None and all(p.startswith(image.path) for p in arrays):
        finest = f"{image.path}/{level_paths(image)[0]}".strip("/")
        return find_array(container, finest).path
    if len(arrays) == 1:
        return find_array(container, arrays[0]).path
    listed = ", ".join(arrays[:20]) or "there are none"
    raise DataError(
        f"{container / inner} holds {len(arrays)} arrays; choose one: {listed}"
    )


def _existing(container: Path, inner: str) -> Node:
    try:
        return read_node(container, inner)
    except DataNotFoundError:
        return find_array(container, inner)  # raises, and tells what there is
