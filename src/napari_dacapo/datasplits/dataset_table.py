"""Dataset tables: CSV files with one dataset per line."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dacapo.errors import ConfigError, DataError, DataNotFoundError

from .keys import DatasetSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COLUMNS = ("train|val", "raw_container", "raw_dataset", "gt_container", "gt_dataset")
#: what spreadsheets put between columns, depending on the country
DELIMITERS = (",", ";", "\t")


def read_dataset_table(path: Path) -> list[DatasetSpec]:
    """Return the datasets of a CSV file with the columns `COLUMNS`.

    Columns stand between commas, semicolons or tabs; the file needs no header. Empty
    lines and lines that begin with ``#`` are passed over. Relative paths count from the
    current folder or, if there is no such container, from that of the file; they may be
    written with the backslashes of Windows.

    Raises
    ------
    DataNotFoundError
        If the file does not exist.
    ConfigError
        If the file is no text or a line is wrong; the text names the line.
    """
    if not path.is_file():
        raise DataNotFoundError(f"there is no dataset table {path}; check the path")
    text = _text(path)
    rows = max(
        (list(_rows(text, delimiter, path)) for delimiter in DELIMITERS), key=_fit
    )
    specs = [_spec(cells, f"{path}, line {number}", path) for number, cells in rows]
    if not specs:
        raise ConfigError(f"{path}: the table holds no dataset; add a line")
    return specs


def _text(path: Path) -> str:
    content = path.read_bytes()
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))  # "Unicode text" of Excel
    try:
        return content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: not a text file in UTF-8 ({error.reason} at byte {error.start}); "
            "save the table as 'CSV UTF-8'"
        ) from error


def _rows(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of the lines that describe a dataset."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    try:
        for cells in reader:
            values = [cell.strip() for cell in cells]
            while values and not values[-1]:
                values.pop()
            is_header = tuple(values[1:]) == COLUMNS[1:]
            if values and not values[0].startswith("#") and not is_header:
                yield reader.line_num, values
    except csv.Error as error:
        raise ConfigError(f"{path}, line {reader.line_num}: {error}") from error


def _fit(rows: list[tuple[int, list[str]]]) -> tuple[bool, int]:
    """Return how well the first line fits, for comparison."""
    columns = len(rows[0][1]) if rows else 0
    return columns == len(COLUMNS), columns


def _spec(values: list[str], where: str, path: Path) -> DatasetSpec:
    if len(values) != len(COLUMNS):
        raise ConfigError(
            f"{where}: {len(values)} columns, but {len(COLUMNS)} are needed: "
            f"{', '.join(COLUMNS)}"
        )
    empty = [name for name, cell in zip(COLUMNS, values, strict=True) if not cell]
    if empty:
        raise ConfigError(f"{where}: {empty[0]} is empty; fill it in")
    kind, raw_container, raw_dataset, gt_container, gt_dataset = values
    try:
        return DatasetSpec(
            kind,
            _found(raw_container, path),
            raw_dataset,
            _found(gt_container, path),
            gt_dataset,
        )
    except ConfigError as error:
        raise type(error)(f"{where}: {error}") from None


def _found(container: str, table: Path) -> str:
    """Return the first of the places meant that exists, else `container` itself."""
    for text in (container, container.replace("\\", "/")):
        given = Path(text).expanduser()
        for place in (given, table.parent / given):
            if place.exists():
                return str(place)
    return container


def write_dataset_table(specs: Iterable[DatasetSpec], path: Path) -> None:
    """Write `specs` as a CSV file that `read_dataset_table` reads.

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    rows = [
        (
            spec.dataset_type,
            spec.raw_container,
            spec.raw_dataset,
            spec.gt_container,
            spec.gt_dataset,
        )
        for spec in specs
    ]
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    except OSError as error:
        raise DataError(
            f"{path} cannot be written ({error.strerror}); choose another place"
        ) from error
