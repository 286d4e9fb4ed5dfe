"""A training that other processes can see, follow and steer.

Every training keeps a folder ``runs/<run>/live`` up to date: ``lock.json`` says which
process trains, ``events-<number>.jsonl`` what happens, and in ``commands`` others leave
what it is to do. So a window can be closed and another one, also on another machine
that sees the folder, goes on showing the same training.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Self

from napari_dacapo.errors import DaCapoError

from ._live_commands import Mailbox
from ._live_events import EventWriter
from ._live_lock import Lock

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path
    from types import TracebackType

    from napari_dacapo.events import Event
    from napari_dacapo.store import Project

    from .control import RunControl

logger = logging.getLogger(__name__)

#: how often events are written and commands read, in seconds
TICK = 0.2
#: how often other machines are told that this process lives, in seconds
BEAT = 10.0


def live_folder(project: Project, run_name: str) -> Path:
    """Return the folder of what a training tells others."""
    return project.run_folder(run_name) / "live"


def lock_of(live: Path) -> Lock:
    """Return the lock in the folder `live` of a run."""
    return Lock(live / "lock.json")


def mailbox_of(live: Path) -> Mailbox:
    """Return the mailbox in the folder `live` of a run."""
    return Mailbox(live / "commands")


class Live:
    """Context in which this process, and no other, trains a run.

    A thread of its own writes events and reads commands, so that the training never
    waits for the disk, and a paused one can be told to go on.

    Parameters
    ----------
    project : Project
        Where the run is stored.
    run_name : str
        Name of the run.
    control : RunControl
        Gets the commands that others leave.

    Raises
    ------
    RunError
        On entering, if the run is being trained already.
    """

    def __init__(self, project: Project, run_name: str, control: RunControl) -> None:
        self._project, self._run_name, self._control = project, run_name, control
        self._folder = live_folder(project, run_name)
        self._lock, self._mailbox = lock_of(self._folder), mailbox_of(self._folder)
        self._over = threading.Event()
        self._next_beat = 0.0

    def __enter__(self) -> Self:
        holder = self._lock.acquire(self._run_name)
        try:
            self._mailbox.clear()
            self._writer = EventWriter(
                self._folder, holder.session, self._project.folder
            )
        except OSError:
            self._lock.release()
            raise
        self._keeper = threading.Thread(
            target=self._keep, name=f"live {self._run_name}", daemon=True
        )
        self._keeper.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._keeper.join()
        self._writer.end(None if error is None else _reason(error))
        self._lock.release()

    def tell(self, events: Generator[Event, None, None]) -> Iterator[Event]:
        """Yield `events`, telling others about each."""
        with contextlib.closing(events):
            for event in events:
                self._writer.put(event)
                yield event

    def _keep(self) -> None:
        while not self._over.wait(TICK):
            try:
                self._tick()
            except OSError as error:  # a network disk may come back
                logger.warning("others cannot follow the training: %s", error)

    def _tick(self) -> None:
        self._writer.flush()
        self._mailbox.obey(self._control)
        if time.monotonic() < self._next_beat:
            return
        self._next_beat = time.monotonic() + BEAT
        if self._lock.is_lost:
            logger.error("another process took over run %s", self._run_name)
            self._control.stop()
        else:
            self._lock.beat()


def _reason(error: BaseException) -> str:
    if isinstance(error, DaCapoError):
        return str(error)
    if isinstance(error, (GeneratorExit, KeyboardInterrupt)):
        return (
            "the training was broken off; continue the run to go on from its last "
            "checkpoint"
        )
    return f"{type(error).__name__}: {error}"
