"""The usual dataset: raw data, ground truth, and optionally a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from napari_dacapo._config import config_field, iter_verify
from napari_dacapo.arrays import ArrayConfig
from napari_dacapo.arrays._derived import open_source
from napari_dacapo.errors import DaCapoError
from napari_dacapo.geometry import Coordinate

from .base import Dataset, DatasetConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_dacapo.arrays import Array


class RawGTDataset(Dataset):
    """Raw data with ground truth; see `Dataset` for the attributes."""

    gt: Array

    def __init__(self, dataset_config: RawGTDatasetConfig) -> None:
        self.name = dataset_config.name
        self.weight = dataset_config.weight
        self.sample_points = dataset_config.sample_points
        for part, config in dataset_config.parts().items():
            setattr(self, part, open_source(config, f"{part}_config"))


def _to_points(value: Any) -> list[Coordinate] | None:
    return None if value is None else [Coordinate(point) for point in value]


@attrs.define
class RawGTDatasetConfig(DatasetConfig):
    """Raw data and ground truth that belong together."""

    dataset_type: ClassVar[type[Dataset]] = RawGTDataset

    raw_config: ArrayConfig | None = config_field("The picture.", default=None)
    gt_config: ArrayConfig | None = config_field(
        "The ground truth: what a person drew in the picture. It may have smaller "
        "voxels than the picture and cover only a part of it.",
        default=None,
    )
    mask_config: ArrayConfig | None = config_field(
        "Where the ground truth can be trusted: 1 = use this voxel for training and "
        "scores, 0 = ignore it. Without a mask all of the ground truth is used.",
        default=None,
        advanced=True,
    )
    sample_points: list[Coordinate] | None = config_field(
        "Places around which training takes its samples; without them samples come "
        "from everywhere.",
        default=None,
        unit="nm",
        advanced=True,
        converter=_to_points,
    )

    def parts(self) -> dict[str, ArrayConfig]:
        """Return the arrays that are set, by name: ``raw``, ``gt``, ``mask``."""
        parts = {"raw": self.raw_config, "gt": self.gt_config, "mask": self.mask_config}
        return {name: config for name, config in parts.items() if config is not None}

    def verify(self) -> tuple[bool, str]:
        """Return whether raw and ground truth exist and fit together.

        Opens the metadata of the arrays, reads no voxels.
        """
        valid, reason = super().verify()
        complaint = None if not valid else next(self._complaints(), None)
        return valid and complaint is None, complaint or reason

    def _complaints(self) -> Iterator[str]:
        parts = self.parts()
        for part, meaning in (("raw", "raw data"), ("gt", "ground truth")):
            if part not in parts:
                yield f"{part}_config: {meaning} is missing; choose an array"
                return
        yield from iter_verify({f"{part}_config": c for part, c in parts.items()})
        try:
            dataset = RawGTDataset(self)
        except DaCapoError as error:  # abstract configs, or a file gone since then
            yield str(error)
            return
        yield from _misfits("gt_config", dataset.gt, "raw", dataset.raw)
        if dataset.mask is not None:
            yield from _misfits("mask_config", dataset.mask, "ground truth", dataset.gt)
            yield from _mask_misfits(dataset.mask, dataset.gt)
        if self.sample_points is not None:
            yield from _stray_points(self.sample_points, dataset.gt)


def _misfits(field: str, array: Array, what: str, other: Array) -> Iterator[str]:
    if array.dims != other.dims:
        yield (
            f"{field}: {array.dims} spatial axes, but {what} has {other.dims}; choose "
            "arrays with the same axes"
        )
        return
    if not array.roi.intersects(other.roi):
        yield (
            f"{field}: covers {array.roi} nm, which does not overlap with {what} at "
            f"{other.roi} nm; check the offsets and the units of both"
        )
    sizes = zip(array.spatial_axes, array.voxel_size, other.voxel_size, strict=True)
    for axis, a, b in sizes:
        if a % b and b % a:
            yield (
                f"{field}: voxel size {array.voxel_size} nm and that of {what}, "
                f"{other.voxel_size} nm, are no multiples of one another along {axis}; "
                "resample one of them"
            )


def _mask_misfits(mask: Array, gt: Array) -> Iterator[str]:
    if mask.voxel_size != gt.voxel_size:
        yield (
            f"mask_config: voxel size {mask.voxel_size} nm, but ground truth has "
            f"{gt.voxel_size} nm; resample the mask to it"
        )
    elif not (mask.roi.offset - gt.roi.offset).is_multiple_of(gt.voxel_size):
        yield (
            f"mask_config: offset {mask.roi.offset} nm and that of the ground truth, "
            f"{gt.roi.offset} nm, differ by a part of a voxel ({gt.voxel_size} nm); "
            "correct one of them"
        )
    if mask.num_channels not in (None, 1, gt.num_channels):
        yield (
            f"mask_config: {mask.num_channels} channels, but ground truth has "
            f"{gt.num_channels or 'none'}; a mask has one channel, or one per channel "
            "of the ground truth"
        )


def _stray_points(points: list[Coordinate], gt: Array) -> Iterator[str]:
    for index, point in enumerate(points):
        if point.dims != gt.dims or not gt.roi.contains(point):
            yield (
                f"sample_points[{index}]: {point} nm is not inside the ground truth, "
                f"which covers {gt.roi} nm; points are given in nm, not in voxels"
            )
