"""Validation scores over the iterations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal, Slot

from ._plot_panel import (
    BestMark,
    CriterionChooser,
    PlotPanel,
    colour_score_curve,
    score_points,
)

if TYPE_CHECKING:
    import pyqtgraph as pg
    from qtpy.QtWidgets import QWidget

    from napari_dacapo.gui._theme import PlotColours
    from napari_dacapo.gui.models import ScoreRow, ScoreTable


class ScorePlot(PlotPanel):
    """One criterion by iteration, a curve per dataset, with the best marked.

    At each iteration the parameters count that are best by this criterion.

    Signals
    -------
    row_picked
        Emits the `ScoreRow` next to the click.
    """

    row_picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.criterion = CriterionChooser()
        super().__init__("iteration", "score", [self.criterion], parent)
        self._table: ScoreTable | None = None
        self._curves: dict[str, pg.PlotDataItem] = {}
        self._best = BestMark()

        self.plot_widget.plot.addItem(self._best)

        self.criterion.currentTextChanged.connect(self._on_criterion_changed)
        self.plot_widget.hovered.connect(self._on_hovered)
        self.plot_widget.picked.connect(self._on_picked)

    def set_table(self, table: ScoreTable | None) -> None:
        """Show `table` from now on; call `refresh` after it has grown."""
        self._table = table
        self.criterion.set_table(table)
        self.refresh()

    def refresh(self) -> None:
        """Show all scores of the table."""
        rows = self._rows()
        for dataset in set(self._curves) - set(rows):
            self.plot_widget.plot.removeItem(self._curves.pop(dataset))
        for dataset, found in rows.items():
            self._curve(dataset).setData(*self._points(found))
        self._best.setData(*self._points(self._best_rows(rows)))
        self._colour()

    def set_colours(self, colours: PlotColours) -> None:
        """Follow a change of theme."""
        self.plot_widget.set_colours(colours)
        self._colour()

    @property
    def _name(self) -> str:
        return self.criterion.name

    def _points(self, rows: list[ScoreRow]) -> tuple[Any, Any]:
        return score_points(rows, lambda row: row.iteration, self._name)

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
            colour_score_curve(curve, colours, number)
        self._best.set_colours(colours)

    def nearest(self, x: float) -> ScoreRow | None:
        """Return the row shown whose iteration is nearest to `x`."""
        rows = [row for found in self._rows().values() for row in found]
        return min(rows, key=lambda row: abs(row.iteration - x), default=None)

    @Slot(str)
    def _on_criterion_changed(self, name: str) -> None:
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
