"""A plot in napari's colours, with a read-out under the mouse."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QPointF, Qt, Signal, Slot
from qtpy.QtGui import QColor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.gui._theme import PlotColours


#: plots lower than this, in pixels, go without axis label, and without legend
ROOM_FOR_LABEL, ROOM_FOR_LEGEND = 130, 180
#: how much of a curve is seen behind the legend: 255 is nothing
LEGEND_ALPHA = 150


class ThemedPlot(pg.PlotWidget):
    """A plot with persistent curves; nothing of pyqtgraph's global options is touched.

    Signals
    -------
    hovered
        Emits the position on the horizontal axis under the mouse.
    picked
        Emits the position on the horizontal axis that was clicked.
    """

    hovered = Signal(float)
    picked = Signal(float)

    def __init__(self, bottom: str, left: str) -> None:
        super().__init__(axisItems={"left": _ScoreAxis(orientation="left")})
        self.colours: PlotColours | None = None
        self.plot = self.getPlotItem()
        self.plot.setLabel("bottom", bottom)
        self.plot.setLabel("left", left)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        for name in ("left", "bottom"):
            self.plot.getAxis(name).enableAutoSIPrefix(False)
        self.plot.setMenuEnabled(False)
        self.legend = self.plot.addLegend(offset=(-8, 6), labelTextSize="8pt")
        self.cursor = pg.InfiniteLine(angle=90)
        self.mark = pg.InfiniteLine(angle=90)
        for line in (self.cursor, self.mark):
            line.setVisible(False)
            self.plot.addItem(line, ignoreBounds=True)
        self.setMinimumSize(140, 80)

        self._mouse = pg.SignalProxy(
            self.scene().sigMouseMoved, rateLimit=30, slot=self._on_mouse_moved
        )
        self.scene().sigMouseClicked.connect(self._on_mouse_clicked)

    def set_colours(self, colours: PlotColours) -> None:
        """Use `colours` for background, axes and legend."""
        self.colours = colours
        self.setBackground(colours.background)
        for name in ("left", "bottom"):
            axis = self.plot.getAxis(name)
            axis.setPen(colours.raw)
            axis.setTextPen(colours.text)
        shade = QColor(colours.background)
        shade.setAlpha(LEGEND_ALPHA)
        self.legend.setBrush(shade)
        self.legend.setLabelTextColor(colours.text)
        for _, label in self.legend.items:
            label.setText(label.text, color=colours.text)
        self.cursor.setPen(pg.mkPen(colours.text, style=Qt.PenStyle.DashLine))
        self.mark.setPen(pg.mkPen(colours.highlight, width=2))

    def show_mark(self, x: float | None) -> None:
        """Mark a position on the horizontal axis, or none."""
        self.mark.setVisible(x is not None)
        if x is not None:
            self.mark.setPos(x)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        if hasattr(self, "legend"):  # pyqtgraph resizes while it is constructed
            self.legend.setVisible(self.height() >= ROOM_FOR_LEGEND)
            self.plot.showLabel("bottom", self.height() >= ROOM_FOR_LABEL)

    def leaveEvent(self, event: Any) -> None:
        super().leaveEvent(event)
        self.cursor.setVisible(False)

    @Slot(object)
    def _on_mouse_moved(self, arguments: tuple[QPointF]) -> None:
        x = self._position(arguments[0])
        if x is not None:
            self.cursor.setPos(x)
            self.cursor.setVisible(True)
            self.hovered.emit(x)

    @Slot(object)
    def _on_mouse_clicked(self, event: Any) -> None:
        x = self._position(event.scenePos())
        if x is not None and not event.double():
            self.picked.emit(x)

    def _position(self, scene_position: QPointF) -> float | None:
        if not self.plot.sceneBoundingRect().contains(scene_position):
            return None
        x = float(self.plot.vb.mapSceneToView(scene_position).x())
        return x if math.isfinite(x) else None


class _ScoreAxis(pg.AxisItem):
    """An axis whose logarithmic ticks are only labelled at 1, 2, 5, 10 and so on."""

    def logTickStrings(
        self, values: list[float], scale: float, spacing: float
    ) -> list[str]:
        texts = super().logTickStrings(values, scale, spacing)
        return [
            text if round(10 ** (value % 1)) in (1, 2, 5, 10) else ""
            for value, text in zip(values, texts, strict=True)
        ]


def fast_curve(plot: pg.PlotItem, name: str | None = None) -> pg.PlotDataItem:
    """Add a curve that stays quick with a million points."""
    curve = plot.plot([], [], name=name, connect="finite")
    curve.setDownsampling(auto=True, method="peak")
    curve.setClipToView(True)
    return curve


def loggable(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `values` with NaN in place of what has no logarithm."""
    return np.where(values > 0, values, np.nan)
