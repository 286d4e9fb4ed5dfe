"""A checksum over a whole zip archive, kept in the archive's comment.

The checksums of zip cover the content of the entries, not their names and places, so
that a flipped bit there could hand out the tensor of another name. The comment stands
at the very end of the file, where every reader of zip archives, torch's too, passes
over it.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PREFIX = b"blake2b:"
_COMMENT = len(_PREFIX) + 64
#: length of the comment's length field, the last one of an archive without comment
_LENGTH_FIELD = 2
_BLOCK = 2**20


def seal(path: Path) -> None:
    """Write the checksum of the archive `path`, which has no comment, into it."""
    with path.open("rb+") as file:
        file.seek(-_LENGTH_FIELD, 2)
        covered = file.tell()
        if file.read() != bytes(_LENGTH_FIELD):
            raise ValueError(f"{path} is no zip archive without comment")
        digest = _digest(path, covered)
        file.seek(covered)
        file.write(_COMMENT.to_bytes(_LENGTH_FIELD, "little") + _PREFIX + digest)


def damage(path: Path) -> str | None:
    """Return what is wrong with the archive `path`, `None` if nothing is.

    Archives without a checksum of ours are checked entry by entry.
    """
    try:
        covered = path.stat().st_size - _COMMENT - _LENGTH_FIELD
        with path.open("rb") as file:
            file.seek(max(0, covered))
            end = file.read()
        if end[_LENGTH_FIELD:].startswith(_PREFIX):
            intact = end[_LENGTH_FIELD:] == _PREFIX + _digest(path, covered)
            return None if intact else "its checksum is another one"
        if not end.endswith(bytes(_LENGTH_FIELD)):
            return "its end is missing"
        with zipfile.ZipFile(path) as archive:
            return archive.testzip()
    except _NOT_READABLE as error:
        return str(error) or type(error).__name__


#: what reading a zip archive with flipped bits may raise
_NOT_READABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


def _digest(path: Path, covered: int) -> bytes:
    """Return the checksum, in hexadecimal, of the first `covered` bytes of `path`."""
    digest = hashlib.blake2b(digest_size=32)
    with path.open("rb") as file:
        while covered > 0:
            block = file.read(min(_BLOCK, covered))
            if not block:
                break
            digest.update(block)
            covered -= len(block)
    return digest.hexdigest().encode()
