"""Losses: weighted distances between prediction and target."""

from .affinities_loss import AffinitiesLoss
from .base import Loss
from .dummy_loss import DummyLoss
from .hot_distance_loss import HotDistanceLoss
from .mse_loss import MSELoss
from .one_hot_loss import OneHotLoss

__all__ = [
    "AffinitiesLoss",
    "DummyLoss",
    "HotDistanceLoss",
    "Loss",
    "MSELoss",
    "OneHotLoss",
]
