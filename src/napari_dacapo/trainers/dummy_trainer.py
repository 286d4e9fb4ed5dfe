"""A trainer on random input, for trying out the machinery around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from napari_dacapo._config import config_field
from napari_dacapo.stats import TrainingIterationStats

from .base import Trainer, TrainerConfig

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    import torch

    from napari_dacapo.datasplits.datasets import Dataset
    from napari_dacapo.nn.model import Model
    from napari_dacapo.tasks import Task


class DummyTrainer(Trainer):
    """Pulls predictions for random input towards 0; needs no data.

    The statistics are made up: loss ``1 / (iteration + 1)``, 0.1 s each.
    """

    iteration = 0

    def __init__(self, trainer_config: DummyTrainerConfig) -> None:
        self.learning_rate = trainer_config.learning_rate
        self.batch_size = trainer_config.batch_size
        self.mirror_augment = trainer_config.mirror_augment
        self.last_waited = 0.0
        self.learning_rate_now = self.learning_rate
        self._task: Any = None

    def create_optimizer(self, model: Model) -> torch.optim.Optimizer:
        import torch

        return torch.optim.RAdam(
            model.parameters(), self.learning_rate, decoupled_weight_decay=True
        )

    def can_train(self, datasets: Sequence[Dataset]) -> bool:
        return True

    def build_batch_provider(
        self,
        datasets: Sequence[Dataset],
        model: Model,
        task: Task,
        snapshot_container: Path | None = None,
    ) -> None:
        self._task = task

    def iterate(
        self,
        num_iterations: int,
        model: Model,
        optimizer: torch.optim.Optimizer,
        device: torch.device,
    ) -> Generator[TrainingIterationStats]:
        import torch

        model.to(device)
        shape = (self.batch_size, model.num_in_channels, *model.input_shape)
        for _ in range(num_iterations):
            generator = torch.Generator().manual_seed(self.seed + self.iteration)
            model.train()
            optimizer.zero_grad()
            prediction = model(torch.rand(shape, generator=generator).to(device))
            loss = self._task.loss.compute(
                prediction, torch.zeros_like(prediction), torch.ones_like(prediction)
            )
            loss.backward()
            optimizer.step()
            self.iteration += 1
            yield TrainingIterationStats(self.iteration - 1, 1 / self.iteration, 0.1)


@attrs.define
class DummyTrainerConfig(TrainerConfig):
    """Settings of a trainer on random input; never valid for a real run."""

    trainer_type: ClassVar[type[Trainer]] = DummyTrainer

    mirror_augment: bool = config_field(
        "Kept for compatibility; random input looks the same mirrored."
    )

    def verify(self) -> tuple[bool, str]:
        return False, f"trainer {self.name!r} trains on noise: it is never valid"
