"""How predicted distances become a segmentation: the choices of the distance tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from napari_dacapo._config import config_field

from . import _config_fields as fields
from .post_processors import (
    ConnectedComponentsPostProcessor,
    SeededWatershedPostProcessor,
    ThresholdPostProcessor,
)
from .post_processors.seeded_watershed_post_processor import DEFAULT_SEED_THRESHOLDS
from .post_processors.threshold_post_processor import DEFAULT_THRESHOLDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .post_processors import PostProcessor

MASK, REGIONS, WATERSHED = "mask", "regions", "watershed"
#: the scale of thresholds ends here
MAXIMUM_THRESHOLD = 255
#: seeds are parts of objects, which begin in the middle of the scale
OBJECT_THRESHOLD = 127


class DistanceConfig(Protocol):
    """What the configs of distance tasks have in common."""

    channels: list[str]
    objects: str
    thresholds: list[float] | None


def objects_field() -> Any:
    """Declare whether objects of a class are told apart, and how."""
    return config_field(
        "What the segmentation tells: mask marks the voxels of each kind; regions also "
        "numbers connected objects; watershed also parts objects that touch. "
        "The last two need a single channel.",
        default=MASK,
        choices=(MASK, REGIONS, WATERSHED),
        advanced=True,
        group="Segmentation",
    )


def thresholds_field() -> Any:
    """Declare the thresholds that validation tries."""
    return config_field(
        "The thresholds that every validation tries, from 0 to 255; 127 is the "
        "boundary of objects. With watershed, where the seeds of objects begin, above "
        "127. Empty: three that suit most data.",
        default=None,
        converter=fields.to_optional_numbers,
        advanced=True,
        group="Segmentation",
    )


def distance_post_processor(
    config: DistanceConfig, first_channel: int = 0
) -> PostProcessor:
    """Return what segments predictions whose distances begin at `first_channel`."""
    thresholds = config.thresholds or DEFAULT_THRESHOLDS
    if config.objects == REGIONS:
        return ConnectedComponentsPostProcessor(thresholds, channel=first_channel)
    if config.objects == WATERSHED:
        seed_thresholds = config.thresholds or DEFAULT_SEED_THRESHOLDS
        return SeededWatershedPostProcessor(seed_thresholds, channel=first_channel)
    return ThresholdPostProcessor(thresholds, channels=slice(first_channel, None))


def iter_segmentation_complaints(config: DistanceConfig) -> Iterator[str]:
    """Yield what is wrong with the choices about the segmentation."""
    if config.objects != MASK and len(config.channels) > 1:
        yield (
            f"objects: {config.objects!r} tells objects of one kind apart, but there "
            f"are {len(config.channels)} channels; use 'mask', or one task per kind"
        )
    lowest = OBJECT_THRESHOLD if config.objects == WATERSHED else 0
    if config.thresholds is not None:
        yield from fields.iter_sweep_complaints(
            "thresholds", config.thresholds, lowest, MAXIMUM_THRESHOLD
        )
