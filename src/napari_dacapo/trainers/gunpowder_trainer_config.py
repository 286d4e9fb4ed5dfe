"""The settings of `GunpowderTrainer`."""

from __future__ import annotations

from typing import ClassVar

import attrs

from napari_dacapo._config import config_field, iter_verify

from .augments.base import AugmentConfig
from .base import Trainer, TrainerConfig
from .gunpowder_trainer import GunpowderTrainer


@attrs.define
class GunpowderTrainerConfig(TrainerConfig):
    """Training on random crops, with augments, class balancing and masks."""

    trainer_type: ClassVar[type[Trainer]] = GunpowderTrainer

    num_data_fetchers: int = config_field(
        "Threads that read and augment training crops in the background. 0 loads each "
        "crop when it is needed. The result does not depend on it.",
        default=5,
        unit="threads",
        minimum=0,
        maximum=64,
        advanced=True,
    )
    augments: list[AugmentConfig] = config_field(
        "Random changes made to every training crop, in this order, so that the "
        "network learns to ignore them.",
        factory=list,
    )
    snapshot_interval: int | None = config_field(
        "After how many iterations a crop is stored with its target and prediction, to "
        "see how training proceeds. Leave empty for none.",
        default=None,
        unit="iterations",
        minimum=1,
    )
    min_masked: float | None = config_field(
        "Fraction of a training crop (network output) that must be annotated. Lower it "
        "for sparse annotations; 0 or empty accepts any crop annotated at its middle.",
        default=0.15,
        minimum=0,
        maximum=1,
        step=0.05,
    )
    clip_raw: bool = config_field(
        "Whether to hide raw data outside of the annotated region from the network "
        "(it is set to 0), for example because it is of other quality.",
        default=False,
        advanced=True,
    )
    warmup_iterations: int = config_field(
        "Iterations over which the learning rate rises from 1 % to its full value.",
        default=1000,
        unit="iterations",
        minimum=0,
        advanced=True,
    )
    schedule: str = config_field(
        "How the learning rate goes on after the warm-up: it stays the same "
        "(constant), falls along half a cosine to almost nothing at the end of the "
        "training, which gives steadier results, or is halved whenever the validation "
        "results stopped getting better (plateau).",
        default="constant",
        choices=("constant", "cosine", "plateau"),
        advanced=True,
    )
    optimizer: str = config_field(
        "How weights are changed from gradients. RAdam needs no tuning; AdamW is what "
        "many published networks use.",
        default="radam",
        choices=("radam", "adamw"),
        advanced=True,
    )
    max_gradient_norm: float | None = config_field(
        "Longest step allowed: longer gradients are shortened to this norm, which "
        "keeps a training stable whose loss jumps. Leave empty for no limit.",
        default=None,
        minimum=0,
        exclusive_minimum=True,
        advanced=True,
    )

    plateau_patience: int = config_field(
        "With the schedule plateau: after how many validations that were not better "
        "than all before the learning rate is halved.",
        default=3,
        unit="validations",
        minimum=1,
        advanced=True,
    )
    gradient_accumulation: int = config_field(
        "In how many portions each batch is computed, one after the other; 2 or more "
        "need less memory and learn the same, but slower. It rises by itself where "
        "memory runs out.",
        default=1,
        unit="portions",
        minimum=1,
        advanced=True,
    )
    precision: str = config_field(
        "In which numbers the network computes while it is trained; weights and loss "
        "always have 32 bits. auto takes 16 bits where the device is faster with them.",
        default="auto",
        choices=("auto", "float32", "bfloat16", "float16"),
        advanced=True,
    )
    memory_format: str = config_field(
        "How images lie in memory while the network is trained, which changes its "
        "speed only. auto takes what is faster on the device.",
        default="auto",
        choices=("auto", "contiguous", "channels_last"),
        advanced=True,
    )

    def verify(self) -> tuple[bool, str]:
        parts = {f"augments[{i}]": part for i, part in enumerate(self.augments)}
        complaint = next(iter_verify(parts), None)
        if complaint is None and self.gradient_accumulation > self.batch_size:
            complaint = (
                f"gradient_accumulation: {self.gradient_accumulation} portions cannot "
                f"be made of {self.batch_size} samples; it must be at most batch_size"
            )
        return (False, complaint) if complaint else super().verify()
