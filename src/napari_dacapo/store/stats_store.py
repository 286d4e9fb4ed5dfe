"""Losses and scores of runs, as CSV files that only grow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.stats import (
    TrainingIterationStats,
    TrainingStats,
    ValidationIterationScores,
    ValidationScores,
)
from napari_dacapo.tasks.post_processors import PostProcessorParameters

from .converter import from_doc, to_doc
from .csv_table import CsvTable
from .names import check_file_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_dacapo.tasks.evaluators import EvaluationScores

_TRAINING = ("iteration", "loss", "seconds")
_KEYS = ("iteration", "dataset", "parameters")


@attrs.frozen
class ValidationRow:
    """Scores of one post-processing result; `scores` maps criterion to value."""

    iteration: int
    dataset: str
    parameters: PostProcessorParameters
    scores: dict[str, float]


class StatsStore:
    """Appends, reads and cuts the statistics of runs.

    A half-written last line (after a crash) is ignored and repaired by the next write.

    Parameters
    ----------
    folder : Path
        The project folder.
    """

    def __init__(self, folder: Path) -> None:
        self._base = folder

    def append_training_stats(
        self, run_name: str, stats: Sequence[TrainingIterationStats]
    ) -> None:
        """Store `stats`; stored iterations from the first of them on are replaced."""
        if not stats:
            return
        table = self._training(run_name)
        last = table.last_row()
        if last is not None and int(last["iteration"]) >= stats[0].iteration:
            self.delete_training_after(run_name, stats[0].iteration)
        table.append([(s.iteration, float(s.loss), float(s.time)) for s in stats])

    def retrieve_training_stats(self, run_name: str) -> TrainingStats:
        """Return all stored iterations, none if the run was never trained."""
        return TrainingStats(
            [
                TrainingIterationStats(
                    int(row["iteration"]), float(row["loss"]), float(row["seconds"])
                )
                for row in self._training(run_name).rows()
            ]
        )

    def delete_training_after(self, run_name: str, iteration: int) -> None:
        """Keep only what was trained up to `iteration` completed iterations.

        Iterations count from 0, so ``iteration - 1`` is the last one that stays.
        """
        self._training(run_name).keep(lambda row: int(row["iteration"]) < iteration)

    def append_validation_scores(
        self,
        run_name: str,
        iteration: int,
        dataset: str,
        parameters: PostProcessorParameters,
        scores: dict[str, float],
    ) -> None:
        """Store the scores of one post-processing result.

        If the same result was scored before, the new scores count.
        """
        row = ValidationRow(iteration, dataset, parameters, scores)
        self.append_validation_rows(run_name, [row])

    def append_validation_rows(
        self, run_name: str, rows: Sequence[ValidationRow]
    ) -> None:
        """Store the scores of several results in one go: all of them or none."""
        table = self._validation(run_name)
        table.add_columns({name: None for row in rows for name in row.scores})
        cells = [_cells(row) for row in rows]
        table.append([[row.get(c, "") for c in table.columns] for row in cells])

    def validation_rows(self, run_name: str) -> list[ValidationRow]:
        """Return all stored scores, in the order in which results were first scored."""
        known: dict[str, Any] = {}
        found = {}
        for row in self._validation(run_name).rows():
            iteration, dataset, text = (row.pop(key) for key in _KEYS)
            if text not in known:
                known[text] = from_doc(json.loads(text), PostProcessorParameters)
            scores = {name: float(value) for name, value in row.items() if value}
            key = (int(iteration), dataset, text)
            found[key] = ValidationRow(key[0], dataset, known[text], scores)
        return list(found.values())

    def retrieve_validation_scores(
        self,
        run_name: str,
        parameters: Sequence[PostProcessorParameters],
        datasets: Sequence[Any],
        evaluation_scores: EvaluationScores,
    ) -> ValidationScores:
        """Return the stored scores as a table, NaN where there is no value.

        Parameters
        ----------
        run_name : str
            Name of the run.
        parameters, datasets, evaluation_scores
            What the table is about, as for `ValidationScores`.
        """
        table = ValidationScores(list(parameters), list(datasets), evaluation_scores)
        names = [str(getattr(dataset, "name", dataset)) for dataset in datasets]
        values = {
            (row.iteration, row.dataset, row.parameters): row.scores
            for row in self.validation_rows(run_name)
        }
        for iteration in sorted({key[0] for key in values}):
            found = [
                [
                    _in_order(values.get((iteration, name, p), {}), table.criteria)
                    for p in parameters
                ]
                for name in names
            ]
            table.add_iteration_scores(ValidationIterationScores(iteration, found))
        return table

    def validated_until(self, run_name: str) -> int:
        """Return one more than the last validated iteration, 0 if there is none."""
        rows = self._validation(run_name).rows()
        return max((int(row["iteration"]) + 1 for row in rows), default=0)

    def delete_validation_after(self, run_name: str, iteration: int) -> None:
        """Keep only scores of up to `iteration` completed iterations, inclusive."""
        self._validation(run_name).keep(lambda row: int(row["iteration"]) <= iteration)

    def _training(self, run_name: str) -> CsvTable:
        return CsvTable(self._run(run_name) / "training.csv", _TRAINING)

    def _validation(self, run_name: str) -> CsvTable:
        return CsvTable(self._run(run_name) / "validation.csv", _KEYS)

    def _run(self, run_name: str) -> Path:
        return self._base / "runs" / check_file_name(run_name)


def _cells(row: ValidationRow) -> dict[str, Any]:
    return {
        "iteration": row.iteration,
        "dataset": row.dataset,
        "parameters": json.dumps(to_doc(row.parameters)),
        **{criterion: float(value) for criterion, value in row.scores.items()},
    }


def _in_order(scores: dict[str, float], criteria: Sequence[str]) -> list[float]:
    return [scores.get(criterion, float("nan")) for criterion in criteria]
