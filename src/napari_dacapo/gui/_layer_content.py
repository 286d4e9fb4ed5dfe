"""What a layer shows: voxels, axes and place in the world."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.arrays.locations import Location, to_location
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

from ._array_views import TransposedView
from ._layers import SOURCE_KEY

if TYPE_CHECKING:
    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_dacapo.arrays import ZarrArray

#: voxels that are read at a time
SLAB_VOXELS = 2**22
_DEFAULT_AXES = {2: ["y", "x"], 3: ["z", "y", "x"]}
_KNOWN_AXES = (["c", "z", "y", "x"], ["c", "y", "x"], *_DEFAULT_AXES.values())
_NO_UNIT = "pixel"


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
    path : Path, Url or None
        The file that the voxels come from.
    is_placed : bool
        Whether scale, translation or unit were ever set.
    units : tuple of str
        Units of the spatial axes of the layer, ``"pixel"`` for none.
    is_colour : bool
        Whether the channels are red, green and blue.
    """

    name: str
    data: Any
    axes: list[str]
    voxel_size: Coordinate
    offset: Coordinate
    is_labels: bool
    path: Location | None
    is_placed: bool
    units: tuple[str, ...]
    is_colour: bool = False

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

    def read(self, *spans: tuple[int, int]) -> NDArray[Any]:
        """Return the voxels of a box, with a channel axis if there are several.

        Parameters
        ----------
        *spans : (int, int)
            Begin and end along the first spatial axes; the others are read in full.
        """
        lead = (slice(None),) * (len(self.axes) - len(self.shape))
        values = np.asarray(self.data[(*lead, *(slice(*span) for span in spans))])
        return values[0] if lead and self.num_channels is None else values

    def new_image(self, container: Path, group: str = "", **options: Any) -> ZarrArray:
        """Create an image of zeros of this form, place and kind, opened for writing.

        Parameters
        ----------
        container, group
            Where.
        **options
            More of what :func:`napari_dacapo.arrays._ome_zarr.create_image` takes.
        """
        from napari_dacapo.arrays._ome_zarr import create_image

        return create_image(
            container,
            group,
            axes=self.axes,
            roi=self.roi,
            voxel_size=self.voxel_size,
            num_channels=self.num_channels,
            dtype=self.data.dtype,
            labels=self.is_labels,
            **options,
        )


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
    names = _axis_names(layer)
    order = _canonical_order(names)
    data, axes = _data_in_order(layer, order), [names[i] for i in order]
    if _is_rgb(layer):
        axes = [CHANNEL_AXIS, *axes]
    spatial = [i for i in order if names[i] != CHANNEL_AXIS]
    voxel_size, center = _world(layer, spatial)
    return LayerContent(
        name=layer.name,
        data=data,
        axes=axes,
        voxel_size=voxel_size,
        offset=center - voxel_size / 2,
        is_labels=isinstance(layer, Labels),
        path=_location_of(layer, data),
        is_placed=_is_placed(layer),
        units=tuple(str(layer.units[i]) for i in spatial),
        is_colour=_is_rgb(layer) and data.shape[0] == 3,
    )


def _is_rgb(layer: Layer) -> bool:
    return bool(getattr(layer, "rgb", False))


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


def _data_in_order(layer: Layer, order: list[int]) -> Any:
    """Return the voxels at full resolution, unread, channels or colours first."""
    data = layer.data[0] if layer.multiscale else layer.data
    if _is_rgb(layer):
        order = [len(order), *order]
    in_order = order == sorted(order)
    return data if in_order else TransposedView(data, order)


def _canonical_order(names: list[str]) -> list[int]:
    """Return the positions of the axes in the order ``c z y x``."""
    return sorted(range(len(names)), key=lambda i: "czyx".index(names[i]))


def _axis_names(layer: Layer) -> list[str]:
    names = [str(label).lower() for label in layer.axis_labels]
    if any(sorted(names) == sorted(known) for known in _KNOWN_AXES):
        return names
    numbered = [str(i) for i in range(-layer.ndim, 0)]
    if names == numbered and layer.ndim in _DEFAULT_AXES:
        return _DEFAULT_AXES[layer.ndim]
    raise DataError(
        f"layer {layer.name!r} has the axes {', '.join(names)}; set layer.axis_labels "
        "to y, x or z, y, x, with c in front if there are channels"
    )


def _world(layer: Layer, axes: list[int]) -> tuple[Coordinate, Coordinate]:
    """Return voxel size and centre of the first voxel along `axes`, in nm."""
    factors = [nanometres(layer.units[i]) for i in axes]
    voxel_size, center = (
        Coordinate(float(values[i]) * f for i, f in zip(axes, factors, strict=True))
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
    if str(unit) == _NO_UNIT:
        return 1.0
    if not unit.is_compatible_with("nanometer"):
        raise DataError(f"the unit {unit} is no length; set layer.units to nm or um")
    return float((1 * unit).to("nanometer").magnitude)


def _location_of(layer: Layer, data: Any) -> Location | None:
    source = layer.metadata.get(SOURCE_KEY) or layer.source.path
    if source is not None:
        return to_location(source)
    root = getattr(getattr(data, "store", None), "root", None)  # a zarr array
    return None if root is None else Path(root) / str(data.path)


def _is_placed(layer: Layer) -> bool:
    has_unit = any(str(unit) != _NO_UNIT for unit in layer.units)
    return bool(has_unit or (layer.scale != 1).any() or layer.translate.any())
