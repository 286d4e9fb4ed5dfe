"""The Predict dock: apply a trained run to a volume of any size."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Slot
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import qthrottled

from napari_dacapo.errors import DaCapoError

from . import _predict_work as work
from ._camera import camera_of, focus_of
from ._filling_layer import FillingLayer
from ._jobs import JobManager
from ._latest import Latest
from ._napari_status import show_error, show_info, unproxied
from ._predict_form import PredictForm
from ._session import Session
from ._state import RunState, button_states, has_ended
from .models.recipes import prediction_recipe, segmentation_recipe
from .views.copy_button import CopyButton

if TYPE_CHECKING:
    from pathlib import Path

    import napari.viewer

    from ._job import Job
    from ._predict_work import Complaint, Output, Plan
    from .models.recipes import Recipe

FOCUS_MILLISECONDS = 200
_WORDS = {
    RunState.PREPARING: "preparing",
    RunState.PAUSED: "paused",
    RunState.STOPPING: "stopping",
    RunState.DONE: "done",
    RunState.FAILED: "failed",
}


class PredictWidget(QWidget):
    """Predicts whole volumes, what is looked at first.

    The work belongs to the `JobManager`: closing this dock does not end it, and a new
    one shows it again.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers are offered and where the result appears.
    """

    def __init__(
        self, viewer: napari.viewer.Viewer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._viewer: Any = unproxied(viewer)
        self._session = Session.of(self._viewer)
        self._monitor = self._session.prediction
        self._segmenting: Job | None = None
        self.form = PredictForm(self._viewer, self._session)
        self.start_button = QPushButton("Start")
        self.pause_button = QPushButton("Pause")
        self.cancel_button = QPushButton("Cancel")
        self.bar = QProgressBar()
        self.status = QLabel()
        self.segment_button = QPushButton("Post-process")
        self.copy_button = CopyButton(self._recipe)
        self._done: Recipe | None = None
        self._planner = Latest("look at the output", self)
        self._opener = Latest("open the prediction", self)
        self._labels_opener = Latest("open the segmentation", self)
        self._follow_focus = qthrottled(self._tell_focus, FOCUS_MILLISECONDS)

        self._decorate()
        self._lay_out()
        self._connect()
        self._on_started()
        self._update()

    def _decorate(self) -> None:
        self.start_button.setToolTip(
            "<qt>Predict. A prediction that was stopped goes on where it was.</qt>"
        )
        self.pause_button.setToolTip("Hold after this block, or go on.")
        self.cancel_button.setToolTip(
            "<qt>End after this block. What is finished is kept, and the prediction "
            "can be continued.</qt>"
        )
        self.segment_button.setToolTip(
            "<qt>Make objects of the whole prediction, with the parameters that were "
            "best in the validation of this run.</qt>"
        )
        self.bar.setMaximumHeight(16)
        self.bar.setTextVisible(False)
        self.status.setWordWrap(True)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (
            self.start_button,
            self.pause_button,
            self.cancel_button,
            self.copy_button,
        ):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.form)
        layout.addLayout(buttons)
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        layout.addWidget(self.segment_button)
        layout.addStretch(1)

    def _connect(self) -> None:
        self.form.changed.connect(self._update)
        self.start_button.clicked.connect(self.start)
        self.pause_button.clicked.connect(self._on_pause)
        self.cancel_button.clicked.connect(self._on_cancel)
        self.segment_button.clicked.connect(self.segment)
        self._planner.done.connect(self._on_planned)
        self._planner.failed.connect(lambda _: self._update())
        self._opener.done.connect(self._show)
        self._labels_opener.done.connect(self._show)
        self._monitor.started.connect(self._on_started)
        self._monitor.updated.connect(self._update)
        self._monitor.state_changed.connect(self._on_state_changed)
        JobManager.instance().job_ended.connect(self._on_job_ended)
        self._watch_camera()

    def _watch_camera(self) -> None:
        viewer, follow = self._viewer, self._follow_focus
        emitters = (camera_of(viewer).events.center, viewer.dims.events.current_step)

        def on_moved(event: Any = None) -> None:
            follow()

        def disconnect() -> None:
            for emitter in emitters:
                emitter.disconnect(on_moved)

        for emitter in emitters:
            emitter.connect(on_moved)
        self.destroyed.connect(disconnect)

    def _tell_focus(self) -> None:
        if self._monitor.job is not None:
            self._monitor.job.look_at(focus_of(self._viewer))

    # start

    @Slot()
    def start(self) -> None:
        """Check in a worker what was asked for; begin unless there is a question."""
        try:
            request = self.form.request()
        except DaCapoError as error:
            field = "region" if "draw a box" in str(error) else "volume"
            self._complain(work.Complaint(field, str(error)))
            return
        self._planner.submit(work.plan, request, self._session.project_folder)
        self._update()

    def _complain(self, complaint: Complaint) -> None:
        self.form.show_complaint(complaint)
        show_error(f"The prediction cannot start. {complaint.text}")

    @Slot(object)
    def _on_planned(self, plan: Plan | Complaint) -> None:
        if isinstance(plan, work.Complaint):
            self._complain(plan)
        elif plan.exists:
            self._ask(plan)
        else:
            self._begin(plan)
        self._update()

    def _ask(self, plan: Plan) -> None:
        """Ask what to do about an earlier result; blocks nothing."""
        box = QMessageBox(self)
        box.setWindowTitle("Predict")
        buttons = box.ButtonRole
        if plan.unfinished is not None:
            done, total = plan.unfinished.done, plan.unfinished.total
            box.setText(
                f"An unfinished prediction is there: {done} of {total} blocks are done."
            )
            go_on = box.addButton("Continue", buttons.AcceptRole)
            if go_on is not None:
                go_on.clicked.connect(partial(self._begin, plan))
        else:
            box.setText("This volume was predicted with these weights before.")
        box.setInformativeText(f"{plan.container}\n{plan.target.dataset}")
        replace = box.addButton("Replace", buttons.DestructiveRole)
        other = box.addButton("Other name", buttons.AcceptRole)
        box.addButton("Cancel", buttons.RejectRole)
        if replace is not None and other is not None:
            other.setToolTip(str(plan.other))
            replace.clicked.connect(partial(self._begin, plan, overwrite=True))
            other.clicked.connect(partial(self._begin, plan, container=plan.other))
        box.finished.connect(box.deleteLater)
        box.open()

    def _begin(
        self,
        plan: Plan,
        checked: bool = False,
        *,
        overwrite: bool = False,
        container: Path | None = None,
    ) -> None:
        place = container or plan.container
        arguments = {**plan.arguments, "output_path": place, "overwrite": overwrite}
        job = JobManager.instance().start_prediction(
            self._session.project_folder,
            key=("predict", place, plan.target.dataset),
            **arguments,
        )
        self._done = prediction_recipe(self._session.project_folder, arguments)
        self._monitor.follow(job)
        self._tell_focus()

    # progress

    @Slot()
    def _on_started(self) -> None:
        """Show the output from the moment it exists."""
        progress = self._monitor.progress
        if progress.started is None or has_ended(self._monitor.state):
            return
        place = progress.started.container, progress.started.dataset
        folder = self._session.project_folder
        self._opener.submit(work.open_prediction, folder, progress.run, place)

    @Slot(object)
    def _show(self, output: Output) -> None:
        container, dataset = output.place
        kind, _, rest = dataset.removesuffix("/s0").partition("_")
        key = str(container / dataset)
        before = self._monitor.layers.pop(key, None)
        filling = FillingLayer(
            self._viewer,
            output.array,
            f"{kind} of {container.stem} ({rest})",
            key=key,
            meaning=output.meaning,
        )
        self._monitor.layers[key] = filling
        self._monitor.written.connect(filling.update)
        if before is not None:
            before.deleteLater()

    @Slot()
    def _on_pause(self) -> None:
        if self._monitor.job is not None:
            self._monitor.job.toggle_pause()

    @Slot()
    def _on_cancel(self) -> None:
        if self._monitor.job is not None:
            self._monitor.job.stop()

    @Slot(object)
    def _on_state_changed(self, state: RunState) -> None:
        finished = self._monitor.progress.finished
        if state is RunState.DONE and finished is not None:
            show_info(f"Predicted {finished.container / finished.dataset}")
        self._update()

    # post-processing

    @Slot()
    def segment(self) -> None:
        """Make objects of the finished prediction, in the background."""
        progress = self._monitor.progress
        if progress.finished is None:
            return
        place = progress.finished.container, progress.finished.dataset
        folder = self._session.project_folder
        source = work.segmentation(folder, progress.run, progress.iteration, place)
        self._done = segmentation_recipe(folder, progress.run, place)
        stem = progress.finished.container.stem
        job = JobManager.instance().enqueue(source, f"post-process {stem}")
        job.finished.connect(self._on_segmented)
        self._segmenting = job
        self._update()

    @Slot()
    def _on_segmented(self) -> None:
        job, self._segmenting = self._segmenting, None
        if job is not None and job.progress.predicted is not None:
            self._labels_opener.submit(work.open_labels, job.progress.predicted)
        self._update()

    def _recipe(self) -> Recipe | None:
        """Return what was done last."""
        if self._done is None:
            show_info("Start a prediction first: then it can be repeated elsewhere.")
        return self._done

    # buttons

    @Slot()
    def _update(self) -> None:
        state, progress = self._monitor.state, self._monitor.progress
        buttons = button_states(state)
        missing = self.form.missing()
        busy = self._planner.is_busy
        self.start_button.setEnabled(buttons.start and not missing and not busy)
        self.pause_button.setEnabled(buttons.pause or buttons.resume)
        self.pause_button.setText("Resume" if buttons.resume else "Pause")
        self.cancel_button.setEnabled(buttons.stop)
        self.bar.setRange(0, max(1, progress.total))
        self.bar.setValue(progress.done)
        self.status.setText(self._status_text(missing))
        can_segment = progress.finished is not None and self._segmenting is None
        self.segment_button.setEnabled(can_segment)

    def _status_text(self, missing: str) -> str:
        state, progress = self._monitor.state, self._monitor.progress
        if self._segmenting is not None:
            return "Post-processing…"
        if self._planner.is_busy:
            return "Looking at the volume…"
        ahead = self._monitor.ahead
        if state is RunState.PREPARING and ahead:
            return f"Waiting for {ahead} other {'job' if ahead == 1 else 'jobs'}"
        if state is RunState.IDLE:
            return missing
        if state is RunState.DONE and progress.finished is None:
            return f"Stopped; Start goes on where it was. {progress}"
        if state is RunState.FAILED and self._monitor.job is not None:
            return f"Failed: {self._monitor.job.error}"
        return " · ".join(filter(None, [_WORDS.get(state, ""), str(progress)]))

    @Slot(object)
    def _on_job_ended(self, job: object) -> None:
        self._update()  # one less to wait for
