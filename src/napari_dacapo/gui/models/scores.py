"""Validation scores as a table: rows, best values, curves, nearest parameters."""

from __future__ import annotations

import csv
import math
from numbers import Real
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.tasks.evaluators.reading_order import most_readable_first
from napari_dacapo.tasks.post_processors import PostProcessorParameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from napari_dacapo.events import ScoresComputed
    from napari_dacapo.tasks.evaluators.base import Criterion


@attrs.frozen
class ScoreRow:
    """The scores of one post-processing result.

    Attributes
    ----------
    scores : dict of str to float
        By criterion.
    run : str
        Name of the run, empty where only one run is spoken of.
    """

    iteration: int
    dataset: str
    parameters: PostProcessorParameters
    scores: dict[str, float] = attrs.field(hash=False)
    run: str = ""

    @classmethod
    def from_event(cls, event: ScoresComputed) -> ScoreRow:
        """Return the row that `event` tells of."""
        return cls(event.iteration, event.dataset, event.parameters, event.scores)

    def value(self, criterion: str) -> float:
        """Return the score by `criterion`, NaN if there is none."""
        return self.scores.get(criterion, math.nan)

    @property
    def key(self) -> tuple[int, str, PostProcessorParameters]:
        """What tells this row from the others of its run."""
        return self.iteration, self.dataset, self.parameters

    @property
    def identity(self) -> tuple[str, int, str, PostProcessorParameters]:
        """What tells this row from all others."""
        return self.run, *self.key


class ScoreTable:
    """All scores of a run, or of several.

    Parameters
    ----------
    criteria : mapping of str to Criterion
        The criteria in table order.
    rows : iterable of ScoreRow
        The scores; of two rows for the same result the later one counts.
    """

    def __init__(
        self, criteria: Mapping[str, Criterion], rows: Iterable[ScoreRow] = ()
    ) -> None:
        self.criteria = dict(criteria)
        self._rows = {row.identity: row for row in rows}

    @property
    def rows(self) -> list[ScoreRow]:
        """All rows, in the order in which the results were first scored."""
        return list(self._rows.values())

    def add(self, rows: Iterable[ScoreRow]) -> None:
        """Add rows or replace those of the same results."""
        self._rows.update((row.identity, row) for row in rows)

    @property
    def datasets(self) -> list[str]:
        """Names of the datasets, in the order of their first score."""
        return list(dict.fromkeys(row.dataset for row in self._rows.values()))

    @property
    def main_criteria(self) -> list[str]:
        """The criteria by which the best weights are kept; all if there are none.

        First comes the one that people read: of each class Dice or else F1, of objects
        the variation of information or else their F1 score.
        """
        kept = [name for name, known in self.criteria.items() if known.store_best]
        return most_readable_first(kept or list(self.criteria))

    def is_better(self, criterion: str, a: float, b: float) -> bool:
        """Return whether `a` is strictly better than `b`; NaN is never better."""
        if math.isnan(a) or math.isnan(b):
            return math.isnan(b) and not math.isnan(a)
        return a > b if self.criteria[criterion].higher_is_better else a < b

    def best_row(
        self, criterion: str, rows: Iterable[ScoreRow] | None = None
    ) -> ScoreRow | None:
        """Return the row that is best by `criterion`, the first of equal ones.

        Parameters
        ----------
        criterion : str
            The criterion, compared in its own direction.
        rows : iterable of ScoreRow, optional
            The rows to choose from, by default all.
        """
        best: ScoreRow | None = None
        for row in self._rows.values() if rows is None else rows:
            reference = math.nan if best is None else best.value(criterion)
            if self.is_better(criterion, row.value(criterion), reference):
                best = row
        return best

    def best_cells(self, criteria: Iterable[str]) -> set[tuple[Any, str]]:
        """Return (row identity, criterion) of the best values, one per dataset."""
        found = set()
        criteria = list(criteria)
        for dataset in self.datasets:
            rows = [row for row in self._rows.values() if row.dataset == dataset]
            for criterion in criteria:
                best = self.best_row(criterion, rows)
                if best is not None:
                    found.add((best.identity, criterion))
        return found

    def curve(self, dataset: str, criterion: str) -> list[ScoreRow]:
        """Return, by iteration, the row of `dataset` with the best parameters."""
        by_iteration: dict[int, list[ScoreRow]] = {}
        for row in self._rows.values():
            if row.dataset == dataset:
                by_iteration.setdefault(row.iteration, []).append(row)
        validations = (rows for _, rows in sorted(by_iteration.items()))
        best = (self.best_row(criterion, rows) for rows in validations)
        return [row for row in best if row is not None]

    def sweep(self, iteration: int, dataset: str) -> list[ScoreRow]:
        """Return the rows of one validation of one dataset, one per parameter set."""
        return [
            row
            for row in self._rows.values()
            if row.iteration == iteration and row.dataset == dataset
        ]

    def nearest(
        self, iteration: int, dataset: str, parameters: PostProcessorParameters
    ) -> ScoreRow | None:
        """Return the row of a sweep whose parameters are nearest to `parameters`.

        Every numeric field counts by its range within the sweep; rows that differ in
        another field come last.
        """
        rows = self.sweep(iteration, dataset)
        ranges = _ranges(rows)

        def distance(row: ScoreRow) -> tuple[int, float]:
            return _distance(row.parameters, parameters, ranges)

        return min(rows, key=distance, default=None)

    def write_csv(self, path: Path, run: str) -> None:
        """Write all rows as CSV, one column per parameter and criterion.

        Rows that do not name their run are those of `run`.
        """
        names = _field_names(row.parameters for row in self._rows.values())
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["run", "iteration", "dataset", *names, *self.criteria])
            for row in self._rows.values():
                fields = [getattr(row.parameters, name, "") for name in names]
                values = [row.value(criterion) for criterion in self.criteria]
                name = row.run or run
                writer.writerow([name, row.iteration, row.dataset, *fields, *values])


def describe(parameters: PostProcessorParameters) -> str:
    """Return the parameters in words, without number and advanced fields."""
    shown = [
        f"{field.name} {_plain(getattr(parameters, field.name))}"
        for field in attrs.fields(type(parameters))
        if field.name != "id" and not field.metadata.get("advanced")
    ]
    return ", ".join(shown) or f"set {parameters.id}"


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def numeric_fields(parameters: Any) -> list[str]:
    """Return the names of the fields that hold numbers, without the set's number."""
    return [
        field.name
        for field in attrs.fields(type(parameters))
        if field.name != "id"
        and isinstance(getattr(parameters, field.name), Real)
        and not isinstance(getattr(parameters, field.name), bool)
    ]


def _field_names(parameter_sets: Iterable[Any]) -> list[str]:
    names = (name for p in parameter_sets for name in p.parameter_names)
    return list(dict.fromkeys(names))


def _ranges(rows: list[ScoreRow]) -> dict[str, float]:
    ranges: dict[str, float] = {}
    for name in numeric_fields(rows[0].parameters) if rows else ():
        values = [float(getattr(row.parameters, name)) for row in rows]
        ranges[name] = (max(values) - min(values)) or 1.0
    return ranges


def _distance(a: Any, b: Any, ranges: dict[str, float]) -> tuple[int, float]:
    different = sum(
        getattr(a, name) != getattr(b, name, None)
        for name in a.parameter_names
        if name != "id" and name not in ranges
    )
    squares = (
        ((float(getattr(a, name)) - float(getattr(b, name))) / width) ** 2
        for name, width in ranges.items()
    )
    return different, sum(squares)
