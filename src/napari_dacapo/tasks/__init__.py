"""Tasks: what a network learns and how its output becomes a scored segmentation."""

from .base import Task, TaskConfig

__all__ = ["Task", "TaskConfig"]
