"""The manager of all jobs, which outlives every widget."""

from __future__ import annotations

import atexit
import logging
import os
import time
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal, Slot
from qtpy.QtWidgets import QApplication

from napari_dacapo.events import Warned

from . import _engine
from ._detached import DetachedJob
from ._job import Job
from ._napari_status import BusyStatus, show_error, show_warning
from ._state import has_ended

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from napari_dacapo.events import Event
    from napari_dacapo.runs import RunConfig

    from ._detached import FollowSource
    from ._workers import EventSource

logger = logging.getLogger(__name__)

#: how long closing napari may take at most
CLOSING_SECONDS = 5.0


class JobManager(QObject):
    """Owns every job and its thread; one per application, never part of a widget.

    Training and prediction stand in one queue: the first works, the others wait.
    Trainings in processes of their own stand beside it. Closing napari, in whatever
    state, stops and joins all threads.
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
        self,
        run_config: RunConfig | str,
        project_folder: Path,
        device: str = "auto",
        *,
        check: bool = True,
        own_process: bool = False,
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
        check : bool
            Whether the data are checked first.
        own_process : bool
            Whether it gets a process of its own; then it does not wait in the queue.
        """
        name = run_config if isinstance(run_config, str) else run_config.name
        if own_process:
            detached = _engine.detached_training(
                run_config, project_folder, device, check=check
            )
            return self._start_detached(detached, name, project_folder)
        source = _engine.training(run_config, project_folder, device, check=check)
        return self.enqueue(source, f"train {name}", ("train", project_folder, name))

    def follow(self, run_name: str, project_folder: Path) -> Job:
        """Show the training of a run in another process; once only."""
        source = _engine.following(run_name, project_folder)
        return self._start_detached(source, run_name, project_folder)

    def _start_detached(self, source: FollowSource, name: str, folder: Path) -> Job:
        key = ("train", folder, name)
        twin = self.find(key)
        if twin is not None:
            return twin
        return self._begin(DetachedJob(source, f"train {name}", key))

    def start_prediction(
        self, project_folder: Path, *, key: Hashable = None, **arguments: Any
    ) -> Job:
        """Queue a prediction; one already queued under `key` is returned as it is.

        Parameters
        ----------
        project_folder : Path
            Where the project is.
        key : hashable, optional
            What to find the job again by, ``("predict", container, dataset)``.
        **arguments
            As for `napari_dacapo.runs.predict`, without `project` and `control`.
        """
        source = _engine.prediction(project_folder, **arguments)
        return self.enqueue(source, f"predict with {arguments['run']}", key)

    def enqueue(self, source: EventSource, title: str, key: Hashable = None) -> Job:
        """Start `source` as soon as no other job of the queue works."""
        twin = self.find(key)
        if twin is not None:
            return twin
        job = Job(source, title, key)
        self._queue.append(job)
        self._busy.show(job, title)
        self._add(job)
        self._start_next()
        return job

    def start(self, source: EventSource, title: str) -> Job:
        """Start `source` now, beside whatever else works."""
        return self._begin(Job(source, title))

    def _begin(self, job: Job) -> Job:
        self._add(job)
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

        What goes on in other processes is left alone. May be called again and again. A
        thread that does not end in `timeout` seconds is left alone: destroying it would
        abort the process.
        """
        deadline = time.monotonic() + timeout
        running = [j for j in self.jobs if j.is_running and j not in _left_behind]
        for job in reversed(list(self.jobs)):
            job.leave()
        ended = [job.wait(deadline - time.monotonic()) for job in running]
        if all(ended):
            return True
        logger.error("work did not stop within %.0f s and was left behind", timeout)
        _leave_running(running)
        return False

    def _add(self, job: Job) -> None:
        job.events.connect(self._on_events)
        job.finished.connect(self._on_job_finished)
        self.jobs.append(job)
        self.job_added.emit(job)

    def _start_next(self) -> None:
        if self._queue:
            self._queue[0].begin()

    @Slot(object)
    def _on_events(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Warned):
                show_warning(event.message)

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
