"""A piece of long work in a thread of its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from napari_dacapo.events import IterationDone, Paused, Resumed
from napari_dacapo.runs.control import RunControl

from ._state import RunState, can_follow, has_ended
from ._workers import RunWorker
from .models import RunProgress

if TYPE_CHECKING:
    from collections.abc import Hashable

    from napari_dacapo.events import Event

    from ._workers import EventSource

#: the window hears of events at most this often
UPDATE_MILLISECONDS = 100


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

    #: said beside the state, where it is not this window that works
    where = ""

    def __init__(
        self,
        source: EventSource,
        title: str,
        key: Hashable = None,
        control: RunControl | None = None,
    ) -> None:
        super().__init__()
        self.title = title
        self.key = key
        self.state = RunState.PREPARING
        self.error = ""
        self.progress = RunProgress()
        self._control = control or RunControl()
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

    def toggle_pause(self) -> None:
        """Let a paused job go on, or hold one that works."""
        if self.state is RunState.PAUSED:
            self.resume()
        else:
            self.pause()

    def look_at(self, position: tuple[float, ...] | None) -> None:
        """Tell where the user looks (nm): what is near is computed first."""
        self._control.look_at(position)

    def snapshot_now(self) -> None:
        """Store what the network sees and predicts in the next iteration."""
        self._control.snapshot_now()

    def validate_now(self) -> None:
        """Validate after the current iteration, besides the regular validations."""
        self._control.validate_now()

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

    def leave(self) -> None:
        """Do what is right when napari is closed: end, keeping everything."""
        self.stop()

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
        self.progress.end()
        self._change_state(RunState.FAILED if self.error else RunState.DONE)
        if self.error:
            self.failed.emit(self.error)
        self.finished.emit()
