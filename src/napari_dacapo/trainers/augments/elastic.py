"""Random rotation and elastic deformation of raw and labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi, world_to_voxels

from ._deformation import Deformation, Resampling
from ._fields import probability_field, range_field
from ._random import chance, uniform
from .base import Augment, AugmentConfig, Sample, SampleRequest, Transform

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy.typing import NDArray


class ElasticAugment(Augment):
    """Deforms smoothly and rotates about the middle of the crop, in world units.

    Raw is interpolated linearly; labels and mask take the nearest voxel, unchanged.
    More is loaded than asked for, so that nothing is missing at the border.
    """

    def __init__(self, config: ElasticAugmentConfig) -> None:
        self._config = config

    def plan(
        self, request: SampleRequest, generator: torch.Generator
    ) -> tuple[SampleRequest, Transform]:
        self._config.require_axes(request.raw_roi.dims)
        deformation = self._draw(request, generator)
        if deformation is None:
            return request, _unchanged
        raw, gt = _resamplings(deformation, request)

        def transform(sample: Sample) -> Sample:
            return Sample(raw.linear(sample.raw), *gt.nearest(sample.gt, sample.mask))

        return attrs.evolve(request, raw_roi=raw.roi, gt_roi=gt.roi), transform

    def _draw(
        self, request: SampleRequest, generator: torch.Generator
    ) -> Deformation | None:
        """Return a random deformation, or `None` if nothing is to be changed."""
        import torch

        config, roi = self._config, request.raw_roi.union(request.gt_roi)
        if not chance(generator, config.augmentation_probability):
            return None
        voxel_size = Coordinate(map(min, request.raw_voxel_size, request.gt_voxel_size))
        roi = roi.snap_to_grid(voxel_size)
        sigma = torch.tensor(config.control_point_displacement_sigma)
        shape = (roi.shape / voxel_size).as_floats()
        spacing = config.control_point_spacing
        controls = [max(1, round(n / s)) for n, s in zip(shape, spacing, strict=True)]
        shifts = torch.randn((roi.dims, *controls), generator=generator)
        shifts *= sigma.view(-1, *[1] * roi.dims)
        rotation = self._draw_rotation(roi.dims, generator)
        if not shifts.any() and np.array_equal(rotation, np.eye(roi.dims)):
            return None
        return Deformation(roi, voxel_size, shifts, rotation, config.subsample)

    def _draw_rotation(
        self, dims: int, generator: torch.Generator
    ) -> NDArray[np.float64]:
        import torch

        if self._config.uniform_3d_rotation:
            return _rotation_of(torch.randn(4, generator=generator).tolist())
        angle = uniform(generator, *self._config.rotation_interval)
        rotation = np.eye(dims)
        cos, sin = math.cos(angle), math.sin(angle)
        rotation[-2:, -2:] = [[cos, -sin], [sin, cos]]
        return rotation


def _unchanged(sample: Sample) -> Sample:
    return sample


def _rotation_of(quaternion: Sequence[float]) -> NDArray[np.float64]:
    """Return the rotation of a quaternion of any length.

    Those of normally distributed quaternions are uniformly distributed (Shoemake 1992).
    """
    w, x, y, z = np.asarray(quaternion) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _resamplings(
    deformation: Deformation, request: SampleRequest
) -> tuple[Resampling, Resampling]:
    """Return how raw and ground truth of the request are sampled."""
    raw_roi, raw_voxel = request.raw_roi, request.raw_voxel_size
    gt_roi, gt_voxel = request.gt_roi, request.gt_voxel_size
    same_grid = (gt_roi.offset - raw_roi.offset).is_multiple_of(raw_voxel)
    if gt_voxel != raw_voxel or not same_grid:
        raw = deformation.sources(raw_roi, raw_voxel)
        gt = deformation.sources(gt_roi, gt_voxel)
        return (
            Resampling.fit(raw, raw_roi.offset, raw_voxel),
            Resampling.fit(gt, gt_roi.offset, gt_voxel),
        )
    union = raw_roi.union(gt_roi)  # what both have in common is computed once
    sources = deformation.sources(union, raw_voxel)

    def part(roi: Roi) -> Resampling:
        place = world_to_voxels(roi, union.offset, raw_voxel).to_slices()
        return Resampling.fit([s[place] for s in sources], union.offset, raw_voxel)

    return part(raw_roi), part(gt_roi)


def _check_axes(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    least = 1 if attribute.metadata["unit"] == "voxels" else 0
    if not isinstance(value, list) or not 2 <= len(value) <= 3:
        raise ConfigError(
            f"{attribute.name}: {value!r} must be a list with one number per spatial "
            "axis, in the order z, y, x"
        )
    if not all(isinstance(v, (int, float)) and v >= least for v in value):
        raise ConfigError(f"{attribute.name}: {value!r} must not go below {least}")


@attrs.define
class ElasticAugmentConfig(AugmentConfig):
    """Rotates and deforms crops at random, as if the specimen had been squeezed."""

    control_point_spacing: list[int] = config_field(
        "Distance between the points that are moved at random, one number per axis (z, "
        "y, x); larger values give smoother deformations.",
        unit="voxels",
        converter=list,
        validator=_check_axes,
    )
    control_point_displacement_sigma: list[float] = config_field(
        "How far the points are moved (standard deviation), one number per axis (z, y, "
        "x). 0 along all axes rotates only.",
        unit="nm",
        converter=lambda value: [float(v) for v in value],
        validator=_check_axes,
    )
    rotation_interval: tuple[float, float] = range_field(
        "Smallest and largest angle by which crops are rotated in the plane of the "
        "last two axes; a full turn is 6.2832.",
        unit="radians",
    )
    subsample: int = config_field(
        "Compute the deformation at every so many voxels only and interpolate between; "
        "coarser, but quicker for very large crops.",
        default=1,
        minimum=1,
        unit="voxels",
        advanced=True,
    )
    uniform_3d_rotation: bool = config_field(
        "Rotate about any axis in space, instead of in the plane of the last two; for "
        "volumes that look the same from all sides.",
        default=False,
    )
    augmentation_probability: float = probability_field(
        "Fraction of the crops that are deformed and rotated.", 1.0
    )

    def verify(self) -> tuple[bool, str]:
        spacing = self.control_point_spacing
        sigma = self.control_point_displacement_sigma
        if len(spacing) != len(sigma):
            return False, (
                f"control_point_displacement_sigma: {sigma} needs as many numbers as "
                f"control_point_spacing {spacing}, one per axis"
            )
        if self.uniform_3d_rotation and len(spacing) != 3:
            return False, "uniform_3d_rotation: images with two axes cannot turn in 3D"
        return super().verify()

    def require_axes(self, dims: int) -> None:
        """Raise a ConfigError if this is not meant for data of `dims` axes."""
        if len(self.control_point_spacing) != dims:
            raise ConfigError(
                f"control_point_spacing: {self.control_point_spacing} is for "
                f"{len(self.control_point_spacing)} axes, the data has {dims}; give "
                "one number per axis"
            )

    def create_augment(self) -> ElasticAugment:
        return ElasticAugment(self)
