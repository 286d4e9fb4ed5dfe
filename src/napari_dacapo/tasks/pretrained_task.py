"""A task whose network starts from the weights in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import attrs

from napari_dacapo._config import config_field, iter_verify

from .base import Task, TaskConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_dacapo.nn.architecture import Architecture
    from napari_dacapo.nn.model import Model


class PretrainedTask(Task):
    """Another task in every respect, except that its models start out trained."""

    def __init__(self, task_config: PretrainedTaskConfig) -> None:
        sub_task_config = task_config.sub_task_config
        self.weights = task_config.weights
        self._sub_task = sub_task_config.task_type(sub_task_config)  # type: ignore[call-arg]
        self.predictor = self._sub_task.predictor
        self.loss = self._sub_task.loss
        self.post_processor = self._sub_task.post_processor
        self.evaluator = self._sub_task.evaluator

    def create_model(self, architecture: Architecture) -> Model:
        """Return the sub-task's model with the weights of the file.

        Raises
        ------
        DataError
            If the file is no checkpoint, or its weights do not fit the model; the text
            lists what is missing and what is left over.
        """
        from napari_dacapo.nn.loading import load_weights, read_weights_file

        model = self._sub_task.create_model(architecture)
        load_weights(model, read_weights_file(self.weights)).require()
        return model


@attrs.define
class PretrainedTaskConfig(TaskConfig):
    """Go on from trained weights with a task of any kind."""

    task_type: ClassVar[type[Task]] = PretrainedTask

    sub_task_config: TaskConfig = config_field(
        "What to train: the task whose network starts from the weights."
    )
    weights: Path = config_field(
        "Checkpoint of napari-dacapo with the trained weights, or a state dict of "
        "torch. Architecture and channels must be those it was trained with.",
        converter=Path,
        path_kind="file",
    )

    def iter_complaints(self) -> Iterator[str]:
        """Yield what is wrong with the sub-task and the file."""
        yield from super().iter_complaints()
        yield from iter_verify({"sub_task_config": self.sub_task_config})
        if not self.weights.is_file():
            yield (
                f"weights: there is no file {self.weights}; choose a checkpoint, for "
                "example in the folder checkpoints of a run"
            )
