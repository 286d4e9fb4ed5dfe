"""A training sample as layers, at the place it was cut from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo.arraytypes import DistanceArray

from ._camera import fly_to
from ._layers import METADATA_KEY, find_layer, show_array

if TYPE_CHECKING:
    from napari_dacapo.arrays import NumpyArray

    from ._preview_pipeline import Sample

#: what the keys of the layers begin with
_PREFIX = "preview of "
_PARTS = ("raw", "target", "weight")


class PreviewLayers:
    """Shows raw, target and weight of a sample as one layer each.

    A layer is made once; later only its data and place change. One that the user has
    removed does not come back before all of them were removed.

    Parameters
    ----------
    viewer : napari.Viewer
        Where to show them.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._made: set[str] = set()

    def show(self, sample: Sample) -> None:
        """Show `sample` in place of the one before."""
        for part in _PARTS:
            key = _PREFIX + part
            is_new = key not in self._made
            if is_new or find_layer(self._viewer, key) is not None:
                array = getattr(sample, part)
                layer = show_array(
                    self._viewer, array, f"sample: {part}", data=_data(array), key=key
                )
                if is_new:
                    _decorate(layer, part, sample)
                self._made.add(key)

    def fly_there(self, sample: Sample) -> None:
        """Move the camera to `sample`."""
        fly_to(self._viewer, sample.target.roi)

    def remove(self) -> None:
        """Remove the layers."""
        for key in self._made:
            layer = find_layer(self._viewer, key)
            if layer is not None:
                self._viewer.layers.remove(layer)
        self._made.clear()


def is_preview(layer: Any) -> bool:
    """Whether `layer` shows a sample, and so is no data to learn from."""
    return str(layer.metadata.get(METADATA_KEY, "")).startswith(_PREFIX)


def _data(array: NumpyArray) -> Any:
    """Return the values of `array`, without the axis of a single channel."""
    return array.data[0] if array.num_channels == 1 else array.data


def _decorate(layer: Any, part: str, sample: Sample) -> None:
    """Give a new layer its look; from then on it is the user's."""
    layer.contrast_limits_range = (-1, 1.5)
    if part == "raw":
        layer.contrast_limits = (0, 1)  # what normalised intensities are
    elif part == "target":
        signed = isinstance(sample.meaning, DistanceArray)
        layer.contrast_limits = (-1, 1) if signed else (0, 1)
        layer.colormap = "twilight_shifted" if signed else "gray"
        layer.opacity = 0.5
    else:
        highest = max(float(sample.weight.data.max()), 1.0)
        layer.contrast_limits_range = layer.contrast_limits = (0, highest)
        layer.colormap, layer.blending, layer.opacity = "inferno", "additive", 0.4
