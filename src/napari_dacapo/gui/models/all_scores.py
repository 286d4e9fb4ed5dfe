"""The scores of all runs of a project as one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from napari_dacapo.errors import DaCapoError
from napari_dacapo.store import Project

from .run_data import criteria_of
from .scores import ScoreRow, ScoreTable

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen(eq=False)
class AllScores:
    """The stored scores of a project.

    Attributes
    ----------
    folder : Path
        The project.
    tables : dict of str to ScoreTable
        By the name of the run; every row names its run.
    unreadable : tuple of str
        Runs whose files are damaged.
    """

    folder: Path
    tables: dict[str, ScoreTable]
    unreadable: tuple[str, ...] = ()

    def with_run(self, name: str, scores: ScoreTable | None) -> ScoreTable:
        """Return one table of all runs; `scores` are newer ones of the run `name`."""
        tables = dict(self.tables)
        if name and scores is not None:
            tables[name] = naming_run(scores, name)
        return _joined(tables)


def load_all_scores(folder: Path) -> AllScores:
    """Read the scores of all runs of the project; called in workers only."""
    project = Project(folder)
    tables, unreadable = {}, []
    for name in project.run_names:
        try:
            tables[name] = _load(project, name)
        except DaCapoError:
            unreadable.append(name)
    return AllScores(folder, tables, tuple(unreadable))


def naming_run(scores: ScoreTable, name: str) -> ScoreTable:
    """Return the same scores, every row of which names its run."""
    rows = (attrs.evolve(row, run=name) for row in scores.rows)
    return ScoreTable(scores.criteria, rows)


def _load(project: Project, name: str) -> ScoreTable:
    task_config = project.configs.retrieve_run_config(name).task_config
    rows = (
        ScoreRow(row.iteration, row.dataset, row.parameters, row.scores, name)
        for row in project.stats.validation_rows(name)
    )
    return ScoreTable(criteria_of(task_config), rows)


def _joined(tables: Mapping[str, ScoreTable]) -> ScoreTable:
    criteria = {}
    for table in tables.values():
        criteria.update(table.criteria)
    return ScoreTable(
        criteria, (row for table in tables.values() for row in table.rows)
    )
