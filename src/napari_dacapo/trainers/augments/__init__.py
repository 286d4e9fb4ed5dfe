"""Augments: random changes of training samples, each with a config."""

from .base import Augment, AugmentConfig, Sample, SampleRequest, Transform
from .blur import BlurAugment, BlurAugmentConfig
from .elastic import ElasticAugment, ElasticAugmentConfig
from .gamma import GammaAugment, GammaAugmentConfig
from .intensity import IntensityAugment, IntensityAugmentConfig
from .intensity_scale_shift import (
    IntensityScaleShiftAugment,
    IntensityScaleShiftAugmentConfig,
)
from .missing_sections import MissingSectionsAugment, MissingSectionsAugmentConfig
from .noise import NoiseAugment, NoiseAugmentConfig
from .shift_sections import ShiftSectionsAugment, ShiftSectionsAugmentConfig
from .simple import SimpleAugment, SimpleAugmentConfig

__all__ = [
    "Augment",
    "AugmentConfig",
    "BlurAugment",
    "BlurAugmentConfig",
    "ElasticAugment",
    "ElasticAugmentConfig",
    "GammaAugment",
    "GammaAugmentConfig",
    "IntensityAugment",
    "IntensityAugmentConfig",
    "IntensityScaleShiftAugment",
    "IntensityScaleShiftAugmentConfig",
    "MissingSectionsAugment",
    "MissingSectionsAugmentConfig",
    "NoiseAugment",
    "NoiseAugmentConfig",
    "Sample",
    "SampleRequest",
    "ShiftSectionsAugment",
    "ShiftSectionsAugmentConfig",
    "SimpleAugment",
    "SimpleAugmentConfig",
    "Transform",
]
