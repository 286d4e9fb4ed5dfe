"""The Experiment dock: put a run together from data and settings, and start it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_dacapo.errors import DataError
from napari_dacapo.runs import RunConfig

from . import _experiment_work as work
from ._experiment_check import DataCheck
from ._experiment_choices import DataChoices
from ._experiment_cost import CostLine
from ._experiment_drop import DroppedFiles
from ._experiment_fork import ForkBar
from ._experiment_presets import PresetMenu
from ._experiment_recipes import ExperimentRecipes
from ._experiment_run import RunEditor
from ._experiment_store import ConfigMenu
from ._latest import Latest
from ._napari_events import leaves_dock
from ._napari_status import show_error, show_info, unproxied
from ._preview_panel import PreviewPanel
from ._session import Session
from ._tour import Tour
from .arrange import raise_dock
from .forms import ConfigForm
from .forms._choice_editors import PathEditor, dropped_paths
from .forms._editor import CHECK_ERRORS
from .forms._words import path_label

if TYPE_CHECKING:
    from pathlib import Path

    import napari.viewer
    from qtpy.QtCore import QEvent
    from qtpy.QtGui import QDragEnterEvent, QDropEvent, QShowEvent

    from ._experiment_work import Prepared, Proposal, Saved
    from .models.forks import Fork


class ExperimentWidget(QWidget):
    """Puts a run together: data, task, architecture, trainer, and starts it.

    Everything that opens a file happens in a worker.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers are offered as data.
    """

    def __init__(
        self, viewer: napari.viewer.Viewer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        viewer = unproxied(viewer)
        self._session = Session.of(viewer)
        self.choices = DataChoices(viewer, self._session, self)
        self.run_editor = RunEditor(self.choices)
        self.form = ConfigForm(
            RunConfig,
            verify=lambda run: work.verify_run(run, self.choices.planned()),
            editor=self.run_editor,
        )
        self.folder = PathEditor("directory")
        self.expert = QCheckBox("Expert view")
        self.start_button = QPushButton("Start training")
        self.reason = QLabel()
        self.show_reason = QToolButton()
        self.configs = ConfigMenu(self._session, self)
        self.presets = PresetMenu(self.run_editor, self)
        self.recipes = ExperimentRecipes(self.choices)
        self.tour = Tour(self, viewer)
        self.tour_button = QToolButton()
        self.check = DataCheck(viewer, self.choices, self.run_editor.data, self)
        self.fork = ForkBar()
        self.preview = PreviewPanel(
            viewer, lambda: self.run_editor.sample_inputs(self.choices.planned())
        )
        self.cost = CostLine()
        self.dropped = DroppedFiles(self.run_editor.data, self)
        self._proposal = Latest("suggest settings", self)
        self._preparation = Latest("prepare the training", self)

        self._decorate()
        self._lay_out()
        self._connect()
        self._on_folder_changed(self._session.project_folder)
        self._update_start()

    def _decorate(self) -> None:
        self.setAcceptDrops(True)
        self.folder.setToolTip(
            "<qt>Where configs, runs and results are kept; one folder per project.</qt>"
        )
        self.expert.setToolTip("<qt>Show every field of the data split, too.</qt>")
        self.reason.setWordWrap(True)
        self.show_reason.setText("Show field")
        self.show_reason.setToolTip("Go to what this is about")
        self.tour_button.setText("?")
        self.tour_button.setToolTip("Show the tour of five steps")
        self.tour_button.setAccessibleName("Tour")
        font = self.start_button.font()
        font.setBold(True)
        self.start_button.setFont(font)
        self.start_button.setMinimumHeight(32)
        self.start_button.setDefault(True)

    def _lay_out(self) -> None:
        project = QHBoxLayout()
        label = QLabel("Project")
        label.setBuddy(self.folder.line)
        project.addWidget(label)
        project.addWidget(self.folder, 1)
        above = QHBoxLayout()
        above.addWidget(self.expert)
        above.addStretch(1)
        above.addWidget(self.tour_button)
        above.addWidget(self.recipes.button)
        above.addWidget(self.presets.button)
        above.addWidget(self.configs.load_button)
        above.addWidget(self.configs.save_button)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.form)
        # the width of a vertical scroll bar must not be taken from the form
        scroll.setMinimumWidth(self.form.minimumWidth() + 16)
        reasons = QHBoxLayout()
        reasons.addWidget(self.reason, 1)
        reasons.addWidget(self.show_reason, 0, Qt.AlignmentFlag.AlignTop)
        start = QHBoxLayout()
        start.addWidget(self.start_button, 1)
        start.addWidget(self.cost.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addLayout(project)
        layout.addLayout(above)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.preview)
        layout.addWidget(self.check.list)
        layout.addWidget(self.fork)
        layout.addWidget(self.cost)
        layout.addLayout(reasons)
        layout.addLayout(start)

    def _connect(self) -> None:
        data = self.run_editor.data
        self._session.project_folder_changed.connect(self._on_folder_changed)
        self.folder.line.editingFinished.connect(self._on_folder_edited)
        self.expert.toggled.connect(data.set_expert)
        self.dropped.configDropped.connect(self.configs.read)
        self.configs.loaded.connect(self._on_loaded)
        self.configs.presetRead.connect(self.presets.adopt)
        self.configs.saveWanted.connect(self._on_save_wanted)
        self.configs.saved.connect(self._on_saved)
        data.suggestionWanted.connect(self.suggest)
        self._session.box_wanted.connect(data.drawn.add_place)
        self._session.fork_wanted.connect(self.show_fork)
        self._proposal.done.connect(self._on_proposed)
        self._proposal.failed.connect(lambda _: self._update_start())
        self._preparation.done.connect(self._on_prepared)
        self._preparation.failed.connect(lambda _: self._update_start())
        self.form.valueChanged.connect(self._on_edited)
        self.check.changed.connect(self._update_start)
        self.check.fieldWanted.connect(self.form.reveal)
        self.form.verified.connect(self._on_verified)
        self.show_reason.clicked.connect(self._on_show_reason)
        self.start_button.clicked.connect(self.start)
        self.tour_button.clicked.connect(self.tour.begin)

    def _on_folder_changed(self, folder: Path) -> None:
        self.folder.setValue(folder)

    def _on_folder_edited(self) -> None:
        if self.folder.line.text().strip():
            self._session.project_folder = self.folder.value().expanduser()

    # suggest

    def suggest(self) -> None:
        """Fill everything in from the data, in a worker."""
        data = self.run_editor.data
        try:
            pairs = data.pairs()
            contents = self.choices.contents_in(*pairs[0], *pairs[1])
            classes = data.wanted_classes()
        except ValueError as error:
            self.form.show_errors()
            show_error(f"Choose raw data and labels first: {error}")
            return
        settings: dict[str, Any] = {
            "task": self.run_editor.task_word(),
            "name": self.run_editor.run_name() or "run",
            "classes": classes,
        }
        self.recipes.asked(pairs, **settings)
        propose = partial(work.propose, **settings)
        self._proposal.submit(propose, pairs, contents, self._session.project_folder)
        self._update_start()

    def _on_proposed(self, proposal: Proposal) -> None:
        self.fork.clear()
        data, run_config = self.run_editor.data, proposal.suggestion.run_config
        data.settle(proposal.stored)
        self.recipes.proposed(proposal.stored)
        datasplit = data.drawn.with_ignored(run_config.datasplit_config)
        self.run_editor.show_proposal(
            attrs.evolve(run_config, datasplit_config=datasplit)
        )
        self.form.set_notes(proposal.suggestion.reasons)
        self.preview.forget()
        self.cost.measure_soon()
        self._update_start()

    def show_run(self, run_config: RunConfig) -> None:
        """Show a run that exists, to be looked at or changed and trained anew."""
        self.fork.clear()
        self.form.setValue(run_config)
        self._update_start()

    def show_fork(self, fork: Fork) -> None:
        """Show a run that goes on from another one when it is started."""
        self.show_run(fork.config)
        self.fork.show_origin(fork.origin)
        raise_dock(self)

    # start

    def start(self) -> None:
        """Store what is in memory only, verify the run, and train it."""
        if self.form.errors():
            self.form.show_errors()
            return
        run_config = self.form.value()
        try:
            contents = self.choices.contents_in(run_config.datasplit_config)
        except DataError as error:
            show_error(str(error))
            return
        folder = self._session.project_folder
        origin = self.fork.origin
        check = not self.check.is_known
        prepare = partial(work.prepare, check=check, origin=origin)
        self._preparation.submit(prepare, run_config, contents, folder)
        self._update_start()

    def _on_prepared(self, prepared: Prepared) -> None:
        self.run_editor.data.settle(prepared.stored)
        self.preview.forget()
        if prepared.complaints:
            self.form.show_complaints(prepared.complaints)
            self.form.show_errors()
            show_error(f"The run cannot start. {_first(self.form.errors())}")
        elif not self._has_obstacle(prepared):
            self._session.run_config = prepared.run_config
            self._session.train(prepared.run_config, check=False)  # this was done
            show_info(f"Training {prepared.run_config.name!r} has been started")
        self._update_start()

    def _has_obstacle(self, prepared: Prepared) -> bool:
        """Show what the check before the start found; return whether it forbids it."""
        if prepared.findings is None:
            return False
        self.check.show(prepared.findings, prepared.run_config)
        errors = self.check.checker.errors
        if errors:
            show_error(f"The run cannot start. Data check: {errors[0]}")
        return bool(errors)

    def _on_edited(self) -> None:
        try:
            run_config = self.form.value()
        except CHECK_ERRORS:
            run_config = None
        self.check.update(run_config)
        network = self.run_editor.part("architecture_config")
        known = not network.errors()
        self.run_editor.data.drawn.set_architecture(network.value() if known else None)
        self.preview.refresh()
        self._update_start()

    def _update_start(self) -> None:
        """Enable the buttons according to what is known, and say why they are not."""
        errors, obstacle = self.form.errors(), self.check.obstacle
        text = self._busy_text()
        if not text and errors:
            text = _first(errors)
        elif not text and obstacle is not None:
            text = f"Data check: {obstacle}"
        self.reason.setText(text)
        self.reason.setVisible(bool(text))
        self.show_reason.setVisible(bool(text) and not self._busy_text())
        self.show_reason.setText("Show field" if errors else "Show place")
        self.start_button.setEnabled(not text)
        self.start_button.setToolTip(text or "Train this run; it waits for others.")
        self.run_editor.data.suggest_button.setEnabled(not self._busy_text())

    def _busy_text(self) -> str:
        if self._proposal.is_busy:
            return "Looking at the data…"
        return "Preparing the training…" if self._preparation.is_busy else ""

    def _on_show_reason(self) -> None:
        obstacle = self.check.obstacle
        if self.form.is_valid and obstacle is not None:
            self.check.list.choose(obstacle)
            self.check.jump(obstacle)
            return
        self.form.show_errors()
        self.form.reveal(next(iter(self.form.errors()), ""))

    def _on_verified(self) -> None:
        """Let the other docks start the run, unless layers are still to be stored."""
        self._update_start()
        run_config = None if self.form.errors() else self.form.value()
        planned = self.choices.planned()
        stored = not any(c in planned for c in self.choices.used_in(run_config))
        self.cost.set_run(run_config if stored else None)
        if not self.choices.uses_layers(run_config):
            self._session.run_config = run_config

    # save and load

    def _on_save_wanted(self, kind: str) -> None:
        editor = self.run_editor.part(work.KINDS[kind])
        errors = editor.errors()
        if errors:
            self.form.show_errors()
            path, text = next(iter(errors.items()))
            show_error(f"Not saved. {path_label(path)}: {text}")
            return
        config = editor.value()
        try:
            contents = self.choices.contents_in(config)
        except DataError as error:
            show_error(str(error))
            return
        self.configs.save(kind, config, contents)

    def _on_saved(self, saved: Saved) -> None:
        self.run_editor.data.settle(saved.stored)
        show_info(saved.text)

    def _on_loaded(self, kind: str, config: Any) -> None:
        if kind == "run":
            self.fork.clear()
        self.run_editor.part(work.KINDS[kind]).setValue(config)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.tour.offer()

    def event(self, event: QEvent | None) -> bool:
        if leaves_dock(self, event) and hasattr(self, "preview"):
            self.preview.close_layers()
            self.cost.stop()
        return bool(super().event(event))

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        if event is not None and dropped_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        if event is not None and (paths := dropped_paths(event)):
            event.acceptProposedAction()
            self.dropped.take(paths)


def _first(errors: dict[str, str]) -> str:
    """Return the first error, with the words for where it is."""
    path, text = next(iter(errors.items()))
    where = path_label(tuple(path.split("."))) if path else ""
    return f"{where}: {text}" if where else text
