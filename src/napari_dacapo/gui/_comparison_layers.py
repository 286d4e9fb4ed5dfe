"""The layers of two compared results: their difference, and both in turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer, Signal, Slot

from napari_dacapo.arraytypes import AnnotationArray

from ._layers import METADATA_KEY, find_layer, show_array
from .models.comparison import BOTH, ONLY_A, ONLY_B

if TYPE_CHECKING:
    from napari.layers import Layer

    from .models import Result
    from .models.comparison import Comparison

#: told apart by colour-blind people (Okabe & Ito 2008)
COLOURS = {BOTH: "#d55e00", ONLY_A: "#56b4e9", ONLY_B: "#f0e442"}
BLINK_MILLISECONDS = 600
DIFFERENCE_KEY = "comparison/difference"
#: how the keys of layers end that would cover the difference
_COLOURED = ("/segmentation", "/prediction")
KEYS = {"A": "comparison/A", "B": "comparison/B"}


class ComparisonLayers(QObject):
    """Shows the difference of two results, or the results in turns.

    Signals
    -------
    blinked
        Emits which result is on the screen, "A" or "B"; empty after the last.

    Parameters
    ----------
    viewer : napari.Viewer
        Where to show them.
    """

    blinked = Signal(str)

    def __init__(self, viewer: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._comparison: Comparison | None = None
        self._hidden: list[Layer] = []
        self._difference_was_visible = False
        self._on_screen = ""
        self._timer = QTimer(self)
        self._timer.setInterval(BLINK_MILLISECONDS)
        self._timer.timeout.connect(self._on_tick)

    @property
    def is_blinking(self) -> bool:
        """Whether the results are shown in turns."""
        return bool(self._timer.isActive())

    def show(self, comparison: Comparison) -> None:
        """Show the difference of two results, instead of what was compared before.

        Other segmentations and predictions are hidden until `clear`: colours would mix.
        """
        self.clear()
        self._comparison = comparison
        self._hidden = [layer for layer in self._coloured() if layer.visible]
        for layer in self._hidden:
            layer.visible = False
        for name, result in (("A", comparison.a), ("B", comparison.b)):
            self._add_segmentation(name, result)
        if comparison.difference is not None:
            self._add_difference(comparison.difference)

    def set_blinking(self, on: bool) -> None:
        """Show both results in turns instead of their difference, or stop that."""
        if on == self.is_blinking or self._comparison is None:
            return
        if on:
            difference = find_layer(self._viewer, DIFFERENCE_KEY)
            if difference is not None:
                self._difference_was_visible = difference.visible
                difference.visible = False
            self._timer.start()
            self._on_tick()
        else:
            self._stop()

    def clear(self) -> None:
        """Remove the layers and show again what was hidden for them."""
        self._stop()
        self._comparison = None
        for key in (DIFFERENCE_KEY, *KEYS.values()):
            layer = find_layer(self._viewer, key)
            if layer is not None:
                self._viewer.layers.remove(layer)
        for layer in self._hidden:
            layer.visible = True
        self._hidden = []

    def _coloured(self) -> list[Layer]:
        """Return the layers of segmentations and predictions, of any run."""
        keys = (
            (layer, layer.metadata.get(METADATA_KEY)) for layer in self._viewer.layers
        )
        return [layer for layer, key in keys if str(key).endswith(_COLOURED)]

    def _add_segmentation(self, name: str, result: Result) -> None:
        shown = result.get("segmentation")
        if shown is None:
            return
        layer = show_array(
            self._viewer,
            shown.array,
            f"{name}: {result.run}, {result.iteration:,}",
            meaning=AnnotationArray(),
            data=shown.values,
            key=KEYS[name],
        )
        layer.visible = False

    def _add_difference(self, difference: Any) -> None:
        from napari.utils.colormaps import DirectLabelColormap

        layer: Any = show_array(
            self._viewer,
            difference,
            "difference of A and B",
            meaning=AnnotationArray(),
            data=difference.data,
            key=DIFFERENCE_KEY,
        )
        colours: dict[int | None, str] = {None: "transparent", 0: "transparent"}
        layer.colormap = DirectLabelColormap(color_dict=colours | COLOURS)

    @Slot()
    def _on_tick(self) -> None:
        layers = {name: find_layer(self._viewer, key) for name, key in KEYS.items()}
        self._on_screen = "B" if self._on_screen == "A" else "A"
        if None in layers.values():  # the user has removed one
            self._stop()
            return
        for name, layer in layers.items():
            if layer is not None:
                layer.visible = name == self._on_screen
        self.blinked.emit(self._on_screen)

    def _stop(self) -> None:
        if not self.is_blinking:
            return
        self._timer.stop()
        self._on_screen = ""
        for key in KEYS.values():
            layer = find_layer(self._viewer, key)
            if layer is not None:
                layer.visible = False
        difference = find_layer(self._viewer, DIFFERENCE_KEY)
        if difference is not None:
            difference.visible = self._difference_was_visible
        self.blinked.emit("")
