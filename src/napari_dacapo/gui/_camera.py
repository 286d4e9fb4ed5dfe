"""What a viewer looks at, in nm, and flying to a place.

Viewers have a unit of their own, and axes without one (channels) in front.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.errors import DataError

from ._layer_content import nanometres
from ._regions import Region, box_of

if TYPE_CHECKING:
    from napari.layers import Shapes

    from napari_dacapo.geometry import Roi

#: how much of the canvas is taken by what the camera flew to
FILLED_SHARE = 0.6
#: share of a voxel by which the plane on the screen counts as thick
_PLANE = 0.5


def camera_of(viewer: Any) -> Any:
    """Return the camera, which is at another place since napari 0.9."""
    return getattr(viewer, "scene", viewer).camera


def focus_of(viewer: Any) -> tuple[float, ...]:
    """Return the position in the middle of the screen, in nm, one number per axis."""
    return tuple(np.array(_middle(viewer)) * _factors(viewer))


def visible_region(viewer: Any) -> Region:
    """Return what is on the screen: in 2D of the plane shown, in 3D a cube."""
    middle, displayed = _middle(viewer), list(viewer.dims.displayed)
    steps = np.broadcast_to(viewer.layers.extent.step, (viewer.dims.ndim,))
    half = steps * _PLANE / 2
    visible = np.array(_canvas_size(viewer)) / camera_of(viewer).zoom / 2
    half[displayed] = visible if len(displayed) == 2 else visible.min()
    ends = np.stack([middle - half, middle + half]) * _factors(viewer)
    return Region(tuple(map(tuple, ends.T.tolist())), "what is on the screen")


def region_of_shapes(layer: Shapes) -> Region | None:
    """Return the box around the selected shapes, or all of them; `None` without any."""
    chosen = sorted(layer.selected_data) or range(len(layer.data))
    vertices = [vertex for index in chosen for vertex in layer.data[index]]
    if not vertices:
        return None
    factors = np.array([_factor(unit) for unit in layer.units])
    points = [np.array(layer.data_to_world(v)) * factors for v in vertices]
    return box_of([p.tolist() for p in points], f"the box in layer {layer.name!r}")


def world_corner(viewer: Any, ndim: int) -> tuple[float, ...]:
    """Return the lower corner (nm) of all layers along the last `ndim` axes."""
    corner = np.zeros(ndim)
    if len(viewer.layers):
        low = (viewer.layers.extent.world[0] * _factors(viewer))[-ndim:]
        corner[-len(low) :] = low
    return tuple(corner.tolist())


def fly_to(viewer: Any, roi: Roi) -> None:
    """Bring `roi` (nm) to the middle of the screen, at a size that is well seen."""
    dims = min(roi.dims, viewer.dims.ndim)
    factors = _factors(viewer)[-dims:]
    center = np.array(roi.center.as_floats())[-dims:] / factors
    size = np.array(roi.shape.as_floats())[-dims:] / factors
    first = viewer.dims.ndim - dims
    for axis, value in enumerate(center, first):
        viewer.dims.set_point(axis, value)
    shown = [axis - first for axis in viewer.dims.displayed if axis >= first]
    camera_of(viewer).center = tuple(center[shown])
    extent = size[shown].max(initial=0)
    if extent > 0:
        camera_of(viewer).zoom = min(_canvas_size(viewer)) * FILLED_SHARE / extent


def _middle(viewer: Any) -> Any:
    point = np.array(viewer.dims.point, float)
    displayed = list(viewer.dims.displayed)
    point[displayed] = camera_of(viewer).center[-len(displayed) :]
    return point


def _factors(viewer: Any) -> Any:
    """Return how many nm the viewer's unit is along each axis; 1 if it has none."""
    units = viewer.layers.extent.units
    ndim = viewer.dims.ndim
    if not units:
        return np.ones(ndim)
    known = [_factor(unit) for unit in units]
    return np.array([1.0] * (ndim - len(known)) + known)


def _factor(unit: Any) -> float:
    """Return how many nm `unit` is; 1 for what is no length, as time."""
    try:
        return float(nanometres(unit))
    except DataError:
        return 1.0


def _canvas_size(viewer: Any) -> tuple[float, float]:
    """Return height and width of the canvas in the pixels that zoom refers to."""
    canvas = getattr(viewer, "canvas", None)
    height, width = viewer._canvas_size if canvas is None else canvas.size  # noqa: SLF001
    return float(height), float(width)
