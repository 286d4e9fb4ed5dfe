"""Tasks: what a network learns and how its output becomes a scored segmentation."""

from .base import Task, TaskConfig
from .distance_task import DistanceTask, DistanceTaskConfig
from .hot_distance_task import HotDistanceTask, HotDistanceTaskConfig
from .inner_distance_task import InnerDistanceTask, InnerDistanceTaskConfig
from .pretrained_task import PretrainedTask, PretrainedTaskConfig

__all__ = [
    "DistanceTask",
    "DistanceTaskConfig",
    "HotDistanceTask",
    "HotDistanceTaskConfig",
    "InnerDistanceTask",
    "InnerDistanceTaskConfig",
    "PretrainedTask",
    "PretrainedTaskConfig",
    "Task",
    "TaskConfig",
]
