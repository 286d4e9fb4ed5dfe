"""Instance segmentation by affinities between neighbouring voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from napari_dacapo._config import config_field
from napari_dacapo.geometry import Coordinate

from . import _config_fields as fields
from .base import Task, TaskConfig
from .evaluators import InstanceEvaluator
from .losses import AffinitiesLoss
from .post_processors import WatershedPostProcessor
from .post_processors.watershed_post_processor import DEFAULT_BIASES
from .predictors import AffinitiesPredictor

if TYPE_CHECKING:
    from collections.abc import Iterator


class AffinitiesTask(Task):
    """Learns whether neighbouring voxels are parts of the same object.

    A mutex watershed on the affinities makes the objects. Local shape descriptors, if
    asked for, help the network but take no part in the watershed.
    """

    def __init__(self, task_config: AffinitiesTaskConfig) -> None:
        self.predictor = AffinitiesPredictor(
            task_config.neighborhood,
            task_config.lsds,
            lsds_sigma=task_config.lsds_sigma,
            affs_clip=(
                task_config.affs_weight_clipmin,
                task_config.affs_weight_clipmax,
            ),
            lsds_clip=(task_config.lsd_weight_clipmin, task_config.lsd_weight_clipmax),
            background_as_object=task_config.background_as_object,
        )
        self.loss = AffinitiesLoss(
            len(task_config.neighborhood), task_config.lsds_to_affs_weight_ratio
        )
        self.post_processor = WatershedPostProcessor(
            task_config.neighborhood,
            task_config.biases or DEFAULT_BIASES,
            min_size=task_config.min_size,
        )
        self.evaluator = InstanceEvaluator(task_config.detailed_scores)


def _to_offsets(value: Any) -> list[Coordinate]:
    return [Coordinate(offset) for offset in value]


@attrs.define
class AffinitiesTaskConfig(TaskConfig):
    """Tell apart objects that touch each other, such as neurons or cells.

    The ground truth is one label volume: 0 is background, every other number an object.
    """

    task_type: ClassVar[type[Task]] = AffinitiesTask

    neighborhood: list[Coordinate] = config_field(
        "Which neighbours every voxel is compared with. The direct ones (1 along each "
        "axis) are needed; some farther ones make long-range errors rarer. Order as "
        "the axes of the data: z, y, x or y, x.",
        unit="voxels",
        converter=_to_offsets,
    )
    lsds: bool = config_field(
        "Learn local shape descriptors as well: size, centre and direction of the "
        "object around each voxel. Better affinities for slower training.",
        default=False,
    )
    lsds_to_affs_weight_ratio: float = config_field(
        "How much the local shape descriptors count in the loss, relative to the "
        "affinities.",
        default=1,
        minimum=0,
        step=0.1,
        advanced=True,
    )
    affs_weight_clipmin: float = fields.clipmin_field(" of the affinities")
    affs_weight_clipmax: float = fields.clipmax_field(" of the affinities")
    lsd_weight_clipmin: float = fields.clipmin_field(" of the shape descriptors")
    lsd_weight_clipmax: float = fields.clipmax_field(" of the shape descriptors")
    background_as_object: bool = config_field(
        "Treat the background (label 0) as one more object, whose voxels belong "
        "together, instead of cutting every voxel of it off from all others.",
        default=False,
    )

    lsds_sigma: float | None = config_field(
        "How far around a voxel the local shape descriptors look: the standard "
        "deviation of their window. Annotations are read three times as far beyond "
        "each crop. Empty: 20 times the longest edge of a voxel, which is much for "
        "thick sections.",
        default=None,
        unit="nm",
        minimum=0,
        exclusive_minimum=True,
        advanced=True,
    )

    biases: list[float] | None = config_field(
        "How sure the network must be that voxels belong together, from 0 to 1: the "
        "values that every validation tries. Empty: five over the whole range.",
        default=None,
        converter=fields.to_optional_numbers,
        advanced=True,
        group="Segmentation",
    )
    min_size: int = config_field(
        "Objects with fewer voxels than this are dropped from every validation's "
        "segmentation; 0 keeps all.",
        default=0,
        unit="voxels",
        minimum=0,
        advanced=True,
        group="Segmentation",
    )
    detailed_scores: bool = config_field(
        "Score objects, too: how many are right (F1 score, average precision, panoptic "
        "quality) and the adapted Rand error, besides the variation of information.",
        default=False,
        group="Segmentation",
    )

    def iter_complaints(self) -> Iterator[str]:
        """Yield what is wrong with the neighborhood and the bounds."""
        yield from super().iter_complaints()
        yield from self._iter_neighborhood_complaints()
        if self.biases is not None:
            yield from fields.iter_sweep_complaints("biases", self.biases, 0, 1)
        for of in ("affs_weight", "lsd_weight"):
            yield from fields.iter_clip_complaints(
                self, f"{of}_clipmin", f"{of}_clipmax"
            )

    def _iter_neighborhood_complaints(self) -> Iterator[str]:
        offsets = self.neighborhood
        if not offsets:
            yield (
                "neighborhood: there is no offset; give at least one per axis, such as "
                "[[1, 0, 0], [0, 1, 0], [0, 0, 1]]"
            )
        for offset in offsets:
            if offset.dims not in (2, 3) or offset.dims != offsets[0].dims:
                yield (
                    f"neighborhood: {offset} has {offset.dims} components; all offsets "
                    "must have 2 (y, x) or all must have 3 (z, y, x)"
                )
            if not all(isinstance(step, int) for step in offset):
                yield f"neighborhood: {offset} is not in whole voxels"
            if not any(offset):
                yield f"neighborhood: {offset} compares voxels with themselves; drop it"
        doubled = sorted({str(o) for o in offsets if offsets.count(o) > 1})
        if doubled:
            yield f"neighborhood: {', '.join(doubled)} occurs more than once"
