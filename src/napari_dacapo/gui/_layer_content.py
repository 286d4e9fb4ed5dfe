"""What a layer shows: voxels, axes and place in the world."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from napari.layers import Layer
    from numpy.typing import NDArray

#: voxels that are read at a time
SLAB_VOXELS = 2**22
_DEFAULT_AXES = {2: ["y", "x"], 3: ["z", "y", "x"]}
_KNOWN_AXES = (["c", "z", "y", "x"], ["c", "y", "x"], *_DEFAULT_AXES.values())


@attrs.frozen(eq=False)
class LayerContent:
    """What a layer shows, taken down in the window's thread without reading a voxel.

    Attributes
    ----------
    name : str
        Name of the layer.
    data : array-like
        Voxels at full resolution, numpy or lazy, in the order of `axes`.
    axes : list of str
        Axis names, ``c`` first if there is one.
    voxel_size, offset : Coordinate
        In nm, spatial axes only; `offset` is the outer corner of the first voxel.
    is_labels : bool
        Whether it is a Labels layer.
    path : Path or None
        The file that the voxels come from.
    is_placed : bool
        Whether scale, translation or unit were ever set.
    """

    name: str
    data: Any
    axes: list[str]
    voxel_size: Coordinate
    offset: Coordinate
    is_labels: bool
    path: Path | None
    is_placed: bool

    @property
    def num_channels(self) -> int | None:
        """Length of the channel axis, `None` if there is none or only one channel."""
        has_channels = self.axes[0] == CHANNEL_AXIS and self.data.shape[0] > 1
        return int(self.data.shape[0]) if has_channels else None

    @property
    def shape(self) -> tuple[int, ...]:
        """Spatial shape in voxels."""
        return tuple(self.data.shape[-self.voxel_size.dims :])

    @property
    def roi(self) -> Roi:
        """The box covered, in nm."""
        return Roi(self.offset, Coordinate(self.shape) * self.voxel_size)

    def slabs(self) -> list[tuple[int, int]]:
        """Return begin and end of slabs along the first spatial axis."""
        length = self.shape[0]
        per_plane = max(1, math.prod(self.data.shape) // max(1, length))
        step = max(1, SLAB_VOXELS // per_plane)
        return [(begin, min(begin + step, length)) for begin in range(0, length, step)]

    def read(self, slab: tuple[int, int]) -> NDArray[Any]:
        """Return the voxels of a slab, with a channel axis if there are several."""
        lead = (slice(None),) * (len(self.axes) - len(self.shape))
        values = np.asarray(self.data[(*lead, slice(*slab))])
        return values[0] if lead and self.num_channels is None else values


def layer_content(layer: Layer) -> LayerContent:
    """Return what `layer` shows.

    Raises
    ------
    DataError
        If it is no Image or Labels layer, is rotated or sheared, or its axes cannot be
        told.
    """
    from napari.layers import Image, Labels

    if not isinstance(layer, (Image, Labels)):
        raise DataError(f"layer {layer.name!r} holds no voxels; choose Image or Labels")
    _check_straight(layer)
    data, axes = _data_and_axes(layer)
    voxel_size, center = _world(layer, dims=len(set(axes) - {CHANNEL_AXIS}))
    return LayerContent(
        name=layer.name,
        data=data,
        axes=axes,
        voxel_size=voxel_size,
        offset=center - voxel_size / 2,
        is_labels=isinstance(layer, Labels),
        path=_path_of(layer, data),
        is_placed=_is_placed(layer),
    )


def _check_straight(layer: Layer) -> None:
    straight = (
        np.allclose(layer.rotate, np.eye(layer.ndim))
        and np.allclose(layer.shear, 0)
        and np.allclose(layer.affine.affine_matrix, np.eye(layer.ndim + 1))
    )
    if not straight:
        raise DataError(
            f"layer {layer.name!r} is rotated, sheared or has an affine transform; "
            "resample it along its axes first"
        )


def _data_and_axes(layer: Layer) -> tuple[Any, list[str]]:
    data = layer.data[0] if layer.multiscale else layer.data
    axes = _axis_names(layer)
    if getattr(layer, "rgb", False):
        return np.moveaxis(np.asarray(data), -1, 0), [CHANNEL_AXIS, *axes]
    return data, axes


def _axis_names(layer: Layer) -> list[str]:
    names = [str(label).lower() for label in layer.axis_labels]
    if names in _KNOWN_AXES:
        return names
    numbered = [str(i) for i in range(-layer.ndim, 0)]
    if names == numbered and layer.ndim in _DEFAULT_AXES:
        return _DEFAULT_AXES[layer.ndim]
    raise DataError(
        f"layer {layer.name!r} has the axes {', '.join(names)}; set layer.axis_labels "
        "to y, x or z, y, x, with c in front if there are channels"
    )


def _world(layer: Layer, dims: int) -> tuple[Coordinate, Coordinate]:
    """Return voxel size and centre of the first voxel, in nm."""
    factors = [nanometres(unit) for unit in layer.units[-dims:]]
    voxel_size, center = (
        Coordinate(float(v) * f for v, f in zip(values[-dims:], factors, strict=True))
        for values in (layer.scale, layer.translate)
    )
    if any(size <= 0 for size in voxel_size):
        raise DataError(
            f"layer {layer.name!r} has voxels of {voxel_size} nm; set layer.scale to "
            "positive numbers"
        )
    return voxel_size, center


def nanometres(unit: Any) -> float:
    """Return how many nm `unit` is; without a unit numbers count as nm.

    Raises
    ------
    DataError
        If it is no length.
    """
    if str(unit) == "pixel":
        return 1.0
    if not unit.is_compatible_with("nanometer"):
        raise DataError(f"the unit {unit} is no length; set layer.units to nm or um")
    return float((1 * unit).to("nanometer").magnitude)


def _path_of(layer: Layer, data: Any) -> Path | None:
    if layer.source.path is not None:
        return Path(layer.source.path)
    root = getattr(getattr(data, "store", None), "root", None)  # a zarr array
    return None if root is None else Path(root) / str(data.path)


def _is_placed(layer: Layer) -> bool:
    has_unit = any(str(unit) != "pixel" for unit in layer.units)
    return bool(has_unit or (layer.scale != 1).any() or layer.translate.any())
