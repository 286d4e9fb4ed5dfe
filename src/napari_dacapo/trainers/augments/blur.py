"""Gaussian blur of raw."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from napari_dacapo.geometry import Coordinate

from ._fields import not_negative_range, probability_field, range_field
from ._random import chance, uniform
from .base import Augment, AugmentConfig, Sample, SampleRequest, Transform

if TYPE_CHECKING:
    import torch
    from torch import Tensor

#: the kernel ends at this many standard deviations
_TRUNCATE = 3


class BlurAugment(Augment):
    """Convolves raw with a Gaussian that is round in world units.

    More of raw is loaded than asked for, so that the border is blurred as the middle.
    """

    def __init__(self, config: BlurAugmentConfig) -> None:
        self._config = config

    def plan(
        self, request: SampleRequest, generator: torch.Generator
    ) -> tuple[SampleRequest, Transform]:
        sigma = 0.0
        if chance(generator, self._config.augmentation_probability):
            sigma = uniform(generator, *self._config.sigma)
        voxel_size = request.raw_voxel_size
        kernels = [_kernel(sigma / float(size)) for size in voxel_size]
        margin = Coordinate(len(kernel) // 2 for kernel in kernels) * voxel_size

        def transform(sample: Sample) -> Sample:
            raw = sample.raw
            for axis, kernel in enumerate(kernels):
                raw = _convolved(raw, axis + 1, kernel)
            return Sample(raw, sample.gt, sample.mask)

        upstream = attrs.evolve(request, raw_roi=request.raw_roi.grow(margin, margin))
        return upstream, transform


def _kernel(sigma: float) -> list[float]:
    """Return normalised weights of an odd number of voxels, for `sigma` in voxels."""
    reach = math.ceil(_TRUNCATE * sigma)
    if reach == 0:
        return [1.0]
    weights = [math.exp(-0.5 * (i / sigma) ** 2) for i in range(-reach, reach + 1)]
    return [weight / sum(weights) for weight in weights]


def _convolved(raw: Tensor, axis: int, kernel: list[float]) -> Tensor:
    """Convolve along `axis`, without the places where the kernel hangs over."""
    if len(kernel) == 1:
        return raw
    length = raw.shape[axis] - len(kernel) + 1
    result = raw.narrow(axis, 0, length) * kernel[0]
    for start, weight in enumerate(kernel[1:], 1):
        result.add_(raw.narrow(axis, start, length), alpha=weight)
    return result


@attrs.define
class BlurAugmentConfig(AugmentConfig):
    """Blurs raw at random, as if it were out of focus."""

    sigma: tuple[float, float] = range_field(
        "Smallest and largest radius (standard deviation) of the blur. Try half to one "
        "and a half voxels.",
        check=not_negative_range,
        unit="nm",
    )
    augmentation_probability: float = probability_field(
        "Fraction of the crops that are blurred.", 0.5
    )

    def create_augment(self) -> BlurAugment:
        return BlurAugment(self)
