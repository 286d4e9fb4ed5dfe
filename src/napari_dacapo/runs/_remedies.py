"""Configs that mend what the data check found, where that takes no decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dacapo.arrays import (
    ArrayConfig,
    CropArrayConfig,
    IntensitiesArrayConfig,
    ResampledArrayConfig,
)
from napari_dacapo.geometry import Coordinate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo.geometry import Roi

    from ._check_parts import Part


def resampled(part: Part, up: Sequence[int], down: Sequence[int]) -> ArrayConfig:
    """Return labels or a mask with other voxel sizes; no value is made up."""
    return ResampledArrayConfig(
        f"{part.config.name}_resampled",
        part.config,
        upsample=Coordinate(up),
        downsample=Coordinate(down),
        interp_order=0,
    )


def cropped(part: Part, region: Roi) -> ArrayConfig | None:
    """Return the whole voxels of an array inside `region`, `None` if there are none."""
    array = part.array
    inside = region.snap_to_grid(array.voxel_size, "shrink", origin=array.roi.offset)
    if inside.empty:
        return None
    return CropArrayConfig(f"{part.config.name}_crop", part.config, inside)


def scaled(part: Part, low: float, high: float) -> ArrayConfig | None:
    """Return intensities brought to 0..1; `None` if a range was set, but is wrong."""
    if isinstance(part.config, IntensitiesArrayConfig) or high <= low:
        return None
    return IntensitiesArrayConfig(
        f"{part.config.name}_intensities", part.config, low, high
    )
