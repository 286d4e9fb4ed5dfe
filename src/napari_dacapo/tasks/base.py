"""A task bundles target, loss, post-processing and evaluation."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, ClassVar

import attrs

from napari_dacapo._config import name_field, require_valid
from napari_dacapo._registry import Registered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from napari_dacapo.nn.architecture import Architecture
    from napari_dacapo.nn.model import Model

    from .evaluators import EvaluationScores, Evaluator
    from .losses import Loss
    from .post_processors import PostProcessor, PostProcessorParameters
    from .predictors import Predictor


class Task(ABC):
    """What a network learns and how its output becomes a scored segmentation."""

    predictor: Predictor
    loss: Loss
    post_processor: PostProcessor
    evaluator: Evaluator

    @property
    def parameters(self) -> Iterable[PostProcessorParameters]:
        """All parameter sets that validation tries."""
        return list(self.post_processor.enumerate_parameters())

    @property
    def evaluation_scores(self) -> EvaluationScores:
        """An empty score record of this task's evaluator."""
        return self.evaluator.score

    def create_model(self, architecture: Architecture) -> Model:
        """Return `architecture` with this task's prediction head on top."""
        return self.predictor.create_model(architecture)


@attrs.define
class TaskConfig(Registered):
    """Base of all task configs."""

    task_type: ClassVar[type[Task]]

    name: str = name_field("task")

    def verify(self) -> tuple[bool, str]:
        """Return whether the task is well defined, and if not why."""
        complaints = "; ".join(self.iter_complaints())
        if complaints:
            return False, complaints
        return True, f"{type(self).__name__} {self.name!r} is valid"

    def iter_complaints(self) -> Iterator[str]:
        """Yield what is wrong, each as ``<field>: <value and rule and remedy>``."""
        yield from ()

    def create_task(self) -> Task:
        """Build the task.

        Raises
        ------
        ConfigError
            If the config is invalid, with the text of `verify`.
        """
        require_valid(self)
        return self.task_type(self)  # type: ignore[call-arg]
