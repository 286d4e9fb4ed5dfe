"""Replace files in one step, so that a crash leaves the old or the new one, whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


_PREFIX, _SUFFIX = ".", ".tmp"


def temporary_pattern() -> str:
    """Return the glob pattern of files that were being written."""
    return f"{_PREFIX}*{_SUFFIX}"


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its place when the block ends.

    The file is flushed to the disk before it is renamed. If the block raises, the
    temporary file is removed and `path` stays as it was. Missing folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(_SUFFIX, _PREFIX, path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _flush(temporary)
        # mkstemp makes files that only their owner can read
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _flush_folder(path.parent)


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give the place of a folder that becomes `path` when the block ends.

    If the block raises, nothing is left behind. `path` must not exist.
    """
    partial = path.with_name(f"{_PREFIX}{path.name}.{uuid.uuid4().hex[:8]}{_SUFFIX}")
    try:
        yield partial
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    _flush_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Replace the content of `path` by `data` in one step."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Replace the content of `path` by `text`, in UTF-8, in one step."""
    write_bytes(path, text.encode("utf-8"))


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    # makes the rename itself durable; Windows cannot open folders
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


_UMASK = _read_umask()


def _umask() -> int:
    # read once at import: asking for it means setting it, for all threads
    return _UMASK
