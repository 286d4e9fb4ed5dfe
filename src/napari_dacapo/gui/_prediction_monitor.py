"""The prediction of a whole volume that a viewer's Predict dock shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal, Slot

from napari_dacapo.events import Paused, PredictionStarted

from ._jobs import JobManager
from ._state import RunState
from .models.prediction import PredictionProgress

if TYPE_CHECKING:
    from napari_dacapo.events import Event

    from ._filling_layer import FillingLayer
    from ._job import Job


class PredictionMonitor(QObject):
    """Follows the newest prediction; lives longer than any dock.

    Signals
    -------
    started
        The output exists: `progress` knows where.
    written
        Blocks of the output were written.
    updated
        `progress` has grown.
    state_changed
        Emits the new `RunState`.

    Attributes
    ----------
    job : Job or None
        The newest prediction of this session, also after its end.
    progress : PredictionProgress
        How far it is.
    layers : dict
        The `FillingLayer` of each output by its path, which has to live longer than
        the dock that made it.
    """

    started = Signal()
    written = Signal()
    updated = Signal()
    state_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job: Job | None = None
        self.progress = PredictionProgress()
        self.layers: dict[str, FillingLayer] = {}

    @property
    def state(self) -> RunState:
        """State of the prediction; IDLE if there was none in this session."""
        return RunState.IDLE if self.job is None else self.job.state

    @property
    def ahead(self) -> int:
        """How many jobs have to end before the prediction begins."""
        return 0 if self.job is None else JobManager.instance().jobs_ahead(self.job)

    def follow(self, job: Job) -> None:
        """Follow `job` from now on."""
        if self.job is job:
            return
        if self.job is not None:
            self.job.events.disconnect(self._on_events)
            self.job.state_changed.disconnect(self.state_changed)
        self.job, self.progress = job, PredictionProgress()
        job.events.connect(self._on_events)
        job.state_changed.connect(self.state_changed)
        self.updated.emit()
        self.state_changed.emit(job.state)

    @Slot(object)
    def _on_events(self, events: list[Event]) -> None:
        written = self.progress.add(events)
        if any(isinstance(event, Paused) for event in events):
            self.progress.hold()
        if any(isinstance(event, PredictionStarted) for event in events):
            self.started.emit()
        if written:
            self.written.emit()
        self.updated.emit()
