"""Semantic segmentation by masks together with signed distances."""

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
from .losses import HotDistanceLoss
from .predictors import HotDistancePredictor

if TYPE_CHECKING:
    from collections.abc import Iterator


class HotDistanceTask(Task):
    """Learns a mask and a signed distance for each class at the same time.

    Predictions hold all masks, then all distances; the distances are what is
    thresholded and scored.
    """

    def __init__(self, task_config: HotDistanceTaskConfig) -> None:
        self.predictor = HotDistancePredictor(
            task_config.channels,
            task_config.scale_factor,
            task_config.mask_distances,
            task_config.kernel_size,
        )
        self.loss = HotDistanceLoss()
        self.post_processor = distance_post_processor(
            task_config, first_channel=len(task_config.channels)
        )
        self.evaluator = BinarySegmentationEvaluator(
            task_config.clip_distance, task_config.tol_distance, task_config.channels
        )


@attrs.define
class HotDistanceTaskConfig(TaskConfig):
    """Find objects by their masks and the distance to their boundary together.

    The ground truth has one 0/1 channel per kind of object; kinds may overlap.
    """

    task_type: ClassVar[type[Task]] = HotDistanceTask

    channels: list[str] = config_field(fields.CHANNELS_HELP, converter=fields.to_names)
    clip_distance: float = fields.clip_distance_field()
    tol_distance: float = fields.tol_distance_field()
    scale_factor: float = fields.scale_factor_field()
    mask_distances: bool = fields.mask_distances_field(default=False)
    kernel_size: int = fields.kernel_size_field()
    objects: str = objects_field()
    thresholds: list[float] | None = thresholds_field()  # noqa: RUF009

    def iter_complaints(self) -> Iterator[str]:
        """Yield what is wrong with the channels and the kernel."""
        yield from super().iter_complaints()
        yield from fields.iter_name_complaints("channels", self.channels)
        yield from fields.iter_kernel_complaints("kernel_size", self.kernel_size)
        yield from iter_segmentation_complaints(self)
