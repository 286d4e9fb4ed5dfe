"""Creating arrays in containers and changing their attributes."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from napari_dacapo.errors import DataError, DataNotFoundError
from napari_dacapo.geometry import Coordinate, Roi

from ._node import Node, normal_path, read_node
from ._placement import place
from ._sources import import_tensorstore
from .base import CHANNEL_AXIS, NON_SPATIAL_AXES
from .locations import writable_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .identifiers import LocalArrayIdentifier

DEFAULT_CHUNK_BYTES = 5 * 2**20


@attrs.frozen
class ArraySpec:
    """What an array to be created looks like.

    Parameters
    ----------
    axes : list of str
        Axis names, the channel axis (if any) first.
    roi : Roi
        Box covered, in nm, a whole number of voxels.
    voxel_size : Coordinate
        In nm.
    num_channels : int or None
        Length of the channel axis.
    dtype : dtype
        Type of the values.
    chunk_shape : tuple of int
        Spatial shape of a chunk in voxels; chunks hold all channels.
    """

    axes: list[str]
    roi: Roi
    voxel_size: Coordinate
    num_channels: int | None
    dtype: np.dtype[Any]
    chunk_shape: tuple[int, ...]

    @classmethod
    def from_arguments(
        cls,
        axes: Sequence[str],
        roi: Roi,
        num_channels: int | None,
        voxel_size: Sequence[float],
        dtype: Any,
        write_size: Sequence[float] | None = None,
    ) -> ArraySpec:
        """Check and complete what callers give; `write_size` is in nm.

        Raises
        ------
        DataError
            If the region is not a whole number of voxels or the axes do not fit.
        """
        size, roi = Coordinate(voxel_size), Roi.coerce(roi)
        spatial = [a for a in axes if a not in NON_SPATIAL_AXES]
        if not len(spatial) == size.dims == roi.dims:
            raise DataError(
                f"axes {', '.join(axes)}, voxel size {size} and region {roi} have "
                "different numbers of spatial axes"
            )
        shape = roi.shape / size
        if not all(isinstance(n, int) for n in shape):
            raise DataError(
                f"region {roi} is not a whole number of voxels of {size} nm; snap it "
                "to the voxel grid first"
            )
        channels = num_channels if num_channels and num_channels > 1 else None
        if write_size is None:
            chunk = _default_chunk(np.dtype(dtype).itemsize * (channels or 1), shape)
        else:
            chunk = Coordinate(write_size).ceil_division(size)
        return cls(
            [CHANNEL_AXIS, *spatial] if channels else spatial,
            roi,
            size,
            channels,
            np.dtype(dtype),
            tuple(max(1, min(c, n)) for c, n in zip(chunk, shape, strict=True)),
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape in voxels, the channel axis (if any) first."""
        return (*self._channels, *(self.roi.shape / self.voxel_size).as_integers())

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of a chunk in voxels, with all channels."""
        return (*self._channels, *self.chunk_shape)

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes that place the array in the world, as DaCapo names them."""
        units = [f"{size} nm" for size in self.voxel_size.to_plain()]
        marked = [f"{a}^" if a == CHANNEL_AXIS else a for a in self.axes]
        return {
            "offset": self.roi.offset.to_plain(),
            "resolution": self.voxel_size.to_plain(),
            "axes": self.axes,
            "dimension_units": [*map(str, self._channels), *units],
            "_ARRAY_DIMENSIONS": marked,
        }

    @property
    def _channels(self) -> tuple[int, ...]:
        return () if self.num_channels is None else (self.num_channels,)


def _default_chunk(voxel_bytes: int, shape: Coordinate) -> tuple[int, ...]:
    """Return the largest cube (or square) of at most about 5 MiB."""
    side = max(1, math.floor((DEFAULT_CHUNK_BYTES / voxel_bytes) ** (1 / len(shape))))
    return (side,) * len(shape)


def create_array(
    identifier: LocalArrayIdentifier, spec: ArraySpec, overwrite: bool = False
) -> None:
    """Create an array of zeros: N5 in containers that end in .n5, else zarr.

    Raises
    ------
    DataError
        If an array with other properties exists and `overwrite` is false. One with the
        same properties is set to zero and keeps its attributes.
    """
    container = writable_folder(identifier.container)
    path = normal_path(identifier.dataset)
    attributes = spec.attributes
    existing = _existing_array(identifier)
    if existing is not None:
        if not overwrite:
            _require_same(existing, spec)
            attributes = {**existing.attributes, **attributes}
        shutil.rmtree(existing.folder)
    create = _create_n5 if container.suffix == ".n5" else _create_zarr
    create(container, path, spec)
    update_attributes(read_node(container, path), attributes)


def _existing_array(identifier: LocalArrayIdentifier) -> Node | None:
    try:
        node = read_node(identifier.container, identifier.dataset)
    except DataNotFoundError:
        return None
    is_empty = node.folder.is_dir() and not any(node.folder.iterdir())
    if node.kind == "array" or is_empty:
        return None if is_empty else node
    # what is no array is never removed: it may hold other arrays
    raise DataError(
        f"{node} is a group or a folder of other files; choose another path for the "
        "new array"
    )


def _require_same(existing: Node, spec: ArraySpec) -> None:
    placement = place(existing)
    pairs = {
        "offset": (placement.offset, spec.roi.offset),
        "voxel size": (placement.voxel_size, spec.voxel_size),
        "axes": (placement.axes, tuple(spec.axes)),
        "shape": (existing.shape, spec.shape),
    }
    for what, (old, new) in pairs.items():
        if old != new:
            raise DataError(
                f"{existing} exists with {what} {old}, but {new} is asked for; choose "
                "another name or overwrite it"
            )


def _create_zarr(container: Path, path: str, spec: ArraySpec) -> None:
    import zarr
    from numcodecs import GZip  # type: ignore[import-untyped]
    from zarr.codecs import GzipCodec

    # like its container, so that one listing shows all arrays
    zarr_format: Literal[2, 3] = 3 if (container / "zarr.json").is_file() else 2
    make_groups(container, path, zarr_format)
    zarr.create_array(
        str(container),
        name=path,
        shape=spec.shape,
        chunks=spec.chunks,
        dtype=spec.dtype,
        compressors=GZip(level=5) if zarr_format == 2 else GzipCodec(level=5),
        fill_value=0,
        zarr_format=zarr_format,
        dimension_names=spec.axes if zarr_format == 3 else None,
        chunk_key_encoding={
            "name": "v2" if zarr_format == 2 else "default",
            "separator": "/",
        },
    )


def make_groups(container: Any, path: str, zarr_format: Literal[2, 3]) -> None:
    """Create the container and the groups above `path` that do not exist yet."""
    import zarr

    for parent in reversed(PurePosixPath(path).parents):
        folder = container / parent
        if not (folder / ".zgroup").is_file() and not (folder / "zarr.json").is_file():
            zarr.create_group(str(folder), zarr_format=zarr_format)


def _create_n5(container: Path, path: str, spec: ArraySpec) -> None:
    container.mkdir(parents=True, exist_ok=True)
    top = container / "attributes.json"
    if not top.is_file():
        top.write_text(json.dumps({"n5": "2.0.0"}), encoding="utf-8")
    folder = container / path
    document = {
        "driver": "n5",
        "kvstore": {"driver": "file", "path": f"{folder}/"},
        "metadata": {
            "dimensions": spec.shape[::-1],
            "blockSize": spec.chunks[::-1],
            "dataType": spec.dtype.name,
            "compression": {"type": "gzip", "level": 5},
        },
    }
    import_tensorstore().open(document, create=True).result()


def update_attributes(node: Node, attributes: dict[str, Any]) -> None:
    """Merge `attributes` into those stored with `node`; N5 gets vectors reversed."""
    if node.format == "n5":
        _update_n5_attributes(node, attributes)
        return
    import zarr

    opened = zarr.open(str(node.folder), mode="r+", zarr_format=node.zarr_format)
    opened.attrs.update(attributes)


def _update_n5_attributes(node: Node, attributes: dict[str, Any]) -> None:
    placing = ("offset", "resolution", "axes", "dimension_units", "_ARRAY_DIMENSIONS")
    file = node.folder / "attributes.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    for key, value in attributes.items():
        document[key] = value[::-1] if key in placing else value
    file.write_text(json.dumps(document), encoding="utf-8")
