"""Predictors: how ground truth becomes training target and loss weight."""

from .affinities_predictor import AffinitiesPredictor
from .base import ClassCounts, Predictor
from .distance_predictor import DistancePredictor
from .dummy_predictor import DummyPredictor
from .hot_distance_predictor import HotDistancePredictor
from .inner_distance_predictor import InnerDistancePredictor
from .one_hot_predictor import OneHotPredictor

__all__ = [
    "AffinitiesPredictor",
    "ClassCounts",
    "DistancePredictor",
    "DummyPredictor",
    "HotDistancePredictor",
    "InnerDistancePredictor",
    "OneHotPredictor",
    "Predictor",
]
