"""Semantic segmentation by signed distances to the object boundary."""

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
from .predictors import DistancePredictor

if TYPE_CHECKING:
    from collections.abc import Iterator


class DistanceTask(Task):
    """Learns tanh of the signed distance to the boundary, for each class on its own.

    Distances give a denser signal than affinities or masks: one wrong voxel cannot join
    two objects. A threshold (0 = the boundary) makes the segmentation.
    """

    def __init__(self, task_config: DistanceTaskConfig) -> None:
        self.predictor = DistancePredictor(
            task_config.channels,
            task_config.scale_factor,
            task_config.mask_distances,
            clipmin=task_config.clipmin,
            clipmax=task_config.clipmax,
        )
        self.loss = MSELoss()
        self.post_processor = distance_post_processor(task_config)
        self.evaluator = BinarySegmentationEvaluator(
            task_config.clip_distance, task_config.tol_distance, task_config.channels
        )


@attrs.define
class DistanceTaskConfig(TaskConfig):
    """Find objects of one or more kinds by the distance to their boundary.

    The ground truth has one 0/1 channel per kind; kinds may overlap.
    """

    task_type: ClassVar[type[Task]] = DistanceTask

    channels: list[str] = config_field(fields.CHANNELS_HELP, converter=fields.to_names)
    clip_distance: float = fields.clip_distance_field()
    tol_distance: float = fields.tol_distance_field()
    scale_factor: float = fields.scale_factor_field()
    mask_distances: bool = fields.mask_distances_field(default=True)
    clipmin: float = fields.clipmin_field()
    clipmax: float = fields.clipmax_field()
    objects: str = objects_field()
    thresholds: list[float] | None = thresholds_field()  # noqa: RUF009

    def iter_complaints(self) -> Iterator[str]:
        """Yield what is wrong with the channels and bounds."""
        yield from super().iter_complaints()
        yield from fields.iter_name_complaints("channels", self.channels)
        yield from fields.iter_clip_complaints(self, "clipmin", "clipmax")
        yield from iter_segmentation_complaints(self)
