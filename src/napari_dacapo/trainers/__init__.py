"""Trainers: they feed batches to a model and optimise it."""

from .base import Trainer, TrainerConfig
from .dummy_trainer import DummyTrainer, DummyTrainerConfig
from .gunpowder_trainer import GunpowderTrainer
from .gunpowder_trainer_config import GunpowderTrainerConfig

__all__ = [
    "DummyTrainer",
    "DummyTrainerConfig",
    "GunpowderTrainer",
    "GunpowderTrainerConfig",
    "Trainer",
    "TrainerConfig",
]
