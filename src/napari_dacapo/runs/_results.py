"""How good a run was at each of its regular validations, as single numbers."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_dacapo.store import Project
    from napari_dacapo.store.stats_store import ValidationRow
    from napari_dacapo.tasks.evaluators import Evaluator

    from .run import Run

#: criteria that tell how good a result is as a whole, the first known one counts
WATCHED = ("f1_score", "voi")


def results_of(run: Run, project: Project) -> list[float]:
    """Return one number per validation interval that was completed, lower is better.

    The mean, over datasets and channels, of the best `WATCHED` score that any
    parameters of the post-processor reached; without validation data, the mean loss of
    the interval. Validations beside the regular ones do not count, so that looking at
    a run does not change it.
    """
    if run.datasplit.validate:
        return _scores(run, project)
    losses = defaultdict(list)
    for stats in project.stats.retrieve_training_stats(run.name).iteration_stats:
        losses[stats.iteration // run.validation_interval].append(stats.loss)
    complete = [v for v in losses.values() if len(v) == run.validation_interval]
    return [sum(values) / len(values) for values in complete]


def _scores(run: Run, project: Project) -> list[float]:
    evaluator = run.task.evaluator
    criteria = watched_criteria(evaluator)
    rows = defaultdict(list)
    for row in project.stats.validation_rows(run.name):
        if row.iteration % run.validation_interval == 0:
            rows[row.iteration].append(row)
    return [_mean_best(rows[i], criteria, evaluator) for i in sorted(rows)]


def watched_criteria(evaluator: Evaluator) -> list[str]:
    """Return the criteria, one per channel, that decide whether a run gets better."""
    for wanted in WATCHED:
        found = [c for c in evaluator.criteria if c.rpartition("__")[2] == wanted]
        if found:
            return found
    return [c for c in evaluator.criteria if evaluator.store_best(c)]


def _mean_best(
    rows: Iterable[ValidationRow], criteria: Sequence[str], evaluator: Evaluator
) -> float:
    values = defaultdict(list)
    for row in rows:
        for criterion in criteria:
            value = row.scores.get(criterion, math.nan)
            sign = -1 if evaluator.higher_is_better(criterion) else 1
            values[row.dataset, criterion].append(sign * value)
    best = [
        min((v for v in found if not math.isnan(v)), default=math.nan)
        for found in values.values()
    ]
    return sum(best) / len(best) if best else math.nan


def has_stalled(results: Sequence[float], patience: int | None) -> bool:
    """Whether the last `patience` results were not better than all before."""
    if patience is None or len(results) <= patience:
        return False
    defined = [math.inf if math.isnan(result) else result for result in results]
    return min(defined[-patience:]) >= min(defined[:-patience])
