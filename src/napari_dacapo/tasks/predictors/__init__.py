"""Predictors: how ground truth becomes training target and loss weight."""

from .base import ClassCounts, Predictor
from .distance_predictor import DistancePredictor

__all__ = ["ClassCounts", "DistancePredictor", "Predictor"]
