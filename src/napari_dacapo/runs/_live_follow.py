"""Following a training in another process, and steering it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from napari_dacapo.errors import RunError
from napari_dacapo.events import Event, Warned

from ._live import TICK, live_folder, lock_of, mailbox_of
from ._live_control import FollowControl
from ._live_events import EventReader, latest_part
from ._live_lock import Holder, Lock
from ._session import ProjectLike, open_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from napari_dacapo.store import Project

LOG_FILE = "log.txt"


@attrs.frozen
class LiveRun:
    """A run that another process trains now."""

    name: str
    holder: Holder


def live_runs(project: Project) -> list[LiveRun]:
    """Return the runs of `project` that other processes train now, sorted by name."""
    found = []
    for folder in sorted(project.folder.glob("runs/*/live")):
        holder = lock_of(folder).holder()
        if holder is not None and not holder.is_this_process:
            found.append(LiveRun(folder.parent.name, holder))
    return found


def follow(
    run_name: str, *, project: ProjectLike = None, control: FollowControl | None = None
) -> Iterator[Event]:
    """Show a training in another process as if it were in this one.

    Parameters
    ----------
    run_name : str
        Name of the run.
    project : Project or path, optional
        Where it is stored; by default the user's project folder.
    control : FollowControl, optional
        Steers the training; its `leave` ends following it.

    Yields
    ------
    Event
        What `train` yields there: first what happened until now, without warnings,
        then what happens.

    Raises
    ------
    RunError
        If no other process trains the run, or when the training fails.
    """
    folder = open_project(project)
    live = live_folder(folder, run_name)
    lock = lock_of(live)
    holder = lock.holder()
    if holder is None:
        raise RunError(
            f"run {run_name!r} is not being trained by another process (any more); "
            "start it to go on from its last checkpoint"
        )
    begin = latest_part(live, holder.session)
    following = Following(
        folder, run_name, control or FollowControl(), begin, _is_held(lock)
    )
    yield from following.catch_up()
    yield from following.events()


class Following:
    """Reads the events of a training and writes commands to it.

    Parameters
    ----------
    project : Project
        Where the run is stored.
    run_name : str
        Name of the run.
    control : FollowControl
        Commands to pass on.
    first_part : int
        Number of the first event file to read.
    is_alive : callable
        Tells whether the process that trains is there.
    """

    def __init__(
        self,
        project: Project,
        run_name: str,
        control: FollowControl,
        first_part: int,
        is_alive: Callable[[], bool],
    ) -> None:
        self._project, self._run_name = project, run_name
        self._control, self._is_alive = control, is_alive
        self._folder = live_folder(project, run_name)
        self._mailbox = mailbox_of(self._folder)
        self._reader = EventReader(self._folder, first_part, project.folder)

    def catch_up(self) -> Iterator[Event]:
        """Yield what happened until now; warnings were told when they were new."""
        yield from (e for e in self._reader.read() if not isinstance(e, Warned))

    def events(self) -> Iterator[Event]:
        """Yield events until the training ends or `control` leaves it."""
        while not self._control.has_left:
            alive = self._is_alive()  # before reading, so that its last words are read
            yield from self._reader.read()
            if self._reader.has_ended or not alive:
                self._raise_failure()
                return
            self._pass_on_commands()
            self._control.wait_for_news(TICK)

    def _pass_on_commands(self) -> None:
        if self._reader.session:  # whoever begins a training empties the mailbox
            for command, value in self._control.take_commands():
                self._mailbox.send(command, value)

    def _raise_failure(self) -> None:
        if self._reader.failure is not None:
            raise RunError(self._reader.failure)
        if self._reader.has_ended:
            return
        log = self._folder / LOG_FILE
        if not self._reader.session:
            raise RunError(
                f"the process that was to train {self._run_name!r} ended before it "
                f"began: {_last_words(log)}"
            )
        kept = self._project.weights.latest_iteration(self._run_name) or 0
        where = f"; what it printed is in {log}" if log.exists() else ""
        raise RunError(
            f"the process that trained {self._run_name!r} was ended from outside, or "
            f"the memory of the computer was full. {kept} iterations are stored; "
            f"continue the run to go on from there{where}"
        )


def _is_held(lock: Lock) -> Callable[[], bool]:
    return lambda: lock.holder() is not None


def _last_words(log: Path) -> str:
    """Return the last line that a process printed, which says why it ended."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "it printed nothing"
    said = [line.strip() for line in lines if line.strip()]
    return said[-1].removeprefix("error: ") if said else "it printed nothing"
