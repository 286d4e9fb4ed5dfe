"""Dataset tables: CSV files with one dataset per line."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dacapo.errors import ConfigError, DataNotFoundError

from .keys import DatasetSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS = ("train|val", "raw_container", "raw_dataset", "gt_container", "gt_dataset")


def read_dataset_table(path: Path) -> list[DatasetSpec]:
    """Return the datasets of a CSV file with the columns `COLUMNS` and no header.

    Empty lines and lines that begin with ``#`` are passed over. Relative paths count
    from the current folder or, if there is no such container, from that of the file.

    Raises
    ------
    DataNotFoundError
        If the file does not exist.
    ConfigError
        If a line is wrong; the text names the line.
    """
    if not path.is_file():
        raise DataNotFoundError(f"there is no dataset table {path}; check the path")
    specs = []
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, skipinitialspace=True)
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if any(values) and not values[0].startswith("#"):
                specs.append(_spec(values, f"{path}, line {reader.line_num}", path))
    if not specs:
        raise ConfigError(f"{path}: the table holds no dataset")
    return specs


def _spec(values: list[str], where: str, path: Path) -> DatasetSpec:
    if len(values) != len(COLUMNS):
        raise ConfigError(
            f"{where}: {len(values)} columns, but {len(COLUMNS)} are needed: "
            f"{', '.join(COLUMNS)}"
        )
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


def _found(container: str, table: Path) -> Path:
    given, beside = Path(container).expanduser(), table.parent / container
    return beside if not given.exists() and beside.exists() else given


def write_dataset_table(specs: Iterable[DatasetSpec], path: Path) -> None:
    """Write `specs` as a CSV file that `read_dataset_table` reads."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(
            (
                spec.dataset_type,
                spec.raw_container,
                spec.raw_dataset,
                spec.gt_container,
                spec.gt_dataset,
            )
            for spec in specs
        )
