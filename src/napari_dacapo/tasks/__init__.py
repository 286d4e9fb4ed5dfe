"""Tasks: what a network learns and how its output becomes a scored segmentation."""

from .base import Task, TaskConfig
from .distance_task import DistanceTask, DistanceTaskConfig

__all__ = [
    "DistanceTask",
    "DistanceTaskConfig",
    "Task",
    "TaskConfig",
]
