"""Tasks: what a network learns and how its output becomes a scored segmentation."""

from .affinities_task import AffinitiesTask, AffinitiesTaskConfig
from .base import Task, TaskConfig
from .distance_task import DistanceTask, DistanceTaskConfig
from .dummy_task import DummyTask, DummyTaskConfig
from .hot_distance_task import HotDistanceTask, HotDistanceTaskConfig
from .inner_distance_task import InnerDistanceTask, InnerDistanceTaskConfig
from .one_hot_task import OneHotTask, OneHotTaskConfig
from .pretrained_task import PretrainedTask, PretrainedTaskConfig

__all__ = [
    "AffinitiesTask",
    "AffinitiesTaskConfig",
    "DistanceTask",
    "DistanceTaskConfig",
    "DummyTask",
    "DummyTaskConfig",
    "HotDistanceTask",
    "HotDistanceTaskConfig",
    "InnerDistanceTask",
    "InnerDistanceTaskConfig",
    "OneHotTask",
    "OneHotTaskConfig",
    "PretrainedTask",
    "PretrainedTaskConfig",
    "Task",
    "TaskConfig",
]
