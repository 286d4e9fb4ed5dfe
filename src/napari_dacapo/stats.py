"""What training and validation measured, in memory: losses and scores by iteration."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.errors import DataError, MissingDependencyError
from napari_dacapo.tasks.evaluators import EvaluationScores
from napari_dacapo.tasks.post_processors import PostProcessorParameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

#: index levels of `ValidationScores.to_dataframe`
SCORE_LEVELS = ("iteration", "dataset", "parameters")


@attrs.frozen
class TrainingIterationStats:
    """Loss and duration (seconds) of one training iteration, counted from 0."""

    iteration: int
    loss: float
    time: float


@attrs.define
class TrainingStats:
    """The iterations of a run, in order and without gaps."""

    iteration_stats: list[TrainingIterationStats] = attrs.field(factory=list)

    def add_iteration_stats(self, iteration_stats: TrainingIterationStats) -> None:
        """Append an iteration.

        Raises
        ------
        DataError
            If it does not follow directly on the last one.
        """
        if self.iteration_stats:
            expected = self.trained_until
            if iteration_stats.iteration != expected:
                raise DataError(
                    f"iteration: got {iteration_stats.iteration} after iteration "
                    f"{expected - 1}; iterations must follow on one another, call "
                    "delete_after first to train a stretch again"
                )
        self.iteration_stats.append(iteration_stats)

    def delete_after(self, iteration: int) -> None:
        """Keep only iterations before `iteration`."""
        self.iteration_stats = [
            stats for stats in self.iteration_stats if stats.iteration < iteration
        ]

    @property
    def trained_until(self) -> int:
        """Number of completed iterations (0 if there are none)."""
        return self.iteration_stats[-1].iteration + 1 if self.iteration_stats else 0

    def to_dataframe(self) -> pd.DataFrame:
        """Return columns ``loss`` and ``time`` (seconds), indexed by iteration."""
        import pandas as pd

        rows = [(s.iteration, s.loss, s.time) for s in self.iteration_stats]
        table = pd.DataFrame(rows, columns=["iteration", "loss", "time"])
        types = {"iteration": int, "loss": float, "time": float}
        return table.astype(types).set_index("iteration")

    def to_xarray(self) -> Any:
        """Return the losses as a DataArray with dimension ``iterations``.

        Raises
        ------
        MissingDependencyError
            If xarray is not installed.
        """
        return _xarray().DataArray(
            [stats.loss for stats in self.iteration_stats],
            dims=["iterations"],
            coords={"iterations": [stats.iteration for stats in self.iteration_stats]},
        )


@attrs.define
class ValidationIterationScores:
    """Scores after `iteration` completed iterations.

    `scores` is nested ``[dataset][parameters][criterion]`` in the orders of the
    `ValidationScores` it belongs to; NaN where undefined.
    """

    iteration: int
    scores: list[list[list[float]]]


@attrs.define
class ValidationScores:
    """Scores by iteration, dataset, parameter set and criterion.

    Parameters
    ----------
    parameters : list of PostProcessorParameters
        The parameter sets that were tried.
    datasets : list
        The datasets, or their names.
    evaluation_scores : EvaluationScores
        Any score record of the evaluator: it names the criteria and their directions.
    scores : list of ValidationIterationScores
        One entry per validation, in the order in which they were made.
    """

    parameters: list[PostProcessorParameters]
    datasets: list[Any]
    evaluation_scores: EvaluationScores
    scores: list[ValidationIterationScores] = attrs.field(factory=list)

    @property
    def criteria(self) -> list[str]:
        """Names of the criteria, in table order."""
        return self.evaluation_scores.criteria

    @property
    def parameter_names(self) -> list[str]:
        """Names of the fields of the parameter sets."""
        return self.parameters[0].parameter_names if self.parameters else []

    @property
    def validated_until(self) -> int:
        """One more than the last validated iteration (0 if there is none)."""
        return max((s.iteration + 1 for s in self.scores), default=0)

    def add_iteration_scores(self, iteration_scores: ValidationIterationScores) -> None:
        """Append the scores of one validation.

        Raises
        ------
        DataError
            If they do not hold a value per dataset, parameter set and criterion.
        """
        self._check_shape(iteration_scores)
        self.scores.append(iteration_scores)

    def _check_shape(self, added: ValidationIterationScores) -> None:
        expected = (len(self.datasets), len(self.parameters), len(self.criteria))
        fits = len(added.scores) == expected[0] and all(
            len(dataset) == expected[1] and all(len(v) == expected[2] for v in dataset)
            for dataset in added.scores
        )
        if not fits:
            raise DataError(
                f"scores of iteration {added.iteration} do not have the shape "
                f"{expected} (datasets, parameter sets, criteria); use NaN for what "
                "could not be scored"
            )

    def delete_after(self, iteration: int) -> None:
        """Keep only validations before `iteration`."""
        self.scores = [s for s in self.scores if s.iteration < iteration]

    def compare(
        self, existing_iteration_scores: Iterable[ValidationIterationScores]
    ) -> tuple[bool, int]:
        """Return how to bring a stored table to the state of this one.

        Returns
        -------
        replace_existing : bool
            Whether the stored scores reach further and have to be replaced.
        store_from : int
            The iteration from which scores have to be stored.
        """
        stored = (s.iteration + 1 for s in existing_iteration_scores)
        stored_until = max(stored, default=0)
        if stored_until > self.validated_until:
            return True, 0
        return False, stored_until

    def subscores(
        self, iteration_scores: Iterable[ValidationIterationScores]
    ) -> ValidationScores:
        """Return a table of the same kind that holds only `iteration_scores`."""
        return attrs.evolve(self, scores=list(iteration_scores))

    def series(
        self, dataset: Any, parameters: PostProcessorParameters, criterion: str
    ) -> Iterator[tuple[int, float]]:
        """Yield ``(iteration, value)`` of one curve, NaN included.

        Raises
        ------
        KeyError
            If `dataset`, `parameters` or `criterion` is not part of the table.
        """
        d = _position(self.datasets, dataset, "dataset")
        p = _position(self.parameters, parameters, "parameters")
        c = _position(self.criteria, criterion, "criterion")
        for entry in self.scores:
            yield entry.iteration, entry.scores[d][p][c]

    def to_array(self) -> NDArray[np.float64]:
        """Return the scores, shape ``(iterations, datasets, parameters, criteria)``."""
        import numpy as np

        shape = (len(self.datasets), len(self.parameters), len(self.criteria))
        values = [entry.scores for entry in self.scores]
        return np.array(values, dtype=np.float64).reshape(len(values), *shape)

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row per iteration, dataset and parameter set.

        Index levels are `SCORE_LEVELS`, with datasets by name and parameter sets by
        `id`; there is one column per criterion, NaN where undefined.
        """
        import pandas as pd

        levels = [
            [entry.iteration for entry in self.scores],
            [_name(dataset) for dataset in self.datasets],
            [parameters.id for parameters in self.parameters],
        ]
        index = pd.MultiIndex.from_product(levels, names=SCORE_LEVELS)
        values = self.to_array().reshape(len(index), len(self.criteria))
        return pd.DataFrame(values, index=index, columns=self.criteria)

    def to_xarray(self) -> Any:
        """Return a DataArray of ``iterations, datasets, parameters, criteria``.

        Raises
        ------
        MissingDependencyError
            If xarray is not installed.
        """
        coordinates = {
            "iterations": [entry.iteration for entry in self.scores],
            "datasets": [_name(dataset) for dataset in self.datasets],
            "parameters": [parameters.id for parameters in self.parameters],
            "criteria": self.criteria,
        }
        return _xarray().DataArray(
            self.to_array(), dims=list(coordinates), coords=coordinates
        )

    def get_best(
        self, data: pd.DataFrame, dim: str
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return where the best values along one index level are, and the values.

        Each criterion is compared in its own direction; NaN never wins, and of equal
        values the first does.

        Parameters
        ----------
        data : DataFrame
            What `to_dataframe` returned, or some of its rows and columns.
        dim : {"iteration", "dataset", "parameters"}
            The index level to choose from.

        Returns
        -------
        where, best : DataFrame
            The entry of `dim` (`None` where all values are NaN) and the value, indexed
            by the other two levels, one column per criterion.

        Raises
        ------
        KeyError
            If `dim` is not an index level of `data`.
        """
        import pandas as pd

        others = [level for level in data.index.names if level != dim]
        if len(others) == len(data.index.names):
            raise KeyError(f"{dim!r} is not one of {', '.join(data.index.names)}")
        found = {
            key: self._best_of(group.droplevel(others))
            for key, group in data.groupby(level=others, sort=False)
        }
        index = pd.MultiIndex.from_tuples(found, names=others)
        where = [places for places, _ in found.values()]
        best = [values for _, values in found.values()]
        return (
            pd.DataFrame(where, index=index, columns=data.columns, dtype=object),
            pd.DataFrame(best, index=index, columns=data.columns, dtype=float),
        )

    def _best_of(self, group: pd.DataFrame) -> tuple[list[Any], list[float]]:
        where: list[Any] = []
        best: list[float] = []
        for criterion in group.columns:
            values = group[criterion].dropna()
            higher = self.evaluation_scores.higher_is_better(criterion)
            if values.empty:
                where.append(None)
                best.append(math.nan)
            else:
                where.append(values.idxmax() if higher else values.idxmin())
                best.append(float(values.max() if higher else values.min()))
        return where, best


def _position(entries: Sequence[Any], wanted: Any, what: str) -> int:
    try:
        return entries.index(wanted)
    except ValueError:
        known = ", ".join(str(entry) for entry in entries)
        raise KeyError(f"{what} {wanted!s} is not in the table: {known}") from None


def _name(dataset: Any) -> str:
    return str(getattr(dataset, "name", dataset))


def _xarray() -> Any:
    try:
        import xarray
    except ImportError:
        raise MissingDependencyError(
            "to_xarray needs the package xarray; install it with 'pip install "
            "xarray', or use to_dataframe"
        ) from None
    return xarray
