"""The loss while a network learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt, Signal, Slot
from qtpy.QtWidgets import QCheckBox, QLabel, QSlider

from napari_dacapo.gui.models import Curve, smooth

from ._plot_panel import PlotPanel
from ._themed_plot import fast_curve, loggable

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qtpy.QtWidgets import QWidget

    from napari_dacapo.gui._theme import PlotColours

#: smoothing slider position to weight of the newest value
_SHARES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005)


class LossPlot(PlotPanel):
    """Loss by iteration: raw, smoothed, and the losses of other runs.

    Every curve is one persistent item; `refresh` hands it the points.

    Signals
    -------
    iteration_picked
        Emits the iteration that was clicked.
    """

    iteration_picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.log_scale = QCheckBox("log")
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        controls = [self.log_scale, QLabel("smooth"), self.smoothing]
        super().__init__("iteration", "loss", controls, parent)
        self._curve = Curve()
        self._smoothed = Curve()
        self._revision = 0
        self._overlays: dict[str, pg.PlotDataItem] = {}
        self._overlay_curves: dict[str, Curve] = {}
        self._raw = fast_curve(self.plot_widget.plot, "loss")
        self._mean = fast_curve(self.plot_widget.plot, "smoothed")

        self.log_scale.setToolTip("Show the loss on a logarithmic scale.")
        self.smoothing.setToolTip("How strongly the thick curve is smoothed.")
        self.smoothing.setRange(0, len(_SHARES) - 1)
        self.smoothing.setValue(4)
        self.smoothing.setMaximumWidth(90)

        self.log_scale.toggled.connect(self._on_log_toggled)
        self.smoothing.valueChanged.connect(self._on_smoothing_changed)
        self.plot_widget.hovered.connect(self._on_hovered)
        self.plot_widget.picked.connect(self._on_picked)

    def set_curve(self, curve: Curve) -> None:
        """Show `curve` from now on; call `refresh` after it has grown."""
        self._curve = curve
        self._smoothed = Curve()
        self.refresh()

    def refresh(self) -> None:
        """Show all points of the curve."""
        self._extend_smoothed()
        self._show(self._raw, self._curve)
        self._show(self._mean, self._smoothed)

    def set_overlays(self, curves: dict[str, Curve]) -> None:
        """Show the smoothed losses of other runs, by name, instead of those before."""
        plot = self.plot_widget.plot
        for name in set(self._overlays) - set(curves):
            plot.removeItem(self._overlays.pop(name))
        for name in curves:
            if name not in self._overlays:
                self._overlays[name] = fast_curve(plot, name)
        self._overlay_curves = curves
        self._show_overlays()
        self._colour_overlays()

    def set_colours(self, colours: PlotColours) -> None:
        """Follow a change of theme."""
        self.plot_widget.set_colours(colours)
        self._raw.setPen(pg.mkPen(colours.raw, width=1))
        self._mean.setPen(pg.mkPen(colours.of(0), width=2))
        self._colour_overlays()

    @property
    def _share(self) -> float:
        return _SHARES[self.smoothing.value()]

    def _extend_smoothed(self) -> None:
        x, y = self._curve.x, self._curve.y
        kept = self._smoothed
        if self._revision != self._curve.revision:
            kept.cut(-np.inf)
            self._revision = self._curve.revision
        first = int(np.searchsorted(x, kept.x[-1], "right")) if len(kept) else 0
        new_x, new_y = x[first:], y[first:]
        finite = np.isfinite(new_y)
        last = float(kept.y[-1]) if len(kept) else None
        kept.extend(new_x[finite], smooth(new_y[finite], self._share, last))

    def _show(self, item: pg.PlotDataItem, curve: Curve) -> None:
        self._set_data(item, curve.x, curve.y)

    def _set_data(
        self,
        item: pg.PlotDataItem,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
    ) -> None:
        item.setData(x, loggable(y) if self.log_scale.isChecked() else y)

    def _show_overlays(self) -> None:
        for name, curve in self._overlay_curves.items():
            finite = np.isfinite(curve.y)
            means = smooth(curve.y[finite], self._share)
            self._set_data(self._overlays[name], curve.x[finite], means)

    def _colour_overlays(self) -> None:
        colours = self.plot_widget.colours
        if colours is not None:
            for number, item in enumerate(self._overlays.values(), start=1):
                item.setPen(pg.mkPen(colours.of(number), width=1))

    @Slot(bool)
    def _on_log_toggled(self, checked: bool) -> None:
        self.plot_widget.plot.setLogMode(y=checked)
        self.refresh()
        self._show_overlays()

    @Slot(int)
    def _on_smoothing_changed(self, value: int) -> None:
        self._smoothed = Curve()
        self.refresh()
        self._show_overlays()

    @Slot(float)
    def _on_hovered(self, x: float) -> None:
        index = self._curve.nearest(x)
        if index is not None:
            iteration, loss = self._curve.x[index], self._curve.y[index]
            self.read_out.setText(f"iteration {iteration:.0f}: {loss:.4g}")

    @Slot(float)
    def _on_picked(self, x: float) -> None:
        index = self._curve.nearest(x)
        if index is not None:
            self.iteration_picked.emit(int(self._curve.x[index]))
