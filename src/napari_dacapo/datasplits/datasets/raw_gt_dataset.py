"""The usual dataset: raw data, ground truth, and optionally a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from napari_dacapo._config import config_field, iter_verify
from napari_dacapo.arrays import ArrayConfig
from napari_dacapo.errors import DaCapoError
from napari_dacapo.geometry import Coordinate

from .base import Dataset, DatasetConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_dacapo.arrays import Array


class RawGTDataset(Dataset):
    """Raw data with ground truth; see `Dataset` for the attributes."""

    def __init__(self, dataset_config: RawGTDatasetConfig) -> None:
        self.name = dataset_config.name
        self.weight = dataset_config.weight
        self.sample_points = dataset_config.sample_points
        for part, config in dataset_config.parts().items():
            setattr(self, part, config.create_array())


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
        arrays = {}
        for part, config in parts.items():
            try:
                arrays[part] = config.create_array()
            except DaCapoError as error:
                yield f"{part}_config: {error}"
                return
        for part in ("gt", "mask"):
            if part in arrays:
                yield from _misfits(part, arrays[part], arrays["raw"])
        if self.sample_points is not None:
            yield from _stray_points(self.sample_points, arrays["gt"])


def _misfits(part: str, array: Array, raw: Array) -> Iterator[str]:
    field = f"{part}_config"
    if array.dims != raw.dims:
        yield (
            f"{field}: {array.dims} spatial axes, but raw has {raw.dims}; choose "
            "arrays with the same axes"
        )
        return
    if not array.roi.intersects(raw.roi):
        yield (
            f"{field}: covers {array.roi} nm, which does not overlap with raw at "
            f"{raw.roi} nm; check the offsets and the units of both"
        )
    for axis, a, b in zip(
        raw.spatial_axes, array.voxel_size, raw.voxel_size, strict=True
    ):
        if a % b and b % a:
            yield (
                f"{field}: voxel size {array.voxel_size} nm and that of raw, "
                f"{raw.voxel_size} nm, are no multiples of one another along {axis}; "
                "resample one of them"
            )


def _stray_points(points: list[Coordinate], gt: Array) -> Iterator[str]:
    for index, point in enumerate(points):
        if point.dims != gt.dims or not gt.roi.contains(point):
            yield (
                f"sample_points[{index}]: {point} nm is not inside the ground truth, "
                f"which covers {gt.roi} nm; points are given in nm, not in voxels"
            )
