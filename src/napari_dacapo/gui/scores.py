"""The Scores dock: every validation score, the best ones, and the layers behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import QModelIndex, QTimer, Slot
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ._latest import Latest
from ._napari_events import leaves_dock
from ._napari_status import show_info, unproxied
from ._result_comparison import ResultComparison
from ._result_layers import show_result
from ._score_rows import ScoreRows
from ._session import Session
from .forms._editor import ignore_wheel
from .models import ScoreRow, ScoreTable, load_result
from .models.recipes import scores_recipe, validation_recipe
from .views.copy_button import CopyButton
from .views.flow import flow
from .views.run_picker import RunPicker
from .views.score_filter_field import ScoreFilterField
from .views.score_table_view import ScoreTableView

if TYPE_CHECKING:
    from collections.abc import Iterable

    import napari.viewer
    from qtpy.QtCore import QEvent

    from .models import Result
    from .models.recipes import Recipe
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
        self._current: ScoreRow | None = None
        self._exported: Recipe | None = None
        self._create_children()
        self._on_scores_changed()
        self._lay_out()
        self._connect()

    def _create_children(self) -> None:
        self.run_picker = RunPicker(self._session)
        self.best_by = QComboBox()
        ignore_wheel(self.best_by)
        self.all_runs = QCheckBox("all runs")
        self.all_criteria = QCheckBox("all criteria")
        self.filter_field = ScoreFilterField()
        self.export_button = QPushButton("Export…")
        self.copy_button = CopyButton(self._recipe)
        self.compare_button = QPushButton("Compare with…")
        self.table = ScoreTableView()
        self.items = self.table.items
        self.message = QLabel()
        self.comparison = ResultComparison(self._viewer, self)
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
        self.compare_button.setToolTip(
            "Compare the chosen result with another one: click its row then. Ctrl and "
            "a click on a second row does the same."
        )
        self.compare_button.setCheckable(True)
        self.message.setWordWrap(True)

    def _lay_out(self) -> None:
        controls = (
            self.run_picker,
            self.best_by,
            self.filter_field,
            self.all_runs,
            self.all_criteria,
            self.compare_button,
            self.export_button,
            self.copy_button,
        )
        layout = QVBoxLayout(self)
        layout.addLayout(flow(*controls))
        layout.addWidget(self.table, stretch=1)
        layout.addWidget(self.comparison.panel)
        layout.addWidget(self.message)

    def _connect(self) -> None:
        self.all_criteria.toggled.connect(self._on_criteria_toggled)
        self.all_runs.toggled.connect(self._rows.show_all)
        self.filter_field.filter_changed.connect(self._on_filter_changed)
        self.best_by.textActivated.connect(self._on_best_by)
        self.export_button.clicked.connect(self._on_export)
        self.compare_button.toggled.connect(self._on_compare_toggled)
        self.comparison.panel.close_requested.connect(self._on_close_comparison)
        self.table.chosen.connect(self._on_chosen)
        self.table.activated.connect(self._on_activated)
        self._loader.done.connect(self._on_result)
        self._exporter.done.connect(self._on_exported)
        self._follow.timeout.connect(self._on_follow)
        self._rows.changed.connect(self._on_scores_changed)
        self._session.result_changed.connect(self._on_result_changed)
        self._session.project_folder_changed.connect(self._on_project_changed)

    def event(self, event: QEvent | None) -> bool:
        if leaves_dock(self, event) and self.comparison.pair:
            self.comparison.close()
        return bool(super().event(event))

    @property
    def _scores(self) -> ScoreTable:
        return self._rows.scores

    @Slot()
    def _on_scores_changed(self) -> None:
        chosen = self.table.chosen_rows()
        scores = self._scores
        self.table.set_table(
            scores, self._shown_criteria(), with_run=self._rows.shows_all
        )
        self.filter_field.set_table(scores)
        self.export_button.setEnabled(bool(scores.rows))
        self._list_criteria()
        self._choose(chosen)
        self._update_compare_button()
        if not scores.rows:
            self.message.setText(NO_SCORES)
        elif not chosen:
            self.message.setText(self._advice())

    def _advice(self) -> str:
        damaged = self._rows.unreadable
        lost = f" These runs cannot be read: {', '.join(damaged)}." if damaged else ""
        return f"Choose a row to see its layers.{lost}"

    @Slot(object)
    def _on_filter_changed(self, score_filter: ScoreFilter) -> None:
        self.table.sorted_items.set_filter(score_filter)
        listed = self.table.items.rowCount()
        shown = self.table.sorted_items.rowCount()
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
        shown = self.table.shown_rows()
        best = self._scores.best_row(criteria[0], shown) if criteria else None
        if best is not None:
            self._choose([best])

    def _choose(self, rows: Iterable[ScoreRow]) -> None:
        """Choose `rows` in the table, whether they name their runs or not."""
        everything = self._rows.shows_all
        names = ((row, self._run_of(row) if everything else "") for row in rows)
        self.table.choose([attrs.evolve(row, run=name) for row, name in names])

    def _run_of(self, row: ScoreRow) -> str:
        return row.run or self._monitor.name

    @Slot()
    def _on_chosen(self) -> None:
        rows = self.table.chosen_rows()
        self._exported = None
        if len(rows) == 2:
            self._compare(rows)
        elif len(rows) == 1 and self.compare_button.isChecked() and self._current:
            self._compare([self._current, *rows])
        elif len(rows) == 1 and not self._is_compared(rows[0]):
            self.comparison.close()
            self._look_at(rows[0])
        self._update_compare_button()

    def _look_at(self, row: ScoreRow) -> None:
        self._current = row
        if self._run_of(row) == self._session.run_name:
            self._session.result = row.key
        else:
            self._follow.start()

    @Slot()
    def _on_follow(self) -> None:
        """Look at the run of the row that was chosen last."""
        row = self._current
        if row is not None and row.run:
            self._session.run_name = row.run
            self._session.result = row.key

    def _compare(self, rows: list[ScoreRow]) -> None:
        """Compare two rows, the one that is looked at first."""
        current = self._current
        named = [attrs.evolve(row, run=self._run_of(row)) for row in rows]
        if current is not None:
            now = (self._run_of(current), *current.key)
            named.sort(key=lambda row: row.identity != now)
        a, b = named
        if a.identity == b.identity or self._pair == (a.identity, b.identity):
            return
        self.compare_button.setChecked(False)
        self.comparison.compare(self._session.project_folder, a, b)

    @property
    def _pair(self) -> tuple[Any, ...]:
        return tuple(row.identity for row in self.comparison.pair or ())

    def _is_compared(self, row: ScoreRow) -> bool:
        return (self._run_of(row), *row.key) in self._pair

    def _update_compare_button(self) -> None:
        self.compare_button.setEnabled(self._current is not None)

    @Slot(bool)
    def _on_compare_toggled(self, checked: bool) -> None:
        text = "Choose the row to compare with." if checked else self._advice()
        self.message.setText(text)

    @Slot(object)
    def _on_project_changed(self, folder: object) -> None:
        self.comparison.close()

    @Slot()
    def _on_close_comparison(self) -> None:
        self.comparison.close()
        if self._current is not None:
            self._choose([self._current])

    @Slot(object)
    def _on_result_changed(self, result: Any) -> None:
        run = self._session.run_name
        rows = (
            row
            for row in self._scores.rows
            if row.key == result and self._run_of(row) == run
        )
        row = next(rows, None)
        self._current = row
        self._update_compare_button()
        if row is not None:
            if not self._is_compared(row):
                self._choose([row])
            self._show_layers(row)

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        row = self.table.row_of(index)
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
        folder, run = self._session.project_folder, self._monitor.name
        everything = self._rows.shows_all
        self._exported = scores_recipe(folder, run, path, everything=everything)
        self._exporter.submit(_export, self._scores, path, self._monitor.name)

    def _recipe(self) -> Recipe | None:
        """Return how to export again or, once a row was chosen, to validate again."""
        if self._exported is not None:
            return self._exported
        row = self._current
        if row is None:
            show_info("Choose a row first: then its validation can be repeated.")
            return None
        folder = self._session.project_folder
        return validation_recipe(folder, self._run_of(row), row.iteration)

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
