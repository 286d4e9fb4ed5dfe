"""Trains on random, augmented crops; sampling as in DaCapo's trainer of this name."""

from __future__ import annotations

import logging
import operator
import time
from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import DaCapoError, RunError
from napari_dacapo.stats import TrainingIterationStats

from ._batches import Batch, BatchProvider
from ._guard import LossGuard
from ._samples import create_sample_maker
from ._schedule import RateControl, Schedule, create_optimizer
from ._snapshots import Snapshots
from ._sources import MemoryBudget
from ._step import Stepper
from .base import Trainer

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    import torch

    from napari_dacapo.arrays.numpy_array import NumpyArray
    from napari_dacapo.datasplits.datasets import Dataset
    from napari_dacapo.nn.model import Model
    from napari_dacapo.nn.precision import Precision
    from napari_dacapo.tasks import Task

    from ._samples import SampleMaker
    from .gunpowder_trainer_config import GunpowderTrainerConfig

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
    last_seconds : dict of str to float
        What the time of the last iteration was spent on; see `Trainer`.
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
        self.min_masked = trainer_config.min_masked
        self.clip_raw = trainer_config.clip_raw
        self.augments = [augment.node() for augment in trainer_config.augments]
        self._rate = RateControl(
            Schedule(
                trainer_config.warmup_iterations,
                trainer_config.schedule,
                plateau_patience=trainer_config.plateau_patience,
            )
        )
        self.warnings: list[str] = []
        self.last_waited = self.learning_rate_now = 0.0
        self.last_seconds: dict[str, float] = {}
        self._snapshots = Snapshots(trainer_config.snapshot_interval, self._warn)
        self._guard = LossGuard()
        self._stepper: Stepper | None = None
        self._stepper_state: dict[str, Any] | None = None
        self._class_counts: Any = None
        self._batches_taken = self._empty_batches = 0
        self._previewed: tuple[tuple[object, ...], SampleMaker] | None = None
        self._provider: BatchProvider | None = None

    def create_optimizer(self, model: Model) -> torch.optim.Optimizer:
        config = self.config
        optimizer = create_optimizer(model, config.optimizer, self.learning_rate)
        self._rate.attach(optimizer)
        return optimizer

    @property
    def scheduler(self) -> torch.optim.lr_scheduler.LambdaLR | None:
        """What steps the learning rate; `None` without an optimizer."""
        return self._rate.scheduler

    def plan(self, num_iterations: int) -> None:
        self._rate.schedule.num_iterations = num_iterations

    def judge(self, results: Sequence[float]) -> None:
        self._rate.schedule.results = tuple(results)
        self._rate.apply()

    @property
    def slowed(self) -> float:
        """Factor on the learning rate since the training diverged."""
        return self._rate.schedule.slowed

    def slow_down(self, factor: float) -> None:
        self._rate.schedule.slowed *= factor
        self._rate.apply()

    @property
    def snapshot_iteration(self) -> int | None:
        """Every so many iterations a snapshot is stored; `None` for none."""
        return self._snapshots.interval

    @property
    def last_snapshot(self) -> int | None:
        return self._snapshots.last

    def request_snapshot(self) -> None:
        self._snapshots.request()

    def prepare(self, model: Model, device: torch.device) -> str:
        """Move `model` to `device`; return in which numbers it will be trained."""
        config, precision = self.config, self.precision_on(device)
        self._stepper = Stepper(
            model,
            device,
            precision,
            seed=self.seed,
            portions=config.gradient_accumulation,
            max_gradient_norm=config.max_gradient_norm,
            warn=self._warn,
        )
        if self._stepper_state is not None:
            self._stepper.load_state_dict(self._stepper_state)
        return precision.reason

    def precision_on(self, device: torch.device) -> Precision:
        from napari_dacapo.nn.precision import choose_precision

        config = self.config
        return choose_precision(config.precision, config.memory_format, device)

    def _stepper_for(self, model: Model, device: torch.device) -> Stepper:
        stepper = self._stepper
        if stepper is None or stepper.model is not model or stepper.device != device:
            self.prepare(model, device)
        if self._stepper is None:
            raise RunError("the training was closed while it began")
        return self._stepper

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
        self._task, self._snapshots.container = task, snapshot_container
        self._provider = BatchProvider(
            self._create_maker(datasets, model, task),
            task.predictor,
            batch_size=self.batch_size,
            workers=self.num_data_fetchers,
            first_batch=self._batches_taken,
            class_counts=self._class_counts,
            warn=self._warn,
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
        DivergedError
            If loss or gradients are not finite (before the weights are changed), or the
            loss exploded.
        RunError
            If the loss weight stays 0, if samples cannot be loaded or one alone needs
            too much memory, or if there is no batch provider.
        """
        stepper = self._stepper_for(model, device)
        outside = 0.0
        for _ in range(num_iterations):
            begin = time.perf_counter()
            batch = self._take()
            self.last_waited = time.perf_counter() - begin
            self._require_weight(batch)
            loss = self._step(batch, stepper, optimizer)
            seconds = time.perf_counter() - begin - self.last_waited
            self.last_seconds |= {"data": self.last_waited, "outside": outside}
            stats = TrainingIterationStats(self.iteration, loss, seconds)
            self.iteration += 1
            self._consumed(batch)
            self._profile(stats)
            end = time.perf_counter()
            yield stats
            outside = time.perf_counter() - end

    def _take(self) -> Batch:
        if self._provider is None:
            raise RunError("no batches were prepared; call build_batch_provider first")
        try:
            return self._provider.take()
        except DaCapoError:
            raise
        except Exception as error:
            logger.exception("a training sample could not be made")
            raise RunError(
                f"iteration {self.iteration}: a training sample could not be made, at "
                f"two attempts ({type(error).__name__}: {error}); the log has the "
                "details"
            ) from error

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
        self, batch: Batch, stepper: Stepper, optimizer: torch.optim.Optimizer
    ) -> float:
        snapshot = self._snapshots.is_due(self.iteration)
        self.learning_rate_now = optimizer.param_groups[0]["lr"]
        try:
            result = stepper.run(
                batch,
                optimizer,
                self._task.loss,
                self._guard.check,
                iteration=self.iteration,
                keep_gradients=snapshot,
            )
        except RunError as error:
            raise type(error)(f"iteration {self.iteration}: {error}") from None
        self._rate.advance()
        self.last_seconds = result.seconds
        if snapshot:
            seconds = self._snapshots.write(self.iteration, batch, result.prediction)
            self.last_seconds["snapshot"] = seconds
        return result.loss

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
        self,
        datasets: Sequence[Dataset],
        model: Model,
        task: Task,
        index: int = 0,
        *,
        before: Trainer | None = None,
    ) -> dict[str, NumpyArray]:
        key = (*datasets, model, task)
        if self._previewed is None or not _same(self._previewed[0], key):
            maker = self._maker_of(before, key)
            if maker is None:
                maker = self._create_maker(datasets, model, task, MemoryBudget(0))
            self._previewed = key, maker
        return self._previewed[1].preview(index)

    def _maker_of(
        self, before: Trainer | None, key: Sequence[object]
    ) -> SampleMaker | None:
        """Return a maker that reads what that of `before` has opened, if it may."""
        if not isinstance(before, GunpowderTrainer):
            return None
        previewed = before._previewed  # noqa: SLF001 - of the same class
        if previewed is None:
            return None
        known, maker = previewed
        settings = [(t.min_masked, t.clip_raw) for t in (self, before)]
        if settings[0] != settings[1] or not _same(known, key):
            return None
        return maker.with_augments(self.augments, self.seed)

    def state_dict(self) -> dict[str, Any]:
        stepper = self._stepper
        return {
            "iteration": self.iteration,
            "batches_taken": self._batches_taken,
            "class_counts": self._class_counts,
            "guard": self._guard.state_dict(),
            "stepper": self._stepper_state if stepper is None else stepper.state_dict(),
            **self._rate.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned; ``iteration`` alone will do.

        To be called after `create_optimizer` and before `build_batch_provider`.
        """
        self.iteration = state["iteration"]
        self._batches_taken = state.get("batches_taken", self.iteration)
        self._class_counts = state.get("class_counts")
        self._guard = LossGuard()
        if state.get("guard") is not None:
            self._guard.load_state_dict(state["guard"])
        self._stepper_state = state.get("stepper")
        if self._stepper is not None and self._stepper_state is not None:
            self._stepper.load_state_dict(self._stepper_state)
        self._rate.load_state_dict(state)

    def close(self) -> None:
        if self._provider is not None:
            self._provider.close()
        self._provider = None


def _same(one: Sequence[object], other: Sequence[object]) -> bool:
    return len(one) == len(other) and all(map(operator.is_, one, other))
