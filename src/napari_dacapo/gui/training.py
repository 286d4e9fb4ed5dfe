"""The Training dock: start, pause and stop a run, and watch it learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSignalBlocker, Qt, QTimer, Slot
from qtpy.QtWidgets import (
    QCheckBox,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from ._detached_runs import DetachedRuns
from ._film_button import FilmButton
from ._jobs import JobManager
from ._memory import memory_use
from ._napari_status import show_info, show_warning, unproxied
from ._session import Session
from ._state import RunState, button_states
from ._theme import ThemeFollower, plot_colours
from .forms._editor import ignore_wheel
from .models.recipes import Recipe, training_recipe
from .views.compare_button import CompareButton
from .views.copy_button import CopyButton
from .views.flow import flow
from .views.loss_plot import LossPlot
from .views.run_picker import RunPicker
from .views.run_status import RunStatus
from .views.score_plot import ScorePlot

if TYPE_CHECKING:
    import napari.viewer
    from qtpy.QtGui import QHideEvent, QResizeEvent, QShowEvent

    from .models import ScoreRow

MEMORY_MILLISECONDS = 2000
#: a dock wider than this times its height shows its plots side by side
WIDE = 1.3


class TrainingWidget(QWidget):
    """Trains the run that is looked at.

    The training itself belongs to the `JobManager`: closing this dock does not end it,
    and a new one shows it again.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer whose session is shown.
    """

    def __init__(
        self, viewer: napari.viewer.Viewer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        viewer = unproxied(viewer)
        self._session = Session.of(viewer)
        self._monitor = self._session.monitor
        self._create_children(viewer)
        self._lay_out()
        self._connect()
        ThemeFollower(viewer, self).changed.connect(self._on_theme)
        self._on_theme(viewer.theme)
        self._on_run_changed()
        self._on_state_changed(self._monitor.state)

    def _create_children(self, viewer: napari.viewer.Viewer) -> None:
        self.run_picker = RunPicker(self._session)
        self.start_button = QPushButton("Start")
        self.own_process = QCheckBox("in its own process")
        self.pause_button = QPushButton("Pause")
        self.stop_button = QPushButton("Stop and keep")
        self.iterations = QSpinBox()
        ignore_wheel(self.iterations)
        self.compare_button = CompareButton(self._session)
        self.snapshot_button = QPushButton("Snapshot")
        self.validate_button = QPushButton("Validate")
        self.film_button = FilmButton(viewer, self._session)
        self.copy_button = CopyButton(self._recipe)
        self.status = RunStatus()
        self.detached_runs = DetachedRuns(self._session)
        self.loss_plot = LossPlot()
        self.score_plot = ScorePlot()
        self._memory_timer = QTimer(self)

        self.start_button.setToolTip(
            "Train the chosen run; one that was trained before goes on where it was "
            "left. While another run trains, it waits for its turn."
        )
        self.own_process.setToolTip(
            "Start the next training in a process of its own: it goes on when napari "
            "is closed or crashes, and is shown again when this project is opened. It "
            "does not wait for other runs."
        )
        self.pause_button.setToolTip("Hold after this iteration, or go on.")
        self.stop_button.setToolTip(
            "End after this iteration. Weights, losses and scores are kept, and the "
            "run can be continued later."
        )
        self.iterations.setToolTip(
            "Train until so many iterations are completed. May be changed while the "
            "run trains."
        )
        self.snapshot_button.setToolTip(
            "Store now what the network sees, should make of it, and makes of it."
        )
        self.validate_button.setToolTip(
            "Score the network on the validation volumes after this iteration."
        )
        self.iterations.setRange(1, 100_000_000)
        self.iterations.setSingleStep(500)
        self.iterations.setGroupSeparatorShown(True)
        self.iterations.setKeyboardTracking(False)

    def _lay_out(self) -> None:
        controls = flow(
            self.run_picker,
            self.start_button,
            self.own_process,
            self.pause_button,
            self.stop_button,
            QLabel("until iteration"),
            self.iterations,
            self.snapshot_button,
            self.validate_button,
            self.film_button,
            self.compare_button,
            self.copy_button,
        )
        self._plots = QSplitter(Qt.Orientation.Horizontal)
        self._plots.addWidget(self.loss_plot)
        self._plots.addWidget(self.score_plot)
        # napari adds a stretch below docks of which no part wants to expand
        self._plots.setSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding
        )
        layout = QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(self.status)
        layout.addWidget(self.detached_runs)
        layout.addWidget(self._plots, stretch=1)

    def _connect(self) -> None:
        self.start_button.clicked.connect(self._on_start)
        self.own_process.toggled.connect(self._on_own_process_toggled)
        self.pause_button.clicked.connect(self._on_pause)
        self.stop_button.clicked.connect(self._on_stop)
        self.snapshot_button.clicked.connect(self._on_snapshot)
        self.validate_button.clicked.connect(self._on_validate)
        self.iterations.valueChanged.connect(self._on_iterations_changed)
        self.run_picker.runs_listed.connect(self.compare_button.set_names)
        self.compare_button.loaded.connect(self.loss_plot.set_overlays)
        self.loss_plot.iteration_picked.connect(self._on_iteration_picked)
        self.score_plot.row_picked.connect(self._on_row_picked)
        self._memory_timer.timeout.connect(self._on_memory_due)
        self._monitor.run_changed.connect(self._on_run_changed)
        self._monitor.updated.connect(self._on_updated)
        self._monitor.scores_changed.connect(self._on_scores_changed)
        self._monitor.state_changed.connect(self._on_state_changed)
        self._session.run_config_changed.connect(self._on_run_config_changed)
        self._session.result_changed.connect(self._on_result_changed)
        JobManager.instance().job_ended.connect(self._on_job_ended)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        wide = self.width() > WIDE * self.height()
        self._plots.setOrientation(
            Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        )

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.detached_runs.watch()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.detached_runs.rest()

    @Slot(bool)
    def _on_own_process_toggled(self, checked: bool) -> None:
        self._session.own_process = checked

    @Slot()
    def _on_start(self) -> None:
        run = self._run_to_train()
        if run is None:
            show_warning(
                "There is no run to train: put one together in the Experiment dock, or "
                "choose one that is stored."
            )
            return
        wanted = self.iterations.value()
        job = self._session.train(run)
        if wanted != self._configured_iterations():
            job.set_num_iterations(wanted)
            self._show_iterations()

    def _run_to_train(self) -> Any:
        """Return the experiment's run if it is looked at, else the name of a stored."""
        config, name = self._session.run_config, self._session.run_name
        if config is not None and name in ("", config.name):
            return config
        return name or None

    @Slot()
    def _on_pause(self) -> None:
        if self._monitor.job is not None:
            self._monitor.job.toggle_pause()

    @Slot()
    def _on_stop(self) -> None:
        if self._monitor.job is not None:
            self._monitor.job.stop()

    @Slot()
    def _on_snapshot(self) -> None:
        if self._monitor.job is not None:
            self._monitor.job.snapshot_now()

    @Slot()
    def _on_validate(self) -> None:
        if self._monitor.job is not None:
            self._monitor.job.validate_now()

    def _recipe(self) -> Recipe | None:
        name = self._session.run_name
        if self._monitor.data is None:
            show_info("Start the run first: then it is stored and can be repeated.")
            return None
        folder = self._session.project_folder
        return training_recipe(folder, name, self.iterations.value())

    @Slot(int)
    def _on_iterations_changed(self, value: int) -> None:
        if self._monitor.job is not None:
            self._monitor.job.set_num_iterations(value)
        self._show_progress()

    @Slot()
    def _on_run_changed(self) -> None:
        self.loss_plot.set_curve(self._monitor.progress.loss)
        self.score_plot.set_table(self._monitor.scores)
        self._show_iterations()
        self._show_progress()

    def _show_iterations(self) -> None:
        known = self._monitor.progress.num_iterations or self._configured_iterations()
        blocker = QSignalBlocker(self.iterations)
        self.iterations.setValue(known)
        blocker.unblock()

    def _configured_iterations(self) -> int:
        data = self._monitor.data
        config = self._session.run_config if data is None else data.config
        return 1 if config is None else config.num_iterations

    @Slot()
    def _on_updated(self) -> None:
        self.loss_plot.refresh()
        self._show_progress()
        self.film_button.follow(self._monitor.progress)
        if not self.iterations.hasFocus():
            self._show_iterations()

    def _show_progress(self) -> None:
        self.status.show_progress(self._monitor.progress)
        started = self._monitor.progress.iteration > 0
        self.start_button.setText("Continue" if started else "Start")

    @Slot()
    def _on_scores_changed(self) -> None:
        self.score_plot.set_table(self._monitor.scores)

    @Slot(object)
    def _on_state_changed(self, state: RunState) -> None:
        buttons = button_states(state)
        self.start_button.setEnabled(buttons.start)
        self.pause_button.setEnabled(buttons.pause or buttons.resume)
        self.pause_button.setText("Resume" if buttons.resume else "Pause")
        self.stop_button.setEnabled(buttons.stop)
        self.snapshot_button.setEnabled(buttons.stop)
        self.validate_button.setEnabled(buttons.stop)
        self.iterations.setEnabled(buttons.more)
        self._show_state(state)
        if state in (RunState.TRAINING, RunState.PREPARING):
            self._memory_timer.start(MEMORY_MILLISECONDS)
            self._on_memory_due()
        else:
            self._memory_timer.stop()

    def _show_state(self, state: RunState) -> None:
        job = self._monitor.job
        if job is None:
            self.status.show_state(state)
        else:
            ahead = JobManager.instance().jobs_ahead(job)
            self.status.show_state(state, ahead, job.where)

    @Slot()
    def _on_memory_due(self) -> None:
        job = self._monitor.job
        is_here = job is None or not job.where
        memory = memory_use() if is_here else None  # what is known is that of napari
        self.status.show_machine(self._monitor.progress, memory)

    @Slot(object)
    def _on_run_config_changed(self, run_config: Any) -> None:
        if run_config is not None and not self._session.run_name:
            self._session.run_name = run_config.name

    @Slot(object)
    def _on_job_ended(self, job: object) -> None:
        self._show_state(self._monitor.state)  # one run less to wait for

    @Slot(int)
    def _on_iteration_picked(self, iteration: int) -> None:
        row = self.score_plot.nearest(iteration)
        if row is not None:
            self._on_row_picked(row)
        self.film_button.go_to(iteration)  # nearer than the validation

    @Slot(object)
    def _on_row_picked(self, row: ScoreRow) -> None:
        self._session.result = row.key

    @Slot(object)
    def _on_result_changed(self, result: Any) -> None:
        iteration = None if result is None else result[0]
        self.loss_plot.plot_widget.show_mark(iteration)
        self.score_plot.plot_widget.show_mark(iteration)
        if iteration is not None:
            self.film_button.go_to(iteration)

    @Slot(str)
    def _on_theme(self, theme: str) -> None:
        colours = plot_colours(theme)
        self.loss_plot.set_colours(colours)
        self.score_plot.set_colours(colours)
        self.detached_runs.set_colour(colours.of(0))
