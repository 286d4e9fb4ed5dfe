"""Layers made from arrays: one function for every layer this plugin shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.arrays._units import nanometres
from napari_dacapo.arrays.base import NON_SPATIAL_AXES
from napari_dacapo.arraytypes import (
    AnnotationArray,
    ArrayType,
    BinaryArray,
    DistanceArray,
    EmbeddingArray,
    Mask,
    ProbabilityArray,
)

from ._array_views import ArrayView

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_dacapo.arrays import Array, ArrayConfig

#: key in a layer's metadata under which this plugin finds its layers again
METADATA_KEY = "napari-dacapo"
#: key under which a layer names the stored array that it shows, unchanged
SOURCE_KEY = "napari-dacapo source"
UNIT = "nm"
NO_UNIT = "pixel"
#: in voxels
OUTLINE_WIDTH = 1
_LABELS = (AnnotationArray, BinaryArray, Mask)


def show_array(
    viewer: Any,
    array: Array,
    name: str,
    *,
    meaning: ArrayType | None = None,
    data: Any = None,
    key: str | None = None,
    outlines: bool = False,
) -> Layer:
    """Show `array` as a layer at its place in the world.

    The layer is made once and found again by `key`, even if the user renamed it; later
    calls replace its data and place and leave visibility, contrast and colours as the
    user set them.

    Parameters
    ----------
    viewer : napari.Viewer
        Where to show it.
    array : Array
        What to show; read lazily, or computed when virtual.
    name : str
        Name of a new layer.
    meaning : ArrayType, optional
        What the values mean: labels, binary images and masks become a Labels layer,
        everything else an Image.
    data : array-like, optional
        The values of `array` if they are in memory already, or something to show in
        their place; with the axes of `array`, or without its channel axis.
    key : str, optional
        What to find the layer again by; by default `name`.
    outlines : bool
        Whether new labels are shown as outlines, to be compared with others.
    """
    data = _lazy(array) if data is None else data
    key = name if key is None else key
    keywords = placement(array, units_of(viewer), ndim=len(data.shape))
    layer = find_layer(viewer, key)
    if layer is not None and layer.ndim == len(data.shape):
        layer.data = data
        layer.scale, layer.translate = keywords["scale"], keywords["translate"]
        return layer
    if layer is not None:
        viewer.layers.remove(layer)
    keywords |= {"name": name, "metadata": {METADATA_KEY: key}}
    if isinstance(meaning, _LABELS):
        labels = viewer.add_labels(data, **keywords)
        labels.contour = OUTLINE_WIDTH if outlines else 0
        return labels
    limits = _contrast_limits(meaning, array.dtype)
    return viewer.add_image(data, contrast_limits=limits, **_look(meaning), **keywords)


def placement(
    array: Array, units: str = UNIT, ndim: int | None = None
) -> dict[str, Any]:
    """Return the layer attributes that put `array` at its place in the world.

    A layer's ``translate`` is the centre of its first voxel, an array's offset the
    outer corner: half a voxel apart, or layers of different resolution are shifted.

    Parameters
    ----------
    array : Array
        What lies there.
    units : str
        Unit of the spatial axes, such as ``"nm"`` or ``"micrometer"``; numbers without
        a unit (``"pixel"``) are those of nm.
    ndim : int, optional
        Number of axes of the layer, of which the last ones are meant.
    """
    axes = array.axes[-ndim:] if ndim else array.axes
    factor = nanometres(units, "a layer")
    spatial = iter(
        zip(array.voxel_size, array.roi.offset + array.voxel_size / 2, strict=True)
    )
    scale, translate, all_units = [], [], []
    for axis in axes:
        extra = axis in NON_SPATIAL_AXES
        size, position = (factor, 0) if extra else next(spatial)
        scale.append(float(size / factor))
        translate.append(float(position / factor))
        all_units.append(NO_UNIT if extra else units)
    return {
        "scale": scale,
        "translate": translate,
        "units": all_units,
        "axis_labels": list(axes),
    }


def units_of(viewer: Any) -> str:
    """Return the unit for new layers: nm, or none if the other layers have none.

    Napari ignores all units as soon as one layer lacks them. Numbers stay the same:
    arrays without a unit count as nm.
    """
    spatial = {str(unit) for layer in viewer.layers for unit in layer.units[-2:]}
    return NO_UNIT if spatial == {NO_UNIT} else UNIT


def find_layer(viewer: Any, key: str) -> Layer | None:
    """Return the layer that `show_array` made for `key`, if it is still there."""
    for layer in viewer.layers:
        if layer.metadata.get(METADATA_KEY) == key:
            return layer
    return None


def layer_key(config: ArrayConfig) -> str:
    """Return the key of the layer of stored data; as that of a layer opened from it."""
    file_name = getattr(config, "file_name", None)
    dataset = getattr(config, "dataset", "")
    return config.name if file_name is None else f"{file_name}/{dataset}".rstrip("/")


def _lazy(array: Array) -> Any:
    try:
        return array.data
    except ValueError:  # a virtual array
        return ArrayView(array)


def _look(meaning: ArrayType | None) -> dict[str, Any]:
    """Return how a new image looks: what a network predicts lies over the picture."""
    if isinstance(meaning, (DistanceArray, EmbeddingArray, ProbabilityArray)):
        return {"colormap": "magenta", "blending": "additive", "opacity": 0.6}
    return {}


def _contrast_limits(
    meaning: ArrayType | None, dtype: np.dtype[Any]
) -> tuple[float, float] | None:
    """Return the limits known from the meaning; `None` lets napari look at the data."""
    if dtype == np.uint8 and meaning is not None and meaning.interpolatable:
        return 0, 255
    if dtype.kind == "f" and isinstance(meaning, ProbabilityArray):
        return 0, 1
    if dtype.kind == "f" and isinstance(meaning, DistanceArray):
        return -1, 1
    return None
