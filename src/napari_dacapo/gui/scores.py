"""The Scores dock: every validation score, the best ones, and the layers behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import QItemSelection, QModelIndex, Qt, QTimer, Slot
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ._latest import Latest
from ._napari_status import show_info, unproxied
from ._result_layers import show_result
from ._score_rows import ScoreRows
from ._session import Session
from .models import ScoreRow, ScoreTable, load_result
from .models.score_items import (
    DATASET_COLUMN,
    ITERATION_COLUMN,
    RUN_COLUMN,
    ScoreItemModel,
    ScoreSortModel,
)
from .views.flow import flow
from .views.run_picker import RunPicker
from .views.score_filter_field import ScoreFilterField

if TYPE_CHECKING:
    import napari.viewer

    from .models import Result
    from .models.score_filter import ScoreFilter

#: heading of the list of criteria by which one can choose the best result
BEST_BY = "best by …"
NO_SCORES = "No scores yet: they come with the first validation of the run."


class ScoresWidget(QWidget):
    """The validation scores of the run that is looked at, or of all runs.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layers of the chosen row are shown.
    """

    def __init__(
        self, viewer: napari.viewer.Viewer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        viewer = unproxied(viewer)
        self._viewer = viewer
        self._session = Session.of(viewer)
        self._monitor = self._session.monitor
        self._wanted: ScoreRow | None = None
        self._create_children()
        self._on_scores_changed()
        self._lay_out()
        self._connect()

    def _create_children(self) -> None:
        self.run_picker = RunPicker(self._session)
        self.best_by = QComboBox()
        self.all_runs = QCheckBox("all runs")
        self.all_criteria = QCheckBox("all criteria")
        self.filter_field = ScoreFilterField()
        self.export_button = QPushButton("Export…")
        self.table = QTableView()
        self.message = QLabel()
        self.items = ScoreItemModel(self)
        self.sorted_items = ScoreSortModel(self)
        self._rows = ScoreRows(self._session, self)
        self._follow = QTimer(self)
        self._loader = Latest("read result", self)
        self._exporter = Latest("export scores", self)

        # other docks must not change the table while Qt handles a click on it
        self._follow.setSingleShot(True)
        self._follow.setInterval(0)
        self.best_by.setToolTip("Go to the best result shown, by a criterion.")
        self.all_runs.setToolTip(
            "List the results of every run of the project; choosing one looks at its "
            "run in all docks."
        )
        self.all_criteria.setToolTip(
            "Show every criterion, not only those by which the best weights are kept."
        )
        self.export_button.setToolTip("Write all scores listed to a CSV file.")
        self.sorted_items.setSourceModel(self.items)
        self.table.setModel(self.sorted_items)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(ITERATION_COLUMN, Qt.SortOrder.AscendingOrder)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.table.verticalHeader().hide()
        self.message.setWordWrap(True)

    def _lay_out(self) -> None:
        controls = (
            self.run_picker,
            self.best_by,
            self.filter_field,
            self.all_runs,
            self.all_criteria,
            self.export_button,
        )
        layout = QVBoxLayout(self)
        layout.addLayout(flow(*controls))
        layout.addWidget(self.table, stretch=1)
        layout.addWidget(self.message)

    def _connect(self) -> None:
        self.all_criteria.toggled.connect(self._on_criteria_toggled)
        self.all_runs.toggled.connect(self._rows.show_all)
        self.filter_field.filter_changed.connect(self._on_filter_changed)
        self.best_by.textActivated.connect(self._on_best_by)
        self.export_button.clicked.connect(self._on_export)
        self.table.selectionModel().selectionChanged.connect(self._on_selected)
        self.table.activated.connect(self._on_activated)
        self._loader.done.connect(self._on_result)
        self._exporter.done.connect(self._on_exported)
        self._follow.timeout.connect(self._on_follow)
        self._rows.changed.connect(self._on_scores_changed)
        self._session.result_changed.connect(self._on_result_changed)

    @property
    def _scores(self) -> ScoreTable:
        return self._rows.scores

    @Slot()
    def _on_scores_changed(self) -> None:
        selected = self._selected_row()
        scores = self._scores
        self.items.set_table(scores, self._shown_criteria())
        self.filter_field.set_table(scores)
        self.table.setColumnHidden(RUN_COLUMN, not self._rows.shows_all)
        self.table.setColumnHidden(DATASET_COLUMN, len(scores.datasets) < 2)
        self.table.resizeColumnsToContents()
        self.export_button.setEnabled(bool(scores.rows))
        self._list_criteria()
        if selected is not None:
            self._select(selected)
        if not scores.rows:
            self.message.setText(NO_SCORES)
        elif selected is None:
            self.message.setText(self._advice())

    def _advice(self) -> str:
        damaged = self._rows.unreadable
        lost = f" These runs cannot be read: {', '.join(damaged)}." if damaged else ""
        return f"Choose a row to see its layers.{lost}"

    @Slot(object)
    def _on_filter_changed(self, score_filter: ScoreFilter) -> None:
        self.sorted_items.set_filter(score_filter)
        listed, shown = self.items.rowCount(), self.sorted_items.rowCount()
        if shown < listed:
            self.message.setText(f"{shown:,} of {listed:,} rows match the filter.")
        else:
            self.message.setText(self._advice())

    def _shown_criteria(self) -> list[str]:
        scores, everything = self._scores, self.all_criteria.isChecked()
        return list(scores.criteria) if everything else scores.main_criteria

    def _list_criteria(self) -> None:
        names = [BEST_BY, *self._shown_criteria()]
        if names != [self.best_by.itemText(i) for i in range(self.best_by.count())]:
            self.best_by.clear()
            self.best_by.addItems(names)
        self.best_by.setEnabled(bool(self._scores.rows))

    @Slot(bool)
    def _on_criteria_toggled(self, checked: bool) -> None:
        self._on_scores_changed()

    @Slot(str)
    def _on_best_by(self, criterion: str) -> None:
        self.best_by.setCurrentIndex(0)
        if criterion != BEST_BY:
            self.show_best(criterion)

    def show_best(self, criterion: str | None = None) -> None:
        """Choose the best row by `criterion`, by default the first one shown."""
        criteria = [criterion] if criterion else self._shown_criteria()
        best = (
            self._scores.best_row(criteria[0], self._shown_rows()) if criteria else None
        )
        if best is not None:
            self._select(best)

    def _shown_rows(self) -> list[ScoreRow]:
        model = self.sorted_items
        rows = (self._row_of(model.index(i, 0)) for i in range(model.rowCount()))
        # in the order of the table: of equally good results the first one counts
        shown = {row.identity for row in rows if row is not None}
        return [row for row in self._scores.rows if row.identity in shown]

    def _selected_row(self) -> ScoreRow | None:
        model = self.table.selectionModel()
        indexes = [] if model is None else model.selectedRows()
        return self._row_of(indexes[0]) if indexes else None

    def _row_of(self, index: QModelIndex) -> ScoreRow | None:
        return self.items.row_at(self.sorted_items.mapToSource(index))

    def _select(self, row: ScoreRow) -> None:
        name = self._run_of(row) if self._rows.shows_all else ""
        source = self.items.index_of(attrs.evolve(row, run=name))
        index = self.sorted_items.mapFromSource(source)
        if index.isValid():
            self.table.selectRow(index.row())
            self.table.scrollTo(index)

    def _run_of(self, row: ScoreRow) -> str:
        return row.run or self._monitor.name

    @Slot(QItemSelection, QItemSelection)
    def _on_selected(self, now: QItemSelection, before: QItemSelection) -> None:
        row = self._selected_row()
        if row is None:
            return
        self._wanted = row
        if self._run_of(row) == self._session.run_name:
            self._session.result = row.key
        else:
            self._follow.start()

    @Slot()
    def _on_follow(self) -> None:
        """Look at the run of the row that was chosen last."""
        row = self._wanted
        if row is not None and row.run:
            self._session.run_name = row.run
            self._session.result = row.key

    @Slot(object)
    def _on_result_changed(self, result: Any) -> None:
        run = self._session.run_name
        rows = (
            row
            for row in self._scores.rows
            if row.key == result and self._run_of(row) == run
        )
        row = next(rows, None)
        if row is not None:
            self._select(row)
            self._show_layers(row)

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        row = self._row_of(index)
        if row is not None:
            self._show_layers(row)

    def _show_layers(self, row: ScoreRow) -> None:
        folder = self._session.project_folder
        self._loader.submit(load_result, folder, self._run_of(row), row)

    @Slot(object)
    def _on_result(self, result: Result) -> None:
        show_result(self._viewer, result)
        self.message.setText(_describe(result))

    @Slot()
    def _on_export(self) -> None:
        name = "all" if self._rows.shows_all else self._monitor.name
        suggested = self._session.project_folder / f"{name}_scores.csv"
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Export scores", str(suggested), "CSV (*.csv)"
        )
        if chosen:
            self.export(Path(chosen))

    def export(self, path: Path) -> None:
        """Write all scores listed to `path`, in a worker."""
        self._exporter.submit(_export, self._scores, path, self._monitor.name)

    @Slot(object)
    def _on_exported(self, path: Path) -> None:
        show_info(f"The scores were written to {path}.")


def _export(scores: ScoreTable, path: Path, run: str) -> Path:
    scores.write_csv(path, run)
    return path


def _describe(result: Result) -> str:
    text = f"{result.dataset} after {result.iteration:,} iterations."
    if result.missing:
        text += (
            f" Not stored any more: {', '.join(result.missing)}. Kept are the results "
            "of the last validation and of the best ones."
        )
    return text
