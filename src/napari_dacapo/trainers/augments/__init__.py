"""Augments: random changes of training samples, each with a config."""

from .base import Augment, AugmentConfig, Sample, SampleRequest, Transform
from .gamma import GammaAugment, GammaAugmentConfig
from .intensity import IntensityAugment, IntensityAugmentConfig
from .intensity_scale_shift import (
    IntensityScaleShiftAugment,
    IntensityScaleShiftAugmentConfig,
)
from .simple import SimpleAugment, SimpleAugmentConfig

__all__ = [
    "Augment",
    "AugmentConfig",
    "GammaAugment",
    "GammaAugmentConfig",
    "IntensityAugment",
    "IntensityAugmentConfig",
    "IntensityScaleShiftAugment",
    "IntensityScaleShiftAugmentConfig",
    "Sample",
    "SampleRequest",
    "SimpleAugment",
    "SimpleAugmentConfig",
    "Transform",
]
