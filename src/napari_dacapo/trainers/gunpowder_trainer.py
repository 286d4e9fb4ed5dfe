"""Trains on random, augmented crops; sampling as in DaCapo's trainer of this name."""

from __future__ import annotations

import logging
import operator
import time
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from napari_dacapo._config import config_field, iter_verify
from napari_dacapo.errors import RunError
from napari_dacapo.stats import TrainingIterationStats

from ._batches import Batch, BatchProvider
from ._samples import create_sample_maker
from ._schedule import Schedule, create_optimizer, create_scheduler, restore_scheduler
from ._snapshots import write_snapshot
from ._sources import MemoryBudget
from ._step import train_step
from .augments.base import AugmentConfig
from .base import Trainer, TrainerConfig

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    import torch

    from napari_dacapo.arrays.numpy_array import NumpyArray
    from napari_dacapo.datasplits.datasets import Dataset
    from napari_dacapo.nn.model import Model
    from napari_dacapo.tasks import Task

    from ._samples import SampleMaker

logger = logging.getLogger(__name__)

#: so many batches in a row without any loss weight end the training
_MOST_EMPTY_BATCHES = 100


class GunpowderTrainer(Trainer):
    """Feeds random crops, augmented and weighted, to a model.

    Crops are read and augmented by `num_data_fetchers` background threads; every
    sample depends on `seed` and its number only, and class balancing sees the samples
    in order, so results do not depend on the number of threads.

    Attributes
    ----------
    last_waited : float
        Seconds that the last iteration waited for its batch.
    learning_rate_now : float
        Learning rate of the last iteration (0 before the first).
    last_snapshot : int or None
        Iteration of the last snapshot written.
    warnings : list of str
        What the user should know about the data, filled when datasets are opened.
    """

    iteration = 0
    print_profiling = 100
    mask_integral_downsample_factor = 4

    def __init__(self, trainer_config: GunpowderTrainerConfig) -> None:
        self.config = trainer_config
        self.learning_rate = trainer_config.learning_rate
        self.batch_size = trainer_config.batch_size
        self.num_data_fetchers = trainer_config.num_data_fetchers
        self.snapshot_iteration = trainer_config.snapshot_interval
        self.min_masked = trainer_config.min_masked
        self.clip_raw = trainer_config.clip_raw
        self.augments = [augment.node() for augment in trainer_config.augments]
        self.schedule = Schedule(
            trainer_config.warmup_iterations, trainer_config.schedule
        )
        self.scheduler: torch.optim.lr_scheduler.LambdaLR | None = None
        self.warnings: list[str] = []
        self.last_waited = self.learning_rate_now = 0.0
        self.last_snapshot: int | None = None
        self._class_counts: Any = None
        self._batches_taken = self._empty_batches = 0
        self._previewed: tuple[tuple[object, ...], SampleMaker] | None = None
        self._provider: BatchProvider | None = None

    def create_optimizer(self, model: Model) -> torch.optim.Optimizer:
        config = self.config
        optimizer = create_optimizer(model, config.optimizer, self.learning_rate)
        self.scheduler = create_scheduler(optimizer, self.schedule)
        return optimizer

    def plan(self, num_iterations: int) -> None:
        self.schedule.num_iterations = num_iterations

    def can_train(self, datasets: Sequence[Dataset]) -> bool:
        return len(datasets) > 0 and all(d.gt is not None for d in datasets)

    def build_batch_provider(
        self,
        datasets: Sequence[Dataset],
        model: Model,
        task: Task,
        snapshot_container: Path | None = None,
    ) -> None:
        """Open `datasets` and begin to load; small volumes are read into memory.

        Raises
        ------
        DataError
            If a dataset cannot be used; the text names it and says why.
        ConfigError
            If an augment is not meant for such data.
        """
        self.close()
        self.warnings.clear()
        self._task, self._snapshot_container = task, snapshot_container
        self._provider = BatchProvider(
            self._create_maker(datasets, model, task),
            task.predictor,
            batch_size=self.batch_size,
            workers=self.num_data_fetchers,
            first_batch=self._batches_taken,
            class_counts=self._class_counts,
        )

    def _create_maker(
        self,
        datasets: Sequence[Dataset],
        model: Model,
        task: Task,
        budget: MemoryBudget | None = None,
    ) -> SampleMaker:
        return create_sample_maker(
            datasets,
            model,
            task.predictor,
            augments=self.augments,
            seed=self.seed,
            budget=budget,
            min_masked=self.min_masked or 0,
            clip_raw=self.clip_raw,
            block=self.mask_integral_downsample_factor,
            warn=self._warn,
        )

    def _warn(self, message: str) -> None:
        logger.warning(message)
        self.warnings.append(message)

    def iterate(
        self,
        num_iterations: int,
        model: Model,
        optimizer: torch.optim.Optimizer,
        device: torch.device,
    ) -> Generator[TrainingIterationStats]:
        """Train for `num_iterations`, yielding statistics after each.

        The time of an iteration is that of the step, without the wait for the batch,
        which is `last_waited`.

        Raises
        ------
        RunError
            If the loss is not finite (before the weights are changed), if the loss
            weight stays 0, or if there is no batch provider.
        """
        model.to(device)
        for _ in range(num_iterations):
            begin = time.perf_counter()
            batch = self._take()
            self.last_waited = time.perf_counter() - begin
            self._require_weight(batch)
            loss = self._step(batch, model, optimizer, device)
            seconds = time.perf_counter() - begin - self.last_waited
            stats = TrainingIterationStats(self.iteration, loss, seconds)
            self.iteration += 1
            self._consumed(batch)
            self._profile(stats)
            yield stats

    def _take(self) -> Batch:
        if self._provider is None:
            raise RunError("no batches were prepared; call build_batch_provider first")
        return self._provider.take()

    def _require_weight(self, batch: Batch) -> None:
        """Raise a RunError if nothing could be learned for many batches in a row."""
        self._empty_batches = 0 if batch.weight.any() else self._empty_batches + 1
        if self._empty_batches == _MOST_EMPTY_BATCHES:
            raise RunError(
                f"the loss weight was 0 everywhere in the last {_MOST_EMPTY_BATCHES} "
                "batches, so nothing is learned; look at mask and min_masked, and, for "
                "distance tasks, make scale_factor smaller or switch mask_distances off"
            )

    def _consumed(self, batch: Batch) -> None:
        self._batches_taken += 1
        self._class_counts = batch.class_counts

    def _step(
        self,
        batch: Batch,
        model: Model,
        optimizer: torch.optim.Optimizer,
        device: torch.device,
    ) -> float:
        snapshot = self._snapshot_due()
        self.learning_rate_now = optimizer.param_groups[0]["lr"]
        try:
            loss, prediction = train_step(
                batch,
                model,
                optimizer,
                self._task.loss,
                device,
                max_gradient_norm=self.config.max_gradient_norm,
                keep_gradients=snapshot,
            )
        except RunError as error:
            raise RunError(f"iteration {self.iteration}: {error}") from None
        if self.scheduler is not None:
            self.scheduler.step()
        if snapshot:
            self._write_snapshot(batch, prediction)
        return loss

    def _snapshot_due(self) -> bool:
        interval, container = self.snapshot_iteration, self._snapshot_container
        if interval is None or container is None:
            return False
        return self.iteration % interval == 0

    def _write_snapshot(self, batch: Batch, prediction: torch.Tensor) -> None:
        if self._snapshot_container is not None:
            write_snapshot(self._snapshot_container, self.iteration, batch, prediction)
            self.last_snapshot = self.iteration

    def _profile(self, stats: TrainingIterationStats) -> None:
        if self.iteration % self.print_profiling == 0:
            logger.info(
                "iteration %d: %.3f s for the step, %.3f s waiting for data",
                stats.iteration,
                stats.time,
                self.last_waited,
            )

    def next(self) -> tuple[NumpyArray, ...]:
        """Take a batch out of the queue, for looking at it; it is not trained on.

        Returns
        -------
        tuple of NumpyArray
            Raw, gt, target, weight and mask, axes ``b c`` + spatial; their boxes are
            those of the first sample.
        """
        batch = self._take()
        self._consumed(batch)
        return batch.arrays()

    def preview(
        self, datasets: Sequence[Dataset], model: Model, task: Task, index: int = 0
    ) -> dict[str, NumpyArray]:
        """Return what the network is shown as sample number `index` of the training.

        Nothing is trained or predicted, and the training is not disturbed; of `model`
        only the sizes are used.

        Returns
        -------
        dict of str to NumpyArray
            ``raw`` (normalised, augmented), ``gt``, ``target``, ``weight``, ``mask``,
            axes ``c`` + spatial; all but raw cover the network output. The weight is
            that of a first sample: class balancing has not seen any other.
        """
        key = (*datasets, model, task)
        if self._previewed is None or not _same(self._previewed[0], key):
            maker = self._create_maker(datasets, model, task, MemoryBudget(0))
            self._previewed = key, maker
        return self._previewed[1].preview(index)

    def state_dict(self) -> dict[str, Any]:
        return {
            "iteration": self.iteration,
            "batches_taken": self._batches_taken,
            "class_counts": self._class_counts,
            "scheduler": None
            if self.scheduler is None
            else self.scheduler.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned; ``iteration`` alone will do.

        To be called after `create_optimizer` and before `build_batch_provider`.
        """
        self.iteration = state["iteration"]
        self._batches_taken = state.get("batches_taken", self.iteration)
        self._class_counts = state.get("class_counts")
        if self.scheduler is not None:
            scheduler = state.get("scheduler") or {"last_epoch": self.iteration}
            restore_scheduler(self.scheduler, scheduler, self.schedule)

    def close(self) -> None:
        if self._provider is not None:
            self._provider.close()
        self._provider = None


def _same(one: Sequence[object], other: Sequence[object]) -> bool:
    return len(one) == len(other) and all(map(operator.is_, one, other))


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
        "How the learning rate goes on after the warm-up: it stays the same, or falls "
        "along half a cosine to almost nothing at the end of the training, which gives "
        "steadier results.",
        default="constant",
        choices=("constant", "cosine"),
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

    def verify(self) -> tuple[bool, str]:
        parts = {f"augments[{i}]": part for i, part in enumerate(self.augments)}
        complaint = next(iter_verify(parts), None)
        return (False, complaint) if complaint else super().verify()
