"""Training: a generator of events that can be paused, stopped and resumed exactly."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from napari_dacapo.errors import DataError, RunError
from napari_dacapo.events import (
    CheckpointSaved,
    Event,
    FinishReason,
    IterationDone,
    Paused,
    Resumed,
    RunFinished,
    RunStarted,
    SnapshotSaved,
    Warned,
)
from napari_dacapo.starts import channels_of

from ._checked import warn_or_refuse
from ._checkpoints import restore_latest, save_checkpoint
from ._record import write_record
from ._session import (
    ProjectLike,
    RunLike,
    build_run,
    open_project,
    store_run,
    torch_threads,
)
from ._validate import validate_model
from .control import RunControl, StopRequestedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_dacapo.nn.device import DeviceChoice
    from napari_dacapo.stats import TrainingIterationStats
    from napari_dacapo.store import Project

    from .run import Run

#: statistics reach the disk at least this often
STATS_INTERVAL = 100
#: seconds after which a checkpoint is written even if no validation is due
CHECKPOINT_SECONDS = 300.0


def train(
    run: RunLike,
    *,
    project: ProjectLike = None,
    device: str = "auto",
    control: RunControl | None = None,
    threads: int | None = None,
    check: bool = True,
) -> Iterator[Event]:
    """Train a run to its number of iterations, going on where it was left.

    An interrupted run, even one that was killed, continues from its newest usable
    checkpoint and ends with the weights that it would have had without interruption
    (bit for bit on the CPU). A finished run is not trained again.

    Parameters
    ----------
    run : Run, RunConfig or str
        What to train; a name means the config stored in the project.
    project : Project or path, optional
        Where everything is stored; by default the user's project folder.
    device : str
        "auto", "cpu", "cuda", "cuda:1", "mps".
    control : RunControl, optional
        Pauses, stops or extends the training from another thread.
    threads : int, optional
        Threads that torch uses on the CPU; by default all cores but one.
    check : bool
        Whether to look at the data first; see :func:`check_data`. Takes seconds.

    Yields
    ------
    Event
        See :mod:`napari_dacapo.events`.

    Raises
    ------
    ConfigError
        If the config is invalid.
    DataCheckError
        If the check finds that the data cannot be trained on; nothing is stored then.
    DuplicateNameError
        If another run is stored under this name.
    RunError
        If training cannot go on; what was done until then is stored.
    """
    from napari_dacapo.nn.device import choose_device

    folder = open_project(project)
    built = build_run(run, folder)
    if check:
        yield from warn_or_refuse(built.config, control)
    store_run(built, folder)
    choice = choose_device(device)
    with torch_threads(threads), built.trainer:
        yield from _Training(built, folder, choice, control or RunControl()).events()


class _Training:
    """One call of `train`: the loop and what it has to remember."""

    def __init__(
        self, run: Run, project: Project, device: DeviceChoice, control: RunControl
    ) -> None:
        self.run, self.project = run, project
        self.device, self.control = device, control
        self.pending: list[TrainingIterationStats] = []
        self.last_checkpoint = time.monotonic()
        self.num_iterations = 0
        self.snapshots = project.arrays.snapshot_container(run.name)

    @property
    def iteration(self) -> int:
        """Number of completed iterations."""
        return self.run.trainer.iteration

    def events(self) -> Iterator[Event]:
        run = self.run
        run.model.to(self.device.device)
        self._plan()
        yield from restore_latest(run, self.project)
        self._discard_after(self.iteration)
        if self.iteration == 0:
            yield from self._start_weights()
        write_record(run, self.project)
        yield RunStarted(
            run.name,
            self.iteration,
            self.num_iterations,
            str(self.device.device),
            self.device.reason,
        )
        if not run.datasplit.validate:
            yield Warned(
                "there is no validation dataset: nothing tells when the network is "
                "best, so the last weights are the result; add one to the data split"
            )
        run.trainer.build_batch_provider(
            run.datasplit.train,
            run.model,
            run.task,
            self.snapshots,
        )
        for message in run.trainer.warnings:
            yield Warned(message)
        try:
            yield from self._loop()
        finally:
            self._store_stats()
        stopped = self.control.stop_requested
        reason = FinishReason.STOPPED if stopped else FinishReason.COMPLETED
        yield RunFinished(run.name, self.iteration, reason)

    def _plan(self) -> None:
        """Take over how long to train, which may change at any time."""
        wanted = self.control.num_iterations(self.run.train_until)
        if wanted != self.num_iterations:
            self.num_iterations = wanted
            self.run.trainer.plan(wanted)

    def _discard_after(self, iteration: int) -> None:
        """Forget statistics and scores beyond the checkpoint that is continued."""
        self.project.stats.delete_training_after(self.run.name, iteration)
        self.project.stats.delete_validation_after(self.run.name, iteration)

    def _start_weights(self) -> Iterator[Event]:
        if self.run.start is None:
            return
        start, model = self.run.start, self.run.model
        channels = channels_of(self.run.config.task_config)
        start.initialize_weights(model, new_head=channels, project=self.project)
        yield Warned(f"started from trained weights: {start.report}")

    def _loop(self) -> Iterator[Event]:
        yield from self._catch_up_validation()
        while self.iteration < self.num_iterations and not self.control.stop_requested:
            yield from self._stretch(self._next_milestone())
            yield self._checkpoint()
            if self._validation_is_due():
                yield from self._validate()

    def _validation_is_due(self) -> bool:
        if self.control.stop_requested or not self.run.datasplit.validate:
            return False
        done = self.iteration >= self.num_iterations
        return done or self.iteration % self.run.validation_interval == 0

    def _catch_up_validation(self) -> Iterator[Event]:
        """Validate what was trained but not validated before an interruption."""
        validated = self.project.stats.validated_until(self.run.name)
        missing = self.iteration > 0 and validated <= self.iteration
        if missing and self._validation_is_due():
            yield from self._validate()

    def _next_milestone(self) -> int:
        interval = self.run.validation_interval
        return min((self.iteration // interval + 1) * interval, self.num_iterations)

    def _stretch(self, until: int) -> Iterator[Event]:
        """Train up to iteration `until`, less if a stop or checkpoint comes first."""
        run = self.run
        stats_of = run.trainer.iterate(
            until - self.iteration, run.model, run.optimizer, self.device.device
        )
        try:
            for stats in stats_of:
                self._note(stats)
                yield IterationDone(
                    stats.iteration,
                    self.num_iterations,
                    stats.loss,
                    stats.time,
                    run.trainer.last_waited,
                    run.trainer.learning_rate_now,
                )
                if run.trainer.last_snapshot == stats.iteration:
                    yield SnapshotSaved(stats.iteration, self.snapshots)
                if self.control.pause_requested:
                    yield from self._pause()
                if self.control.stop_requested or self._checkpoint_is_due():
                    return
                self._plan()
                if self.iteration >= self.num_iterations:
                    return
        except RuntimeError as error:
            raise RunError(
                f"training stopped after {self.iteration} iterations: {error}"
            ) from error
        finally:
            stats_of.close()

    def _pause(self) -> Iterator[Event]:
        """Store everything, then wait."""
        yield self._checkpoint()
        yield Paused(self.iteration)
        self.control.wait_while_paused()
        yield Resumed(self.iteration)

    def _note(self, stats: TrainingIterationStats) -> None:
        self.pending.append(stats)
        if len(self.pending) >= STATS_INTERVAL:
            self._store_stats()

    def _store_stats(self) -> None:
        if self.pending:
            self.project.stats.append_training_stats(self.run.name, self.pending)
            self.pending = []

    def _checkpoint_is_due(self) -> bool:
        return time.monotonic() - self.last_checkpoint > CHECKPOINT_SECONDS

    def _checkpoint(self) -> CheckpointSaved:
        self._store_stats()
        path = save_checkpoint(self.run, self.project)
        self.last_checkpoint = time.monotonic()
        return CheckpointSaved(self.iteration, path)

    def _validate(self) -> Iterator[Event]:
        """Validate; neither a failure nor a stop in it loses the training."""
        try:
            yield from validate_model(
                self.run, self.iteration, self.project, self.device.device, self.control
            )
        except StopRequestedError:
            yield Warned(
                f"the validation at iteration {self.iteration} was stopped; it is made "
                "up for when the run is continued"
            )
        except DataError as error:
            yield Warned(f"validation at iteration {self.iteration} failed: {error}")
