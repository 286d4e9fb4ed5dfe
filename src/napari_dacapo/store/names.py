"""Which names may become file names: one rule for every platform."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from napari_dacapo.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_ENDS = re.compile(r"^[\s.]+|[\s.]+$")
#: leaves room for suffixes within the 255 bytes of common file systems
MAX_BYTES = 200


def check_file_name(name: str) -> str:
    """Return `name` if it can be a file name on Linux, macOS and Windows.

    Raises
    ------
    ConfigError
        If not; the text says why and suggests another name.
    """
    complaint = _complaint(name)
    if complaint is None:
        return name
    raise ConfigError(
        f"name: {name!r} cannot be a file name: it {complaint}; how about "
        f"{safe_file_name(name)!r}?"
    )


def _complaint(name: str) -> str | None:
    if not name.strip():
        return "is empty"
    if name.encode("utf-8", "replace") != name.encode("utf-8", "surrogatepass"):
        return "contains half a character"
    if found := _FORBIDDEN.search(name):
        return f"contains {found.group()!r}"
    if name != name.strip() or name[0] == "." or name[-1] == ".":
        return "begins or ends with a space or a dot"
    if _RESERVED.fullmatch(name):
        return "is reserved by Windows"
    if len(name.encode("utf-8", "replace")) > MAX_BYTES:
        return f"is longer than {MAX_BYTES} bytes"
    return None


def safe_file_name(name: str) -> str:
    """Return a name close to `name` that passes `check_file_name`."""
    # encoding replaces lone surrogates, cutting may split the last character
    data = _ENDS.sub("", _FORBIDDEN.sub("_", name)).encode("utf-8", "replace")
    cleaned = _ENDS.sub("", data[: MAX_BYTES - 1].decode("utf-8", "ignore"))
    if not cleaned or _RESERVED.fullmatch(cleaned):
        return f"_{cleaned}"
    return cleaned


def same_file(name: str, others: Iterable[str]) -> str | None:
    """Return the one of `others` that some file system would not tell from `name`.

    macOS and Windows ignore case, macOS also how accents are composed.
    """
    key = _folded(name)
    return next((o for o in others if o != name and _folded(o) == key), None)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
