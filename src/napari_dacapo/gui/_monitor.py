"""The run that a viewer's docks look at: stored results and live training as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal, Slot

from napari_dacapo.events import RunStarted, ScoresComputed

from ._jobs import JobManager
from ._latest import Latest
from ._state import RunState, has_ended
from .models import RunData, RunProgress, ScoreRow, ScoreTable, list_runs, load_run

if TYPE_CHECKING:
    from pathlib import Path

    from napari_dacapo.events import Event

    from ._job import Job


class RunMonitor(QObject):
    """Follows one run; the docks only show what it knows.

    Signals
    -------
    run_changed
        Another run is looked at, or its stored results were read.
    updated
        `progress` has grown.
    scores_changed
        `scores` has changed.
    state_changed
        Emits the new `RunState`.

    Attributes
    ----------
    name : str
        Name of the run; empty for none.
    data : RunData or None
        The stored run, once it was read.
    job : Job or None
        The training of this run in this session, also after its end.
    progress : RunProgress
        Losses and speed, stored and live.
    scores : ScoreTable or None
        Validation scores, stored and live.
    """

    run_changed = Signal()
    updated = Signal()
    scores_changed = Signal()
    state_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self.name = ""
        self.data: RunData | None = None
        self.job: Job | None = None
        self.progress = RunProgress()
        self.scores: ScoreTable | None = None
        self._new_rows: list[ScoreRow] = []
        self._loader = Latest("read run", self)

        self._loader.done.connect(self._on_loaded)
        JobManager.instance().job_added.connect(self._on_job_added)

    @property
    def state(self) -> RunState:
        """State of the training; IDLE if there was none in this session."""
        return RunState.IDLE if self.job is None else self.job.state

    def look_at(self, folder: Path, name: str) -> None:
        """Follow the run called `name` of the project in `folder` from now on."""
        self._detach()
        self._folder, self.name = folder, name
        self.data, self.scores, self.progress = None, None, RunProgress()
        self._new_rows = []
        job = JobManager.instance().find(("train", folder, name))
        if job is not None:
            self._attach(job)
        self.run_changed.emit()
        self.state_changed.emit(self.state)
        self.reload()

    def reload(self) -> None:
        """Read the stored results in a worker; `run_changed` follows."""
        if self.name:
            self._loader.submit(_load, self._folder, self.name)

    def _attach(self, job: Job) -> None:
        self._detach()
        self.job, self.progress = job, job.progress
        job.events.connect(self._on_events)
        job.state_changed.connect(self._on_state_changed)

    def _detach(self) -> None:
        if self.job is not None:
            self.job.events.disconnect(self._on_events)
            self.job.state_changed.disconnect(self._on_state_changed)
            self.job = None

    @Slot(object)
    def _on_job_added(self, job: Job) -> None:
        if self.name and job.key == ("train", self._folder, self.name):
            self._attach(job)
            self._merge()
            self.run_changed.emit()
            self.state_changed.emit(job.state)

    @Slot(object)
    def _on_events(self, events: list[Event]) -> None:
        if self.data is None and any(isinstance(e, RunStarted) for e in events):
            self.reload()  # a new run: the engine has just stored it
        rows = [ScoreRow.from_event(e) for e in events if isinstance(e, ScoresComputed)]
        if rows:
            self._new_rows += rows
            if self.scores is not None:
                self.scores.add(rows)
            self.scores_changed.emit()
        self.updated.emit()

    @Slot(object)
    def _on_state_changed(self, state: RunState) -> None:
        self.state_changed.emit(state)
        if has_ended(state):
            self.reload()  # so that training it further goes on from what is stored

    @Slot(object)
    def _on_loaded(self, loaded: Any) -> None:
        folder, name, data = loaded
        if data is None or (folder, name) != (self._folder, self.name):
            return
        self.data, self.scores = data, data.scores
        self.scores.add(self._new_rows)
        self._merge()
        self.run_changed.emit()
        self.scores_changed.emit()

    def _merge(self) -> None:
        """Put what is stored in front of what this session has trained."""
        if self.data is None:
            return
        self.progress.prepend(self.data.iterations, self.data.losses)
        if self.job is None:
            self.progress.iteration = len(self.progress.loss)
            self.progress.num_iterations = self.data.config.num_iterations


def _load(folder: Path, name: str) -> tuple[Path, str, RunData | None]:
    known = name in list_runs(folder)
    return folder, name, load_run(folder, name) if known else None
