"""Stored images as what napari makes layers of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from napari_dacapo.arrays import Array
from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.arrays.locations import Location
from napari_dacapo.arrays.opening import open_path

from ._container_images import ContainerImage
from ._layers import METADATA_KEY, NO_UNIT, SOURCE_KEY, UNIT, placement
from ._stored_view import StoredView

if TYPE_CHECKING:
    #: data, keywords and kind of a layer
    LayerData = tuple[Any, dict[str, Any], str]

#: edge in voxels of the square, in the middle, that is looked at for the contrast
SAMPLE_EDGE = 512
#: attribute in which we write whether an image was a layer of labels or of intensities
SHOWN_AS_KEY = "napari-dacapo shown as"
_NAPARI_UNITS = {"angstrom", "nanometer", "micrometer", "millimeter", "meter"}


@attrs.frozen(eq=False)
class OpenedImage:
    """The levels of an image, opened, and what is known about how to show it.

    Attributes
    ----------
    image : ContainerImage
        What was opened.
    container : Path or Url
        Where.
    finest : Array
        Level 0.
    levels : list of StoredView
        All levels, the finest first.
    sample : ndarray
        Voxels of the coarsest level in the middle of its middle plane.
    channels : list of dict
        Name, colour and window of each channel as OME-NGFF describe them under
        ``omero``; empty if they do not.
    unit : str
        In which the file says lengths; nm if in none or in several.
    """

    image: ContainerImage
    container: Location
    finest: Array
    levels: list[StoredView]
    sample: NDArray[Any]
    channels: list[dict[str, Any]]
    unit: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed about the place in the world, one sentence each."""
        return self.image.levels[0].notes

    def layers(self, *, unitless: bool) -> list[LayerData]:
        """Return the layers that show it, all channels in one unless they are named.

        Parameters
        ----------
        unitless : bool
            Whether layers get no unit; their numbers are those of nm then.
        """
        image = self.image
        source = str(self.container / image.levels[0].path)
        unit = NO_UNIT if unitless else self.unit
        keywords = placement(self.finest, unit) | {
            "name": image.name,
            "multiscale": len(self.levels) > 1,
            "metadata": {METADATA_KEY: source, SOURCE_KEY: source},
        }
        if image.is_labels:
            return [(_data(self.levels), keywords, "labels")]
        if not self.channels:
            limits = {"contrast_limits": contrast_limits(self.sample)}
            return [(_data(self.levels), keywords | limits, "image")]
        return [self._channel(i, keywords) for i in range(len(self.channels))]

    def _channel(self, index: int, keywords: dict[str, Any]) -> LayerData:
        axis = self.finest.axes.index(CHANNEL_AXIS)
        channel = self.channels[index]
        single = keywords | {
            key: _without(keywords[key], axis)
            for key in ("scale", "translate", "units", "axis_labels")
        }
        source = f"{keywords['metadata'][SOURCE_KEY]}[{index}]"
        single |= {
            "name": f"{self.image.name}: {channel.get('label') or index}",
            "blending": "additive",
            "visible": channel.get("active") is not False,
            "metadata": {METADATA_KEY: source},
            "contrast_limits": _window(channel) or contrast_limits(self.sample[index]),
            **_colour(channel),
        }
        return _data([level.at(axis, index) for level in self.levels]), single, "image"


def open_image(container: Location, image: ContainerImage) -> OpenedImage:
    """Open the levels of `image` and read a small sample.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    arrays = [
        open_path(container / level.path).create_array() for level in image.levels
    ]
    dtype = np.uint8 if arrays[0].dtype == bool else None  # napari wants numbers
    views = [StoredView(array.data, dtype) for array in arrays]
    attributes = _ome_attributes(container, image)
    if SHOWN_AS_KEY in attributes:
        image = attrs.evolve(image, is_labels=attributes[SHOWN_AS_KEY] == "labels")
    return OpenedImage(
        image,
        container,
        arrays[0],
        views,
        _sample(views[-1], arrays[-1]),
        _channels(attributes, arrays[0].num_channels),
        _unit(attributes),
    )


def contrast_limits(sample: NDArray[Any]) -> tuple[float, float]:
    """Return limits that show `sample`; whole bytes are always shown alike."""
    if sample.dtype == np.uint8:
        return 0, 255
    finite = sample[np.isfinite(sample)]
    if finite.size == 0:
        return 0, 1
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if low < high else (low, low + 1)


def _data(levels: list[StoredView]) -> Any:
    return levels if len(levels) > 1 else levels[0]


def _without(values: list[Any], axis: int) -> list[Any]:
    return values[:axis] + values[axis + 1 :]


def _sample(view: StoredView, array: Array) -> NDArray[Any]:
    """Read voxels in the middle; what is damaged shows before there is a layer."""
    index: list[Any] = []
    shown = len(view.shape) - 2
    for axis, (name, length) in enumerate(zip(array.axes, view.shape, strict=True)):
        if axis >= shown:
            begin = max(0, (length - SAMPLE_EDGE) // 2)
            index.append(slice(begin, begin + SAMPLE_EDGE))
        else:
            middle = (length - 1) // 2
            index.append(slice(None) if name == CHANNEL_AXIS else middle)
    return np.asarray(view[tuple(index)])


def _ome_attributes(container: Location, image: ContainerImage) -> dict[str, Any]:
    """Return what the group of an OME-NGFF image says, one version like the other."""
    from napari_dacapo.arrays._nodes import read_node

    if image.levels[0].level is None:
        return {}
    attributes = read_node(container, image.path).attributes
    ome = attributes.get("ome")
    return {**attributes, **(ome if isinstance(ome, dict) else {})}


def _channels(attributes: dict[str, Any], count: int | None) -> list[dict[str, Any]]:
    """Return what OME-NGFF say about the channels, if they say it of each."""
    omero = attributes.get("omero")
    listed = omero.get("channels") if isinstance(omero, dict) else None
    if count is None or not isinstance(listed, list) or len(listed) != count:
        return []
    return listed if all(isinstance(each, dict) for each in listed) else []


def _unit(attributes: dict[str, Any]) -> str:
    image = next(iter(attributes.get("multiscales") or [{}]))
    axes = [axis for axis in image.get("axes") or [] if isinstance(axis, dict)]
    units = {axis.get("unit") for axis in axes if axis.get("type") == "space"}
    # napari knows the units that the text of OME-NGFF recommends by the same names
    return str(units.pop()) if len(units) == 1 and units <= _NAPARI_UNITS else UNIT


def _window(channel: dict[str, Any]) -> tuple[float, float] | None:
    window = channel.get("window")
    if not isinstance(window, dict):
        return None
    start, end = window.get("start"), window.get("end")
    if not isinstance(start, (int, float)) or not isinstance(end, (int, float)):
        return None
    return (start, end) if start < end else None


def _colour(channel: dict[str, Any]) -> dict[str, Any]:
    """Return the colormap from black to the colour, ``RRGGBB`` as OME-NGFF write it."""
    from napari.utils.colormaps import Colormap

    text = str(channel.get("color", ""))
    try:
        rgb = [int(text[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    except ValueError:
        return {}
    return {"colormap": Colormap([[0, 0, 0], rgb], name=f"#{text[:6]}")}
