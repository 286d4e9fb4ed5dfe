"""Files of a project: configs, statistics, checkpoints and places of arrays."""

from __future__ import annotations

from .array_store import ArrayStore
from .config_store import ConfigStore
from .project import Project
from .stats_store import StatsStore, ValidationRow
from .trash import Trash
from .weights_store import WeightsStore

__all__ = [
    "ArrayStore",
    "ConfigStore",
    "Project",
    "StatsStore",
    "Trash",
    "ValidationRow",
    "WeightsStore",
]
