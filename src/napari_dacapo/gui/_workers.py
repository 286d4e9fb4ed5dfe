"""Draining a generator of events in a thread of its own."""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal, Slot

from napari_dacapo.errors import DaCapoError
from napari_dacapo.runs.control import RunControl, StopRequestedError

from ._messages import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_dacapo.events import Event

    #: makes the generator of a job; called in the job's thread
    EventSource = Callable[[RunControl], Generator[Event, None, None]]

logger = logging.getLogger(__name__)

#: how much less important than the window the work is (Linux "nice" levels)
NICENESS = 10


class EventBuffer:
    """Events on their way from the thread that works to the one that draws."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []

    def put(self, event: Event) -> bool:
        """Append `event`; return whether the buffer was empty before."""
        with self._lock:
            self._events.append(event)
            return len(self._events) == 1

    def take(self) -> list[Event]:
        """Return all events and forget them."""
        with self._lock:
            taken, self._events = self._events, []
            return taken


class RunWorker(QObject):
    """Drains one generator of events; lives in its own `QThread`.

    `finished` is emitted exactly once whatever happens, after the generator was
    closed and, if it raised, after `failed`. However fast events come, at most one
    `events_waiting` is on its way: the receiver takes from `buffer` when it is ready.

    Parameters
    ----------
    source : callable
        Called with `control` in the worker's thread; returns the generator. Napari's
        and superqt's generator workers swallow every `RuntimeError`, and those are
        what torch raises; hence this class.
    control : RunControl
        The mailbox for pause and stop.
    title : str
        Names the work in the log.
    """

    events_waiting = Signal()
    failed = Signal(str)
    finished = Signal()

    def __init__(self, source: EventSource, control: RunControl, title: str) -> None:
        super().__init__()
        self.buffer = EventBuffer()
        self._source = source
        self._control = control
        self._title = title

    @Slot()
    def run(self) -> None:
        """Drain the generator to its end."""
        try:
            _be_nice()
            self._drain()
        except StopRequestedError:
            logger.info("%s: stopped on request", self._title)
        except DaCapoError as error:
            # says what the user can do; where it was raised helps nobody
            logger.info("%s: %s", self._title, error)
            self.failed.emit(explain(error))
        except Exception as error:
            logger.exception("%s failed", self._title)
            self.failed.emit(explain(error))
        finally:
            self.finished.emit()

    def _drain(self) -> None:
        if self._control.stop_requested:
            return
        with closing(self._source(self._control)) as events:
            for event in events:
                if self.buffer.put(event):
                    self.events_waiting.emit()


def _be_nice() -> None:
    """Let the window go first; Qt's own thread priorities do nothing on Linux."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
