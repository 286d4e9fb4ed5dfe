"""Interfaces of scores and evaluators, and the book-keeping of best scores."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo._registry import Registered

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array, NumpyArray
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.datasplits.datasets import Dataset
    from napari_dacapo.stats import ValidationScores
    from napari_dacapo.tasks.post_processors import PostProcessorParameters

    from .object_errors import ObjectError

#: metadata key by which a field of a score record is known as a criterion
CRITERION = "criterion"


@attrs.frozen
class Criterion:
    """What is known about a criterion besides its value.

    Attributes
    ----------
    higher_is_better : bool
        The direction.
    bounds : (low, high)
        The range, NaN where open.
    store_best : bool
        Whether validation keeps the best result by this criterion.
    help_text : str
        One sentence for people who do not write code.
    """

    help_text: str
    higher_is_better: bool
    bounds: tuple[float, float] = (0, 1)
    store_best: bool = False


def criterion_field(criterion: Criterion) -> Any:
    """Declare a criterion as a field of a score record, NaN until it is computed."""
    metadata = {CRITERION: criterion, "help_text": criterion.help_text}
    return attrs.field(default=math.nan, metadata=metadata)


@attrs.define
class EvaluationScores(Registered):
    """Base of all score records: one attribute per criterion, NaN where undefined.

    Criteria declared with `criterion_field` need nothing else; a subclass with computed
    criteria extends `criteria` and `criterion`.
    """

    @property
    def criteria(self) -> list[str]:
        """Names of the criteria, in table order."""
        return [f.name for f in attrs.fields(type(self)) if CRITERION in f.metadata]

    @classmethod
    def criterion(cls, name: str) -> Criterion:
        """Return what is known about a criterion.

        Raises
        ------
        KeyError
            If there is no such criterion.
        """
        for field in attrs.fields(cls):
            if field.name == name and CRITERION in field.metadata:
                found: Criterion = field.metadata[CRITERION]
                return found
        raise KeyError(f"{cls.__name__} has no criterion {name!r}")

    @classmethod
    def higher_is_better(cls, criterion: str) -> bool:
        """Return the direction of `criterion`; KeyError if it is unknown."""
        return cls.criterion(criterion).higher_is_better

    @classmethod
    def bounds(cls, criterion: str) -> tuple[float, float]:
        """Return the range of `criterion` (NaN where open); KeyError if unknown."""
        return cls.criterion(criterion).bounds

    @classmethod
    def store_best(cls, criterion: str) -> bool:
        """Return whether the best by `criterion` is kept; KeyError if unknown."""
        return cls.criterion(criterion).store_best


class Evaluator(ABC):
    """Scores segmentations against ground truth and remembers the best.

    `best_scores` maps ``(dataset, parameters, criterion)`` to ``(iteration, value)``.
    """

    @abstractmethod
    def evaluate(
        self,
        output_array_identifier: LocalArrayIdentifier,
        evaluation_array: Array,
        mask: Array | None = None,
    ) -> EvaluationScores:
        """Return the scores of a stored segmentation.

        Only what both arrays (and the mask) cover is compared.

        Parameters
        ----------
        output_array_identifier : LocalArrayIdentifier
            The segmentation.
        evaluation_array : Array
            The ground truth, with voxels of the same size.
        mask : Array, optional
            1 = score this voxel, 0 = ignore it; with one channel, as many as the ground
            truth, or none.
        """

    def find_errors(
        self, output: Array, truth: Array, mask: Array | None = None
    ) -> list[ObjectError]:
        """Return where a segmentation is wrong, the largest errors first.

        Here objects are the connected regions of each class and channel.

        Parameters
        ----------
        output, truth, mask : Array
            As for `evaluate`.

        Raises
        ------
        DataError
            If the arrays do not fit together.
        """
        from .object_errors import find_object_errors

        return find_object_errors(output, truth, mask, labels_are_objects=False)

    def wrong_voxels(
        self, output: Array, truth: Array, mask: Array | None = None
    ) -> NumpyArray:
        """Return which voxels of a segmentation are wrong.

        Here those that are foreground in only one of both.

        Parameters
        ----------
        output, truth, mask : Array
            As for `evaluate`.

        Returns
        -------
        NumpyArray
            uint8, 1 = wrong, 0 = right or not scored, with the axes of `output`.

        Raises
        ------
        DataError
            If the arrays do not fit together.
        """
        from ._comparison import compare_arrays
        from ._wrong_voxels import foregrounds_differ, wrong_in

        comparison = compare_arrays(output, truth, mask)
        return wrong_in(comparison, foregrounds_differ, output.axes)

    @property
    @abstractmethod
    def score(self) -> EvaluationScores:
        """An empty score record, for the names and properties of the criteria."""

    @property
    def criteria(self) -> list[str]:
        """The criteria by which this evaluator chooses the best."""
        return self.score.criteria

    def values(self, scores: EvaluationScores) -> list[float]:
        """Return what `evaluate` returned as numbers, in the order of `score`.

        That is by position: ground truth may have other names for its channels.
        """
        return [float(getattr(scores, name)) for name in scores.criteria]

    @property
    def best_scores(self) -> dict[tuple[Any, Any, str], tuple[int, float] | None]:
        """Best iteration and value so far, by dataset, parameters and criterion."""
        if not hasattr(self, "_best_scores"):
            self._best_scores: dict[Any, tuple[int, float] | None] = {}
        return self._best_scores

    def higher_is_better(self, criterion: str) -> bool:
        """Return the direction of `criterion`."""
        return self.score.higher_is_better(criterion)

    def bounds(self, criterion: str) -> tuple[float, float]:
        """Return the range of `criterion`."""
        return self.score.bounds(criterion)

    def store_best(self, criterion: str) -> bool:
        """Return whether the best result by `criterion` is kept."""
        return self.score.store_best(criterion)

    def compare(self, score_1: float, score_2: float, criterion: str) -> bool:
        """Return whether `score_1` is strictly better than `score_2`."""
        better = self.higher_is_better(criterion)
        return score_1 > score_2 if better else score_1 < score_2

    def is_best(
        self,
        dataset: Dataset,
        parameter: PostProcessorParameters,
        criterion: str,
        score: EvaluationScores,
    ) -> bool:
        """Return whether `score` beats everything recorded for this combination.

        Raises
        ------
        KeyError
            If there is no such criterion.
        """
        if not self.store_best(criterion):
            return False
        values = dict(zip(self.score.criteria, self.values(score), strict=True))
        value = values[criterion]
        if math.isnan(value):
            return False
        best = self.best_scores.get((dataset, parameter, criterion))
        return best is None or self.compare(value, best[1], criterion)

    def set_best(self, validation_scores: ValidationScores) -> None:
        """Record the best of all stored scores, ignoring NaN."""
        for criterion in filter(self.store_best, self.score.criteria):
            for dataset in validation_scores.datasets:
                for parameters in validation_scores.parameters:
                    self.best_scores[dataset, parameters, criterion] = None
                    for iteration, value in validation_scores.series(
                        dataset, parameters, criterion
                    ):
                        self._offer((dataset, parameters, criterion), iteration, value)

    def _offer(self, key: tuple[Any, Any, str], iteration: int, value: float) -> None:
        best = self.best_scores.get(key)
        if math.isnan(value):
            return
        if best is None or self.compare(value, best[1], key[2]):
            self.best_scores[key] = (iteration, value)

    def get_overall_best(self, dataset: Dataset, criterion: str) -> float | None:
        """Return the best value over all parameters, `None` if nothing is recorded."""
        found = self._overall_best(dataset, criterion)
        return None if found is None else found[1]

    def get_overall_best_parameters(
        self, dataset: Dataset, criterion: str
    ) -> PostProcessorParameters | None:
        """Return the parameters of `get_overall_best`."""
        found = self._overall_best(dataset, criterion)
        return None if found is None else found[0]

    def _overall_best(self, dataset: Any, criterion: str) -> tuple[Any, float] | None:
        found: tuple[Any, float] | None = None
        for (name, parameters, kind), best in self.best_scores.items():
            if name != dataset or kind != criterion or best is None:
                continue
            if found is None or self.compare(best[1], found[1], criterion):
                found = (parameters, best[1])
        return found
