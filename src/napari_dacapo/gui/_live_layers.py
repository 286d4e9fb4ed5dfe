"""Layers that follow the post-processing sliders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._array_views import ProcessedView
from ._layers import METADATA_KEY, find_layer, placement, units_of
from ._result_layers import layer_key, show_result, show_segmentation

if TYPE_CHECKING:
    from napari.layers import Image, Layer

    from .models.preview import Preview, Segmentation

#: transparent up to the threshold, this colour above it
_COLOUR = (0.95, 0.35, 0.25, 0.6)
#: width of the step from transparent to opaque, as a share of a float's range
_STEP = 1e-4


class LiveLayers:
    """Shows the segmentation of a prediction in a viewer.

    While a slider moves, a plane is computed for the slice on the screen only; a
    volume is drawn as the prediction itself with the threshold as its contrast limits,
    which needs no computation at all. The labels of the whole prediction follow.

    Parameters
    ----------
    viewer : napari.Viewer
        Where to show it.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._view: ProcessedView | None = None
        self._hidden: Layer | None = None

    def show_prediction(self, preview: Preview) -> None:
        """Show picture and prediction, and forget what was post-processed before."""
        self._view = None
        show_result(self._viewer, preview.result)

    def show_slice(self, preview: Preview, parameters: Any) -> None:
        """Show what `parameters` make of the slice, or the volume, on the screen."""
        threshold = preview.threshold(parameters)
        if self._viewer.dims.ndisplay == 3 and threshold is not None:
            self._show_volume(preview, threshold)
            return
        self._end_volume(preview)
        function = preview.function(parameters)
        layer = find_layer(self._viewer, layer_key(preview.result, "segmentation"))
        if layer is None or layer.data is not self._view or self._view is None:
            self._view = ProcessedView(preview.values, function)
            show_segmentation(
                self._viewer, preview.result, preview.prediction, self._view
            )
            return
        self._view.function = function
        layer.refresh(extent=False, thumbnail=False, highlight=False)

    def show_labels(self, preview: Preview, segmentation: Segmentation) -> None:
        """Show the segmentation of the whole prediction."""
        self._view = None
        array = segmentation.array
        show_segmentation(self._viewer, preview.result, array, array.data)
        self._end_volume(preview)

    def _show_volume(self, preview: Preview, threshold: float) -> None:
        layer = find_layer(self._viewer, layer_key(preview.result, "live volume"))
        if layer is None:
            layer = self._add_volume(preview)
        floats = preview.prediction.dtype.kind == "f"
        layer.contrast_limits = (threshold, threshold + (_STEP if floats else 1))
        layer.visible = True
        labels = find_layer(self._viewer, layer_key(preview.result, "segmentation"))
        if labels is not None and labels.visible:
            self._hidden = labels
            labels.visible = False

    def _add_volume(self, preview: Preview) -> Image:
        from napari.utils import Colormap

        prediction = preview.prediction
        shown = preview.result.get("prediction")
        return self._viewer.add_image(
            prediction.data if shown.values is None else shown.values,
            name=f"live volume of {preview.result.dataset}",
            colormap=Colormap([(0, 0, 0, 0), _COLOUR], name="dacapo live"),
            blending="translucent",
            rendering="mip",
            interpolation3d="nearest",
            metadata={METADATA_KEY: layer_key(preview.result, "live volume")},
            **placement(prediction, units_of(self._viewer)),
        )

    def _end_volume(self, preview: Preview) -> None:
        """Hide the volume and show again the labels that it stood in for."""
        layer = find_layer(self._viewer, layer_key(preview.result, "live volume"))
        if layer is not None:
            layer.visible = False
        if self._hidden is not None:
            self._hidden.visible = True
            self._hidden = None
