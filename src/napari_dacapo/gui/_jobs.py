"""Long work: jobs, their threads, and the manager that outlives every widget."""

from __future__ import annotations

import atexit
import logging
import os
import time
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot
from qtpy.QtWidgets import QApplication

from napari_dacapo.events import IterationDone, Paused, Resumed
from napari_dacapo.runs.control import RunControl

from . import _engine
from ._napari_status import BusyStatus, show_error
from ._state import RunState, can_follow, has_ended
from ._workers import RunWorker
from .models import RunProgress

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from napari_dacapo.events import Event
    from napari_dacapo.runs import RunConfig

    from ._workers import EventSource

logger = logging.getLogger(__name__)

#: the window hears of events at most this often
UPDATE_MILLISECONDS = 100
#: how long closing napari may take at most
CLOSING_SECONDS = 5.0


class Job(QObject):
    """Work that goes on in a thread of its own; made by the `JobManager`.

    Signals
    -------
    state_changed
        Emits the new `RunState`.
    events
        Emits a list of events, at most ten times a second; `progress` and `state`
        already know them.
    failed
        Emits a text for the user; `finished` follows.
    finished
        Emitted once, when the thread has ended and `state` is DONE or FAILED.
    """

    state_changed = Signal(object)
    events = Signal(object)
    failed = Signal(str)
    finished = Signal()

    def __init__(self, source: EventSource, title: str, key: Hashable = None) -> None:
        super().__init__()
        self.title = title
        self.key = key
        self.state = RunState.PREPARING
        self.error = ""
        self.progress = RunProgress()
        self._control = RunControl()
        self._worker = RunWorker(source, self._control, title)
        self._thread = QThread()
        self._begun = False
        self._delivery = QTimer(self)
        self._delivery.setSingleShot(True)
        self._last_delivery = 0.0

        self._worker.moveToThread(self._thread)
        self._thread.started.connect(self._worker.run)
        self._worker.events_waiting.connect(self._on_events_waiting)
        self._worker.failed.connect(self._on_failed)
        self._worker.finished.connect(self._on_worker_finished)
        # direct: the window may be waiting for the thread and not handle any events
        self._worker.finished.connect(
            self._thread.quit, Qt.ConnectionType.DirectConnection
        )
        self._delivery.timeout.connect(self._deliver)

    @property
    def is_running(self) -> bool:
        """Whether the thread works."""
        return bool(self._thread.isRunning())

    def begin(self) -> None:
        """Start the thread; once only."""
        if not self._begun:
            self._begun = True
            self._thread.start()

    def pause(self) -> None:
        """Hold the job after the current iteration."""
        self._control.pause()

    def resume(self) -> None:
        """Let a paused job go on."""
        self._control.resume()

    def set_num_iterations(self, num_iterations: int) -> None:
        """Change up to which iteration the job trains."""
        self._control.set_num_iterations(num_iterations)
        self.progress.num_iterations = num_iterations

    def stop(self) -> None:
        """End the job soon, keeping everything done so far."""
        self._control.stop()
        if self._begun:
            self._change_state(RunState.STOPPING)
        else:
            self._end()

    def wait(self, seconds: float) -> bool:
        """Block until the thread has ended; return whether it has."""
        return bool(self._thread.wait(max(0, int(seconds * 1000))))

    def _change_state(self, state: RunState) -> None:
        if can_follow(self.state, state):
            self.state = state
            self.state_changed.emit(state)

    @Slot()
    def _on_events_waiting(self) -> None:
        since = (time.monotonic() - self._last_delivery) * 1000
        self._delivery.start(max(0, int(UPDATE_MILLISECONDS - since)))

    @Slot()
    def _deliver(self) -> None:
        self._last_delivery = time.monotonic()
        events = self._worker.buffer.take()
        if not events:
            return
        self.progress.add(events)
        self._follow(events)
        self.events.emit(events)

    def _follow(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Paused):
                self._change_state(RunState.PAUSED)
            elif (
                isinstance(event, (IterationDone, Resumed))
                or self.state is RunState.PREPARING
            ):
                self._change_state(RunState.TRAINING)

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self.error = text

    @Slot()
    def _on_worker_finished(self) -> None:
        self._thread.wait()
        self._end()

    def _end(self) -> None:
        if has_ended(self.state):
            return
        self._delivery.stop()
        self._deliver()
        self._change_state(RunState.FAILED if self.error else RunState.DONE)
        if self.error:
            self.failed.emit(self.error)
        self.finished.emit()


class JobManager(QObject):
    """Owns every job and its thread; one per application, never part of a widget.

    Training and prediction stand in one queue: the first works, the others wait.
    Closing napari, in whatever state, stops and joins all threads.
    """

    job_added = Signal(object)
    job_ended = Signal(object)

    _instance: JobManager | None = None

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[Job] = []
        self._queue: list[Job] = []
        self._retired: list[Job] = []
        self._busy = BusyStatus(self.stop_and_wait)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._on_about_to_quit)

    @classmethod
    def instance(cls) -> JobManager:
        """Return the manager of this application."""
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    def start_training(
        self, run_config: RunConfig | str, project_folder: Path, device: str = "auto"
    ) -> Job:
        """Queue the training of a run; a run already queued is returned as it is.

        Parameters
        ----------
        run_config : RunConfig or str
            The run, or the name under which it is stored in the project.
        project_folder : Path
            Where the project is.
        device : str
            ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        """
        name = run_config if isinstance(run_config, str) else run_config.name
        source = _engine.training(run_config, project_folder, device)
        return self.enqueue(source, f"train {name}", ("train", project_folder, name))

    def start_prediction(self, project_folder: Path, **arguments: Any) -> Job:
        """Queue a prediction.

        Parameters
        ----------
        project_folder : Path
            Where the project is.
        **arguments
            As for `napari_dacapo.runs.predict`, without `project` and `control`.
        """
        source = _engine.prediction(project_folder, **arguments)
        return self.enqueue(source, "predict")

    def enqueue(self, source: EventSource, title: str, key: Hashable = None) -> Job:
        """Start `source` as soon as no other job of the queue works."""
        twin = self.find(key)
        if twin is not None:
            return twin
        job = self._add(source, title, key)
        self._queue.append(job)
        self._busy.show(job, title)
        self._start_next()
        return job

    def start(self, source: EventSource, title: str) -> Job:
        """Start `source` now, beside whatever else works."""
        job = self._add(source, title, None)
        job.begin()
        return job

    def find(self, key: Hashable) -> Job | None:
        """Return the job with `key` that has not ended yet."""
        return next((j for j in self.jobs if key is not None and j.key == key), None)

    def jobs_ahead(self, job: Job) -> int:
        """Return how many jobs have to end before `job` begins."""
        return self._queue.index(job) if job in self._queue else 0

    def stop_and_wait(self, timeout: float = CLOSING_SECONDS) -> bool:
        """Stop all jobs and wait for their threads; return whether all have ended.

        May be called again and again. A thread that does not end in `timeout` seconds
        is left alone: destroying it would abort the process.
        """
        deadline = time.monotonic() + timeout
        running = [j for j in self.jobs if j.is_running and j not in _left_behind]
        for job in reversed(list(self.jobs)):
            job.stop()
        ended = [job.wait(deadline - time.monotonic()) for job in running]
        if all(ended):
            return True
        logger.error("work did not stop within %.0f s and was left behind", timeout)
        _leave_running(running)
        return False

    def _add(self, source: EventSource, title: str, key: Hashable) -> Job:
        job = Job(source, title, key)
        job.finished.connect(self._on_job_finished)
        self.jobs.append(job)
        self.job_added.emit(job)
        return job

    def _start_next(self) -> None:
        if self._queue:
            self._queue[0].begin()

    @Slot()
    def _on_job_finished(self) -> None:
        ended = [job for job in self.jobs if has_ended(job.state)]
        self.jobs = [job for job in self.jobs if job not in ended]
        self._queue = [job for job in self._queue if job not in ended]
        for job in ended:
            self._busy.clear(job, failed=bool(job.error))
            if job.error:
                show_error(f"{job.title}: {job.error}")
            self.job_ended.emit(job)
        self._retired = ended  # a sender must outlive its signal
        self._start_next()

    @Slot()
    def _on_about_to_quit(self) -> None:
        self.stop_and_wait()


#: jobs that ignored their stop; their threads must not be destroyed
_left_behind: list[Job] = []


def _leave_running(jobs: list[Job]) -> None:
    if not _left_behind:
        atexit.register(_exit_without_waiting)
    _left_behind.extend(job for job in jobs if job.is_running)


def _exit_without_waiting() -> None:
    """End the process; taking Python down under a running thread would abort it."""
    if any(job.is_running for job in _left_behind):
        logging.shutdown()
        os._exit(0)
