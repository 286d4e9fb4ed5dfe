"""A task for tests: it can be built and trained but is never valid."""

from __future__ import annotations

from typing import ClassVar

import attrs

from napari_dacapo._config import config_field

from .base import Task, TaskConfig
from .evaluators import DummyEvaluator
from .losses import DummyLoss
from .post_processors import DummyPostProcessor
from .predictors import DummyPredictor


class DummyTask(Task):
    """Dummy parts wired together."""

    def __init__(self, task_config: DummyTaskConfig) -> None:
        self.predictor = DummyPredictor(task_config.embedding_dims)
        self.loss = DummyLoss()
        self.post_processor = DummyPostProcessor(task_config.detection_threshold)
        self.evaluator = DummyEvaluator()


@attrs.define
class DummyTaskConfig(TaskConfig):
    """For tests of the program only."""

    task_type: ClassVar[type[Task]] = DummyTask

    embedding_dims: int = config_field("Number of channels to predict.", minimum=1)
    detection_threshold: float = config_field("Has no effect.")

    def verify(self) -> tuple[bool, str]:
        """Return that this is not a task to train seriously."""
        return False, f"{type(self).__name__} {self.name!r} is never valid"
