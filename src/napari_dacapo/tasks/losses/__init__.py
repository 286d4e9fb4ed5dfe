"""Losses: weighted distances between prediction and target."""

from .base import Loss
from .mse_loss import MSELoss

__all__ = ["Loss", "MSELoss"]
