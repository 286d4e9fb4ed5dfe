"""Functions computed in the background, of which only the latest one counts."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import QObject, Signal, Slot

from napari_dacapo.events import Event

from ._jobs import JobManager

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_dacapo.runs.control import RunControl

    from ._job import Job


@attrs.frozen(eq=False)
class Computed(Event):
    """A background function returned `value`."""

    value: Any


class Latest(QObject):
    """Computes one thing at a time; a newer request replaces the one that waits.

    Results of requests that were replaced while they were computed are dropped, so the
    last value always wins and nothing queues up behind a fast slider.

    Signals
    -------
    done
        Emits what the function of the latest request returned.
    failed
        Emits a text for the user.
    """

    done = Signal(object)
    failed = Signal(str)

    def __init__(self, title: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._job: Job | None = None
        self._waiting: Callable[[], Any] | None = None
        self._result: list[Any] = []

    @property
    def is_busy(self) -> bool:
        """Whether a result is still to come."""
        return self._job is not None

    def submit(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Compute ``function(*arguments)`` in a thread; it must not touch widgets."""
        self._waiting = functools.partial(function, *arguments)
        if self._job is None:
            self._begin()

    def _begin(self) -> None:
        function, self._waiting = self._waiting, None
        if function is None:
            return
        self._result = []
        job = JobManager.instance().start(_computation(function), self._title)
        job.events.connect(self._on_events)
        job.finished.connect(self._on_finished)
        self._job = job

    @Slot(object)
    def _on_events(self, events: list[Event]) -> None:
        self._result = [e.value for e in events if isinstance(e, Computed)]

    @Slot()
    def _on_finished(self) -> None:
        job, self._job = self._job, None
        if self._waiting is not None:
            self._begin()
        elif job is not None and job.error:
            self.failed.emit(job.error)
        elif self._result:
            self.done.emit(self._result.pop())


def _computation(function: Callable[[], Any]) -> Any:
    def source(control: RunControl) -> Generator[Event, None, None]:
        yield Computed(function())

    return source
