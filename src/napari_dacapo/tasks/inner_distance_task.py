"""Semantic segmentation by distances inside objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from napari_dacapo._config import config_field

from . import _config_fields as fields
from ._distance_segmentation import (
    distance_post_processor,
    iter_segmentation_complaints,
    objects_field,
    thresholds_field,
)
from .base import Task, TaskConfig
from .evaluators import BinarySegmentationEvaluator
from .losses import MSELoss
from .predictors import InnerDistancePredictor

if TYPE_CHECKING:
    from collections.abc import Iterator


class InnerDistanceTask(Task):
    """Learns the distance to the boundary inside objects and 0 outside, per class.

    All outside is alike for the network, which suits small, sparse objects.
    """

    def __init__(self, task_config: InnerDistanceTaskConfig) -> None:
        self.predictor = InnerDistancePredictor(
            task_config.channels, task_config.scale_factor
        )
        self.loss = MSELoss()
        self.post_processor = distance_post_processor(task_config)
        self.evaluator = BinarySegmentationEvaluator(
            task_config.clip_distance, task_config.tol_distance, task_config.channels
        )


@attrs.define
class InnerDistanceTaskConfig(TaskConfig):
    """Find objects by how deep inside of them a voxel lies; 0 outside.

    The ground truth has one 0/1 channel per kind of object; kinds may overlap.
    """

    task_type: ClassVar[type[Task]] = InnerDistanceTask

    channels: list[str] = config_field(fields.CHANNELS_HELP, converter=fields.to_names)
    clip_distance: float = fields.clip_distance_field()
    tol_distance: float = fields.tol_distance_field()
    scale_factor: float = fields.scale_factor_field()
    objects: str = objects_field()
    thresholds: list[float] | None = thresholds_field()  # noqa: RUF009

    def iter_complaints(self) -> Iterator[str]:
        """Yield what is wrong with the channels."""
        yield from super().iter_complaints()
        yield from fields.iter_name_complaints("channels", self.channels)
        yield from iter_segmentation_complaints(self)
