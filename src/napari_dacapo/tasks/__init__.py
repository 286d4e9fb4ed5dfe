"""Tasks: what a network learns and how its output becomes a scored segmentation."""

from .base import Task, TaskConfig
from .distance_task import DistanceTask, DistanceTaskConfig
from .inner_distance_task import InnerDistanceTask, InnerDistanceTaskConfig
from .pretrained_task import PretrainedTask, PretrainedTaskConfig

__all__ = [
    "DistanceTask",
    "DistanceTaskConfig",
    "InnerDistanceTask",
    "InnerDistanceTaskConfig",
    "PretrainedTask",
    "PretrainedTaskConfig",
    "Task",
    "TaskConfig",
]
