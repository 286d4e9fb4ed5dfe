"""Validation scores over the iterations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Signal, Slot
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ._themed_plot import ThemedPlot

if TYPE_CHECKING:
    from napari_dacapo.gui._theme import PlotColours
    from napari_dacapo.gui.models import ScoreRow, ScoreTable


class ScorePlot(QWidget):
    """One criterion by iteration, a curve per dataset, with the best marked.

    At each iteration the parameters count that are best by this criterion.

    Signals
    -------
    row_picked
        Emits the `ScoreRow` next to the click.
    """

    row_picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table: ScoreTable | None = None
        self._curves: dict[str, pg.PlotDataItem] = {}
        self.plot_widget = ThemedPlot("iteration", "score")
        self._best = pg.ScatterPlotItem(symbol="star", size=14)
        self.criterion = QComboBox()
        self.criterion.setToolTip("Which validation score to show.")
        self.criterion.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.read_out = QLabel()

        self.plot_widget.plot.addItem(self._best)

        controls = QHBoxLayout()
        controls.setContentsMargins(0, 0, 0, 0)
        controls.addWidget(self.criterion)
        controls.addStretch()
        controls.addWidget(self.read_out)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(controls)
        layout.addWidget(self.plot_widget)

        self.criterion.currentTextChanged.connect(self._on_criterion_changed)
        self.plot_widget.hovered.connect(self._on_hovered)
        self.plot_widget.picked.connect(self._on_picked)

    def set_table(self, table: ScoreTable | None) -> None:
        """Show `table` from now on; call `refresh` after it has grown."""
        self._table = table
        criteria = [] if table is None else list(table.criteria)
        shown = [self.criterion.itemText(i) for i in range(self.criterion.count())]
        if table is not None and criteria != shown:
            self.criterion.clear()
            self.criterion.addItems(criteria)
            self.criterion.setCurrentText(next(iter(table.main_criteria), ""))
        self.refresh()

    def refresh(self) -> None:
        """Show all scores of the table."""
        rows = self._rows()
        for dataset in set(self._curves) - set(rows):
            self.plot_widget.plot.removeItem(self._curves.pop(dataset))
        for dataset, found in rows.items():
            self._curve(dataset).setData(*_points(found, self._name))
        self._best.setData(*_points(self._best_rows(rows), self._name))
        self._colour()

    def set_colours(self, colours: PlotColours) -> None:
        """Follow a change of theme."""
        self.plot_widget.set_colours(colours)
        self._colour()

    @property
    def _name(self) -> str:
        return str(self.criterion.currentText())

    def _rows(self) -> dict[str, list[ScoreRow]]:
        if self._table is None or not self._name:
            return {}
        return {d: self._table.curve(d, self._name) for d in self._table.datasets}

    def _best_rows(self, rows: dict[str, list[ScoreRow]]) -> list[ScoreRow]:
        if self._table is None:
            return []
        best = (self._table.best_row(self._name, found) for found in rows.values())
        return [row for row in best if row is not None]

    def _curve(self, dataset: str) -> pg.PlotDataItem:
        if dataset not in self._curves:
            self._curves[dataset] = self.plot_widget.plot.plot(
                [], [], name=dataset, symbol="o", symbolSize=6
            )
        return self._curves[dataset]

    def _colour(self) -> None:
        colours = self.plot_widget.colours
        if colours is None:
            return
        for number, curve in enumerate(self._curves.values()):
            curve.setPen(pg.mkPen(colours.of(number), width=2))
            curve.setSymbolBrush(colours.of(number))
            curve.setSymbolPen(None)
        self._best.setBrush(colours.highlight)
        self._best.setPen(pg.mkPen(colours.text))

    def nearest(self, x: float) -> ScoreRow | None:
        """Return the row shown whose iteration is nearest to `x`."""
        rows = [row for found in self._rows().values() for row in found]
        return min(rows, key=lambda row: abs(row.iteration - x), default=None)

    @Slot(str)
    def _on_criterion_changed(self, name: str) -> None:
        if self._table is not None and name:
            criterion = self._table.criteria[name]
            better = "higher" if criterion.higher_is_better else "lower"
            self.criterion.setToolTip(
                f"<qt>{criterion.help_text} Here {better} is better.</qt>"
            )
        self.refresh()

    @Slot(float)
    def _on_hovered(self, x: float) -> None:
        row = self.nearest(x)
        if row is not None:
            value = row.value(self._name)
            self.read_out.setText(f"{row.dataset}, {row.iteration}: {value:.4g}")

    @Slot(float)
    def _on_picked(self, x: float) -> None:
        row = self.nearest(x)
        if row is not None:
            self.row_picked.emit(row)


def _points(rows: list[ScoreRow], criterion: str) -> tuple[np.ndarray, np.ndarray]:
    x = np.array([row.iteration for row in rows], dtype=float)
    return x, np.array([row.value(criterion) for row in rows], dtype=float)
