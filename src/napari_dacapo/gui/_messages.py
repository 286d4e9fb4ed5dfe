"""Texts for users: what went wrong and what to do about it."""

from __future__ import annotations

import errno

from napari_dacapo.errors import DaCapoError

_OUT_OF_MEMORY = (
    "The memory of the {place} is full. Use a smaller batch size or a smaller input "
    "shape, or close other programs; then continue the run, nothing stored is lost."
)
_DISK_FULL = (
    "The disk is full ({path}). Free some space, then continue the run from its last "
    "checkpoint."
)
_UNEXPECTED = (
    "{kind}: {text}\nThis should not happen; the log holds the details. Everything "
    "stored so far is kept."
)


def explain(error: BaseException) -> str:
    """Return what to tell the user about `error`.

    Errors raised on purpose carry their text; memory and disk problems get advice; the
    rest is named with its type.
    """
    if isinstance(error, DaCapoError):
        return str(error)
    if _is_out_of_memory(error):
        on_gpu = "cuda" in str(error).lower() or "mps" in str(error).lower()
        return _OUT_OF_MEMORY.format(place="graphics card" if on_gpu else "computer")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _DISK_FULL.format(path=error.filename or "the project folder")
    text = str(error).strip() or "no further information"
    return _UNEXPECTED.format(kind=type(error).__name__, text=text)


def _is_out_of_memory(error: BaseException) -> bool:
    # torch has its own class on a GPU and a bare RuntimeError on a CPU
    text = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "out of memory" in text
        or "can't allocate memory" in text
    )
