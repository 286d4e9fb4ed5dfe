"""The score as a function of a post-processing parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from qtpy.QtCore import Signal, Slot

from napari_dacapo.gui.models import numeric_fields

from ._plot_panel import (
    BestMark,
    CriterionChooser,
    PlotPanel,
    colour_score_curve,
    score_points,
)

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_dacapo.gui._theme import PlotColours
    from napari_dacapo.gui.models import ScoreRow, ScoreTable


class SweepPlot(PlotPanel):
    """The scores of one validation by its first numeric parameter.

    Signals
    -------
    row_picked
        Emits the `ScoreRow` next to the click.
    """

    row_picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.criterion = CriterionChooser()
        super().__init__("parameter", "score", [self.criterion], parent)
        self._table: ScoreTable | None = None
        self._rows: list[ScoreRow] = []
        self._computed: dict[Any, ScoreRow] = {}
        self._nearest: ScoreRow | None = None
        self._field = ""
        self._curve = self.plot_widget.plot.plot([], [], symbol="o", symbolSize=7)
        self._best = BestMark()
        self._more = pg.ScatterPlotItem(symbol="o", size=7)
        self._now = pg.InfiniteLine(angle=90)

        self.plot_widget.plot.addItem(self._best)
        self.plot_widget.plot.addItem(self._more)
        self.plot_widget.plot.addItem(self._now, ignoreBounds=True)

        self.criterion.currentTextChanged.connect(self._on_criterion_changed)
        self.plot_widget.picked.connect(self._on_picked)

    def set_rows(self, table: ScoreTable, rows: list[ScoreRow]) -> None:
        """Show the scores of `rows`, the sweep of one validation."""
        if {row.key for row in rows} != {row.key for row in self._rows}:
            self._computed = {}
        self._table, self._rows = table, rows
        fields = numeric_fields(rows[0].parameters) if rows else []
        self._field = fields[0] if fields else ""
        self.criterion.set_table(table)
        self.plot_widget.plot.setLabel("bottom", self._field or "parameter set")
        self.refresh()

    def show_computed(self, row: ScoreRow) -> None:
        """Add the score of parameters that validation did not try."""
        if all(row.parameters != known.parameters for known in self._rows):
            self._computed[row.parameters] = row
        self.refresh()
        self.show_parameters(row.parameters, row)

    def refresh(self) -> None:
        """Draw the scores by the chosen criterion."""
        rows = sorted(self._rows, key=self._position)
        best = None
        if self._table is not None and self._name in self._table.criteria:
            best = self._table.best_row(self._name, [*rows, *self._computed.values()])
        self._curve.setData(*self._points(rows))
        self._more.setData(*self._points(list(self._computed.values())))
        self._best.setData(*self._points([] if best is None else [best]))

    @property
    def _name(self) -> str:
        return self.criterion.name

    def _points(self, rows: list[ScoreRow]) -> tuple[Any, Any]:
        return score_points(rows, self._position, self._name)

    def show_parameters(self, parameters: Any, nearest: ScoreRow | None) -> None:
        """Mark the position of `parameters` and tell the score nearest to them."""
        self._nearest = nearest
        self._now.setVisible(bool(self._field))
        if self._field:
            self._now.setPos(float(getattr(parameters, self._field)))
        self._show_read_out()

    def _show_read_out(self) -> None:
        row = self._nearest
        if row is None or not self._name:
            self.read_out.clear()
            return
        where = f"{self._field} {self._position(row):g}: " if self._field else ""
        self.read_out.setText(f"{where}{row.value(self._name):.4g}")

    def set_colours(self, colours: PlotColours) -> None:
        """Follow a change of theme."""
        self.plot_widget.set_colours(colours)
        colour_score_curve(self._curve, colours, 0)
        self._more.setBrush(colours.background)
        self._more.setPen(pg.mkPen(colours.of(0), width=2))
        self._best.set_colours(colours)
        self._now.setPen(pg.mkPen(colours.of(1), width=2))

    def _position(self, row: ScoreRow) -> float:
        value = getattr(row.parameters, self._field, row.parameters.id)
        return float(value)

    @Slot(str)
    def _on_criterion_changed(self, name: str) -> None:
        self.refresh()
        self._show_read_out()

    @Slot(float)
    def _on_picked(self, x: float) -> None:
        rows = [*self._rows, *self._computed.values()]
        if rows:
            nearest = min(rows, key=lambda row: abs(self._position(row) - x))
            self.row_picked.emit(nearest)
