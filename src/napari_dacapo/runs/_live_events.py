"""Events of a training as lines of a file, which other processes read as it grows."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo import events
from napari_dacapo.errors import ConfigError
from napari_dacapo.events import BlockDone, CheckpointSaved, Event, RunStarted
from napari_dacapo.store.converter import from_doc, to_doc
from napari_dacapo.tasks.post_processors import PostProcessorParameters

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

#: a longer file is followed by another at the next checkpoint, which holds what it held
LONGEST_PART = 8 * 2**20
_PREFIX, _SUFFIX = "events-", ".jsonl"
#: keys of a line: name of the event, first line of a file, last line, why it failed
_EVENT, _SESSION, _END, _FAILURE = "event", "session", "end", "failure"
#: marks what a later file repeats for those who begin to read there
_AGAIN = "again"
_KINDS = {
    name: kind
    for name, kind in vars(events).items()
    if isinstance(kind, type) and issubclass(kind, Event)
}


def to_line(event: Event, project_folder: Path) -> dict[str, Any]:
    """Return `event` as plain data; paths inside the project become relative."""
    return {_EVENT: type(event).__name__, **to_doc(event, project_folder)}


def from_line(line: dict[str, Any], project_folder: Path) -> Event | None:
    """Return the event that `to_line` wrote, `None` if this version cannot read it."""
    fields = {key: v for key, v in line.items() if key not in (_EVENT, _AGAIN)}
    kind = _KINDS.get(line.get(_EVENT, ""))
    if kind is None:
        return None
    try:
        if isinstance(fields.get("parameters"), dict):
            doc = fields["parameters"]
            fields["parameters"] = from_doc(doc, PostProcessorParameters)
        event: Event = from_doc(fields, kind, project_folder)
    except ConfigError as error:
        logger.info("an event that cannot be read was left out: %s", error)
        return None
    return event


def parts(folder: Path) -> dict[int, Path]:
    """Return the event files in `folder` by number, ascending."""
    found = {}
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        number = path.stem.removeprefix(_PREFIX)
        if number.isdecimal():
            found[int(number)] = path
    return dict(sorted(found.items()))


def latest_part(folder: Path, session: str) -> int:
    """Return the number of the last event file of a training, written or to come."""
    found = parts(folder)
    if not found:
        return 1
    number, path = list(found.items())[-1]
    try:
        with path.open("rb") as file:
            written = json.loads(file.readline()).get(_SESSION)
    except (OSError, ValueError):  # being written
        return number
    return number if written == session else number + 1


class EventWriter:
    """Writes the events of one training.

    `put` only remembers, so that the training never waits for a disk; `flush` writes,
    from any thread. Where the disk is full, lines are lost and the training goes on.

    Parameters
    ----------
    folder : Path
        Where the files are; those of an earlier training are removed.
    session : str
        Tells this training from others.
    project_folder : Path
        Paths inside it are written relative to it.
    """

    def __init__(self, folder: Path, session: str, project_folder: Path) -> None:
        self._folder, self._session = folder, session
        self._project_folder = project_folder
        self._lock = threading.Lock()  # of what is pending, never held while writing
        self._writing = threading.Lock()
        self._pending: list[Event] = []
        self._started: RunStarted | None = None
        self._number = max(parts(folder), default=0)
        self._next_part(first=True)

    def put(self, event: Event) -> None:
        """Take note of `event`."""
        with self._lock:
            last = self._pending[-1] if self._pending else None
            if isinstance(event, BlockDone) and isinstance(last, BlockDone):
                self._pending.pop()  # only how far it is counts
            self._pending.append(event)

    def flush(self) -> None:
        """Write what was put."""
        with self._writing:
            with self._lock:
                waiting, self._pending = self._pending, []
            lines: list[dict[str, Any]] = []
            for event in waiting:
                lines.append(to_line(event, self._project_folder))
                if isinstance(event, RunStarted):
                    self._started = event
                if isinstance(event, CheckpointSaved) and self._is_long():
                    self._append(lines)
                    lines = []
                    self._next_part(iteration=event.iteration)
            self._append(lines)

    def end(self, failure: str | None) -> None:
        """Write everything, and as the last line that the training ended, and how."""
        self.flush()
        with self._writing:
            self._append([{_END: True, _FAILURE: failure}])

    def _is_long(self) -> bool:
        try:
            return self._path.stat().st_size > LONGEST_PART
        except OSError:
            return False

    @property
    def _path(self) -> Path:
        return self._folder / f"{_PREFIX}{self._number:06}{_SUFFIX}"

    def _next_part(self, *, first: bool = False, iteration: int = 0) -> None:
        """Begin a file; the one before stays for those who are reading it."""
        outdated = [n for n in parts(self._folder) if first or n < self._number]
        self._number += 1
        lines: list[dict[str, Any]] = [{_SESSION: self._session}]
        if self._started is not None:
            started = attrs.evolve(self._started, start_iteration=iteration)
            lines.append({**to_line(started, self._project_folder), _AGAIN: True})
        self._append(lines)
        for number in outdated:
            with contextlib.suppress(OSError):  # still open on Windows
                parts(self._folder)[number].unlink()

    def _append(self, lines: list[dict[str, Any]]) -> None:
        if not lines:
            return
        text = "".join(json.dumps(line) + "\n" for line in lines)
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            logger.warning("%s could not be written: %s", self._path, error)


class EventReader:
    """Reads what an `EventWriter` writes, as it grows.

    A last line without its end is left for later: it is being written.

    Parameters
    ----------
    folder : Path
        Where the files are.
    first_part : int
        Number of the first file to read; it need not exist yet.
    project_folder : Path
        As for `EventWriter`.

    Attributes
    ----------
    session : str
        Of the file that is read; empty if there is none yet.
    has_ended : bool
        Whether the last line was read.
    failure : str or None
        Why the training failed, if it did.
    """

    def __init__(self, folder: Path, first_part: int, project_folder: Path) -> None:
        self._folder, self._project_folder = folder, project_folder
        self._number, self._position = first_part - 1, 0
        self._begun_at = first_part
        self.session = ""
        self.has_ended = False
        self.failure: str | None = None

    def read(self) -> list[Event]:
        """Return all events that were written since the last call."""
        found: list[Event] = []
        while True:
            later = [n for n in parts(self._folder) if n > self._number]
            found += self._rest()  # after the look: nothing is added to it any more
            if self.has_ended or not later:
                return found
            if not self.session:
                self._begun_at = later[0]
            self._number, self._position = later[0], 0

    def _rest(self) -> list[Event]:
        if self._number < self._begun_at:
            return []
        path = self._folder / f"{_PREFIX}{self._number:06}{_SUFFIX}"
        try:
            with path.open("rb") as file:
                file.seek(self._position)
                data = file.read()
        except OSError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._position += len(whole)
        found = (self._event_of(line) for line in whole.splitlines())
        return [event for event in found if event is not None]

    def _event_of(self, text: bytes) -> Event | None:
        try:
            line: dict[str, Any] = dict(json.loads(text))
        except (ValueError, TypeError):
            logger.info("a damaged line was left out")
            return None
        if _SESSION in line:
            self.session = line[_SESSION]
        if _END in line:
            self.has_ended, self.failure = True, line[_FAILURE]
        if line.get(_AGAIN) and self._number != self._begun_at:
            return None  # was read where it happened
        return from_line(line, self._project_folder)
