"""The table of scores: sorted, filtered, with one or two chosen rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Qt, Signal
from qtpy.QtWidgets import QTableView, QWidget

from napari_dacapo.gui.models.score_items import (
    DATASET_COLUMN,
    ITERATION_COLUMN,
    RUN_COLUMN,
    ScoreItemModel,
    ScoreSortModel,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_dacapo.gui.models import ScoreRow, ScoreTable

_CHOOSE = (
    QItemSelectionModel.SelectionFlag.ClearAndSelect
    | QItemSelectionModel.SelectionFlag.Rows
)


class ScoreTableView(QTableView):
    """Lists `ScoreRow`s; several can be chosen with Ctrl or Shift.

    Signals
    -------
    chosen
        The chosen rows have changed.

    Attributes
    ----------
    items : ScoreItemModel
        All rows.
    sorted_items : ScoreSortModel
        The rows that the filter lets through, in the order on the screen.
    """

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.items = ScoreItemModel(self)
        self.sorted_items = ScoreSortModel(self)
        self.sorted_items.setSourceModel(self.items)
        self.setModel(self.sorted_items)
        self.setSortingEnabled(True)
        self.sortByColumn(ITERATION_COLUMN, Qt.SortOrder.AscendingOrder)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setToolTip("A click shows the layers of a row; Ctrl and a click compares.")
        header = self.verticalHeader()
        if header is not None:
            header.hide()
        self._selection.selectionChanged.connect(self._on_selected)

    @property
    def _selection(self) -> QItemSelectionModel:
        model = self.selectionModel()
        if model is None:
            raise RuntimeError("the table has lost its model")
        return model

    def set_table(
        self, table: ScoreTable, criteria: Iterable[str], *, with_run: bool
    ) -> None:
        """Show `criteria` of `table`; nothing is chosen then."""
        self.items.set_table(table, criteria)
        self.setColumnHidden(RUN_COLUMN, not with_run)
        self.setColumnHidden(DATASET_COLUMN, len(table.datasets) < 2)
        self.resizeColumnsToContents()

    def row_of(self, index: QModelIndex) -> ScoreRow | None:
        """Return the scores in the row of `index`."""
        return self.items.row_at(self.sorted_items.mapToSource(index))

    def chosen_rows(self) -> list[ScoreRow]:
        """Return the rows that are chosen."""
        rows = (self.row_of(index) for index in self._selection.selectedRows())
        return [row for row in rows if row is not None]

    def shown_rows(self) -> list[ScoreRow]:
        """Return the rows that the filter lets through, in the order of the table."""
        model = self.sorted_items
        found = (model.mapToSource(model.index(i, 0)) for i in range(model.rowCount()))
        rows = (self.items.row_at(self.items.index(i, 0)) for i in sorted(_rows(found)))
        return [row for row in rows if row is not None]

    def choose(self, rows: Iterable[ScoreRow]) -> None:
        """Choose those of `rows` that are shown, if any."""
        selection = QItemSelection()
        for row in rows:
            index = self.sorted_items.mapFromSource(self.items.index_of(row))
            if index.isValid():
                selection.select(index, index)
        found = selection.indexes()
        if found:
            self._selection.select(selection, _CHOOSE)
            self._selection.setCurrentIndex(
                found[0], QItemSelectionModel.SelectionFlag.NoUpdate
            )
            # to a hidden column nothing scrolls
            self.scrollTo(found[0].siblingAtColumn(ITERATION_COLUMN))

    def _on_selected(self, now: QItemSelection, before: QItemSelection) -> None:
        self.chosen.emit()


def _rows(indexes: Iterable[QModelIndex]) -> Iterable[int]:
    return (index.row() for index in indexes)
