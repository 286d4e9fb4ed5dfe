"""The folders in which sessions keep painted labels, each locked by its owner."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import QLockFile

from .models import recovery

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LOCK = "lock"


@attrs.frozen(eq=False)
class Abandoned:
    """The folder of a session that crashed; locked, so that nobody else offers it."""

    folder: Any
    lock: QLockFile
    saved: list[Any]

    def remove(self) -> None:
        """Delete the folder."""
        self.lock.unlock()
        shutil.rmtree(self.folder, ignore_errors=True)


def find_abandoned(base: Path) -> list[Abandoned]:
    """Return the folders below `base` whose owner is gone; called in workers only.

    Folders in which nothing can be read are deleted.
    """
    found = []
    for folder in sorted(base.glob("*/")):
        lock = lock_of(folder)
        if lock.tryLock(0):
            abandoned = Abandoned(folder, lock, recovery.saved_in(folder))
            if abandoned.saved:
                found.append(abandoned)
            else:
                abandoned.remove()
    return found


def remove_all(found: Iterable[Abandoned]) -> None:
    """Delete the folders."""
    for abandoned in found:
        abandoned.remove()


def lock_of(folder: Path) -> QLockFile:
    """Return the lock of a folder, which ends with the process that holds it."""
    lock = QLockFile(str(folder / LOCK))
    lock.setStaleLockTime(0)  # however old, as long as its process lives
    return lock
