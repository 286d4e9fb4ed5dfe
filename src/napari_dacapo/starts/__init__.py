"""Starts: weights of earlier runs or published networks to begin a training with."""

from .cosem_start import CosemStart, CosemStartConfig
from .start import Start, StartConfig, channels_of

__all__ = ["CosemStart", "CosemStartConfig", "Start", "StartConfig", "channels_of"]
