"""Who trains a run: a lock file that outlives its process, but not for long."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import platform
import time
import uuid
from typing import TYPE_CHECKING

import attrs
import psutil

from napari_dacapo.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

#: after so many seconds without a beat, a process on another machine counts as dead
STALE_SECONDS = 120.0
#: seconds between attempts to remove the file
RELEASE_WAITS = (0.01, 0.1, 0.5, 1.0)
#: the start of one process is not measured twice alike when the clock is adjusted
START_TOLERANCE = 5.0


@attrs.frozen
class Holder:
    """The process that trains a run.

    Attributes
    ----------
    session : str
        Tells this training from all others.
    pid : int
        Number of the process on `host`.
    started : float
        When the process began (seconds since 1970): numbers are used again.
    host : str
        Name of the machine.
    """

    session: str
    pid: int
    started: float
    host: str

    @classmethod
    def this_process(cls) -> Holder:
        """Return a new session of this process."""
        process = psutil.Process()
        started = process.create_time()
        return cls(uuid.uuid4().hex, process.pid, started, platform.node())

    @property
    def is_here(self) -> bool:
        """Whether the process is on this machine."""
        return self.host == platform.node()

    @property
    def is_this_process(self) -> bool:
        """Whether the process is the one that asks."""
        return self.is_here and self.pid == os.getpid()

    def __str__(self) -> str:
        if not self.pid:
            return "another process"
        return f"process {self.pid}" + ("" if self.is_here else f" on {self.host}")


#: what a lock file says that is being written
_UNKNOWN = Holder("", 0, 0.0, "")


class Lock:
    """The right to train one run, for one process at a time.

    A holder on this machine counts as long as its process lives; one on another machine
    as long as it touches the file.

    Parameters
    ----------
    path : Path
        The lock file; its folder is made when the lock is taken.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own: Holder | None = None

    def holder(self) -> Holder | None:
        """Return who has the lock, `None` if nobody does who is still alive."""
        found = self._read()
        return found if found is not None and self._is_alive(found) else None

    def acquire(self, run_name: str) -> Holder:
        """Take the lock.

        Raises
        ------
        RunError
            If another process, or another part of this one, has it, or if the file
            cannot be written.
        """
        own = Holder.this_process()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._discard_dead()
            handle = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            raise self._refusal(run_name) from None
        except OSError as error:
            raise RunError(
                f"{self._path} cannot be written ({error}); choose a project folder "
                "that can be"
            ) from error
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(attrs.asdict(own), file)
        self._own = own
        return own

    def refuse_if_held(self, run_name: str) -> None:
        """Raise the `RunError` of `acquire` if somebody has the lock."""
        if self.holder() is not None:
            raise self._refusal(run_name)

    def beat(self) -> None:
        """Tell other machines that the holder lives."""
        os.utime(self._path)

    @property
    def is_lost(self) -> bool:
        """Whether another process took the lock, believing this one to be dead."""
        return self._own is not None and self._read() != self._own

    def release(self) -> None:
        """Give the lock back; it is not given back for others.

        Where that fails, the training has ended all the same; the lock counts as long
        as this process lives.
        """
        for wait in RELEASE_WAITS:
            try:
                if not self.is_lost:
                    self._path.unlink(missing_ok=True)
                break
            except OSError as error:  # on Windows while somebody reads the file
                logger.warning("%s cannot be removed yet: %s", self._path, error)
                time.sleep(wait)
        self._own = None

    def _refusal(self, run_name: str) -> RunError:
        holder = self._read() or _UNKNOWN
        return RunError(
            f"run {run_name!r} is being trained by {holder}; stop it there, or follow "
            "it in the Training dock"
        )

    def _discard_dead(self) -> None:
        """Remove the lock of a process that is gone; of two that try, one does it."""
        dead = self._read()
        if dead is None or self._is_alive(dead):
            return
        aside = self._path.with_name(f".{uuid.uuid4().hex}.tmp")
        try:
            self._path.rename(aside)
        except FileNotFoundError:
            return
        taken = Lock(aside)._read()  # noqa: SLF001 - the same file
        if taken == dead:
            aside.unlink()
        else:  # somebody else was faster and holds it by now
            aside.rename(self._path)

    def _read(self) -> Holder | None:
        try:
            return Holder(**json.loads(self._path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):  # being written right now, or torn by a crash
            return _UNKNOWN

    def _is_alive(self, holder: Holder) -> bool:
        if not holder.is_here:
            return self._seconds_since_beat() < STALE_SECONDS
        try:
            process = psutil.Process(holder.pid)
            started, status = process.create_time(), process.status()
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:  # a process of somebody else
            return self._seconds_since_beat() < STALE_SECONDS
        if status == psutil.STATUS_ZOMBIE:
            return False
        same = abs(started - holder.started) < START_TOLERANCE
        return same or self._seconds_since_beat() < STALE_SECONDS

    def _seconds_since_beat(self) -> float:
        """Return the age of the last beat by the clock of the file system.

        Clocks of two machines differ; a file that is touched now tells that of the
        disk they share.
        """
        probe = self._path.with_name(f".{uuid.uuid4().hex}.tmp")
        now = time.time()
        try:
            with contextlib.suppress(OSError):  # a project that can only be read
                probe.touch()
                now = probe.stat().st_mtime
                probe.unlink()
            return now - self._path.stat().st_mtime
        except FileNotFoundError:
            return float("inf")
