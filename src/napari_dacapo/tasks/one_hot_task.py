"""Semantic segmentation into mutually exclusive classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from napari_dacapo._config import config_field

from . import _config_fields as fields
from .base import Task, TaskConfig
from .evaluators import OneHotEvaluator
from .losses import OneHotLoss
from .post_processors import ArgmaxPostProcessor
from .predictors import OneHotPredictor

if TYPE_CHECKING:
    from collections.abc import Iterator


class OneHotTask(Task):
    """Learns the probability of each class; the most probable one wins."""

    def __init__(self, task_config: OneHotTaskConfig) -> None:
        self.predictor = OneHotPredictor(task_config.classes, task_config.kernel_size)
        self.loss = OneHotLoss()
        self.post_processor = ArgmaxPostProcessor()
        self.evaluator = OneHotEvaluator(
            task_config.clip_distance, task_config.tol_distance, task_config.classes
        )


@attrs.define
class OneHotTaskConfig(TaskConfig):
    """Give every voxel exactly one class.

    The ground truth is a label volume: 0 for the first class, 1 for the second, and so
    on. Voxels with other labels are ignored.
    """

    task_type: ClassVar[type[Task]] = OneHotTask

    classes: list[str] = config_field(
        "Name of each class, in the order of the labels in the ground truth: the first "
        "name stands for label 0, usually background.",
        converter=fields.to_names,
    )
    clip_distance: float = fields.clip_distance_field(default=200)
    tol_distance: float = fields.tol_distance_field(default=0)
    kernel_size: int = fields.kernel_size_field()

    def iter_complaints(self) -> Iterator[str]:
        """Yield what is wrong with the classes and the kernel."""
        yield from super().iter_complaints()
        yield from fields.iter_name_complaints("classes", self.classes)
        if len(self.classes) == 1:
            yield (
                "classes: there is nothing to tell apart with one class; name at least "
                "two, such as background and mito"
            )
        yield from fields.iter_kernel_complaints("kernel_size", self.kernel_size)
