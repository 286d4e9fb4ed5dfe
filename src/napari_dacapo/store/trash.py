"""Deleting that can be undone: files move to a folder from which they come back."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from napari_dacapo.errors import DataNotFoundError, DuplicateNameError

if TYPE_CHECKING:
    from pathlib import Path


class Trash:
    """What was deleted from a folder.

    Parameters
    ----------
    base : Path
        Only files below it can be discarded; the trash is its folder ``trash``, in
        which every discarded file keeps its path below a folder named by the time.
    """

    def __init__(self, base: Path) -> None:
        self._base = base
        self._folder = base / "trash"

    def discard(self, path: Path) -> Path:
        """Move the file or folder `path` to the trash; return where it is now.

        Raises
        ------
        DataNotFoundError
            If `path` does not exist.
        ValueError
            If `path` is not below the base folder.
        """
        inside = path.relative_to(self._base)
        if not path.exists():
            raise DataNotFoundError(
                f"{path} does not exist; there is nothing to delete"
            )
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        target = self._folder / now / inside
        target.parent.mkdir(parents=True)
        path.rename(target)
        return target

    def restore(self, discarded: Path) -> Path:
        """Undo `discard`, given what it returned; return where the file is again.

        Raises
        ------
        DataNotFoundError
            If `discarded` is no longer in the trash.
        DuplicateNameError
            If something else has taken its place.
        """
        if not discarded.exists():
            raise DataNotFoundError(f"{discarded} is not in the trash any more")
        inside = discarded.relative_to(self._folder)
        original = self._base.joinpath(*inside.parts[1:])
        if original.exists():
            raise DuplicateNameError(
                f"{original} exists again; rename it before restoring the deleted one"
            )
        original.parent.mkdir(parents=True, exist_ok=True)
        discarded.rename(original)
        return original

    def contents(self) -> list[Path]:
        """Return everything that `restore` can bring back, oldest first."""
        found = self._folder.glob("*/*/**/*") if self._folder.is_dir() else ()
        return sorted(path for path in found if path.is_file())

    def empty(self) -> None:
        """Delete everything in the trash for good."""
        if self._folder.is_dir():
            shutil.rmtree(self._folder)
