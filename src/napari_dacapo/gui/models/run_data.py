"""Reading what a project knows about its runs; called in workers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from napari_dacapo.runs import RunConfig
from napari_dacapo.store import Project

from .curves import Curve
from .scores import ScoreRow, ScoreTable

if TYPE_CHECKING:
    from pathlib import Path


@attrs.frozen(eq=False)
class RunData:
    """A stored run.

    Attributes
    ----------
    name : str
        Name of the run.
    config : RunConfig
        What it was made of.
    iterations, losses : ndarray
        The loss of every stored iteration, float64.
    scores : ScoreTable
        All validation scores.
    """

    name: str
    config: RunConfig
    iterations: NDArray[np.float64]
    losses: NDArray[np.float64]
    scores: ScoreTable

    def loss_curve(self) -> Curve:
        """Return the losses as a curve."""
        curve = Curve()
        curve.extend(self.iterations, self.losses)
        return curve


def load_run(folder: Path, name: str) -> RunData:
    """Read the config, losses and scores of the run called `name`.

    Raises
    ------
    DataNotFoundError
        If the project in `folder` has no such run.
    """
    project = Project(folder)
    config = project.configs.retrieve_run_config(name)
    stats = project.stats.retrieve_training_stats(name).iteration_stats
    points = np.array([(s.iteration, s.loss) for s in stats], dtype=np.float64)
    iterations, losses = points.reshape(-1, 2).T
    rows = (
        ScoreRow(row.iteration, row.dataset, row.parameters, row.scores)
        for row in project.stats.validation_rows(name)
    )
    scores = ScoreTable(criteria_of(config.task_config), rows)
    return RunData(name, config, iterations, losses, scores)


def list_runs(folder: Path) -> list[str]:
    """Return the names of all runs of the project in `folder`."""
    return Project(folder).run_names


def criteria_of(task_config: Any) -> dict[str, Any]:
    """Return the criteria by which results of a task are scored, by name."""
    score = task_config.create_task().evaluator.score
    return {name: score.criterion(name) for name in score.criteria}
