"""A CSV file that grows by whole lines and survives being cut off in one."""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING, Any

from .atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

#: how much of the end of a file is read to find its last row, in bytes
_TAIL = 1 << 16


class CsvTable:
    """Rows of texts under named columns.

    No cell may hold a line break, so that every line is a row and a line without an
    end is one that was not finished.

    Parameters
    ----------
    path : Path
        The file; it is made with the first row.
    columns : sequence of str
        Names of the first columns; a file that exists may have more.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._path = path
        self.columns = self._stored_columns() or list(columns)

    def rows(self) -> Iterator[dict[str, str]]:
        """Yield all complete rows, in order."""
        _, *lines = self._complete_lines() or [""]
        yield from (row for line in lines if (row := self._parse(line)) is not None)

    def last_row(self) -> dict[str, str] | None:
        """Return the last complete row without reading the whole file."""
        if not self._path.exists():
            return None
        with self._path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            # the first line is the header or may be incomplete
            lines = file.read().decode("utf-8", "replace").split("\n")[1:-1]
        found = map(self._parse, reversed(lines))
        return next((row for row in found if row is not None), None)

    def append(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add `rows`, values in the order of the columns, and flush them to disk."""
        if not self._stored_columns():
            self._write([self.columns, *rows])
            return
        self._repair()
        with self._path.open("ab") as file:
            file.write(_format(rows).encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())

    def keep(self, wanted: Callable[[dict[str, str]], bool]) -> None:
        """Drop all rows but those for which `wanted` returns true."""
        rows = list(self.rows())
        kept = [row for row in rows if wanted(row)]
        if len(kept) < len(rows):
            self._write([self.columns, *(list(row.values()) for row in kept)])

    def add_columns(self, names: Iterable[str]) -> None:
        """Add the columns of `names` that do not exist; older rows are empty there."""
        new = [name for name in names if name not in self.columns]
        if not new:
            return
        rows = list(self.rows())
        self.columns = [*self.columns, *new]
        if rows:
            empty = [""] * len(new)
            self._write([self.columns, *([*row.values(), *empty] for row in rows)])

    def _stored_columns(self) -> list[str]:
        lines = self._complete_lines(1)
        return next(csv.reader(lines)) if lines else []

    def _complete_lines(self, limit: int | None = None) -> list[str]:
        if not self._path.exists():
            return []
        with self._path.open(encoding="utf-8", errors="replace", newline="") as file:
            lines = file.readlines() if limit is None else [file.readline()]
        return [line.rstrip("\r\n") for line in lines if line.endswith("\n")]

    def _parse(self, line: str) -> dict[str, str] | None:
        cells = next(csv.reader([line]), []) if '"' in line else line.split(",")
        # a power failure can leave zeros or half a row in front of a good end
        if "\0" in line or len(cells) != len(self.columns):
            return None
        return dict(zip(self.columns, cells, strict=True))

    def _repair(self) -> None:
        with self._path.open("rb+") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            tail = file.read()
            if tail.endswith(b"\n"):
                return
            file.truncate(size - len(tail) + tail.rfind(b"\n") + 1)

    def _write(self, rows: Iterable[Sequence[Any]]) -> None:
        write_text(self._path, _format(rows))


def _format(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        if any(isinstance(cell, str) and len(cell.splitlines()) > 1 for cell in row):
            raise ValueError(f"a table cannot hold texts of several lines: {row!r}")
        writer.writerow(row)
    return text.getvalue()
