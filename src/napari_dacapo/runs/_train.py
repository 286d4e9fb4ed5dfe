"""Training: a generator of events that can be paused, stopped and resumed exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import DaCapoError, DivergedError, RunError
from napari_dacapo.events import (
    Event,
    FinishReason,
    IterationDone,
    Paused,
    Resumed,
    RolledBack,
    RunFinished,
    RunStarted,
    SnapshotSaved,
    Warned,
)
from napari_dacapo.starts import channels_of

from ._checked import warn_or_refuse
from ._checkpoints import restore_latest
from ._live import Live
from ._memory import Memory
from ._record import write_record
from ._results import has_stalled, results_of
from ._session import (
    ProjectLike,
    RunLike,
    build_run,
    open_project,
    store_run,
    torch_threads,
)
from ._validate import restore_best, validate_or_warn
from .control import RunControl

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from napari_dacapo.nn.device import DeviceChoice
    from napari_dacapo.store import Project

    from .run import Run

#: factor on the learning rate after a divergence
SLOW_DOWN = 0.1


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
        If another process trains this run, or if training cannot go on; what was done
        until then is stored.
    """
    from napari_dacapo.nn.device import choose_device

    folder, control = open_project(project), control or RunControl()
    built = build_run(run, folder)
    if check:
        yield from warn_or_refuse(built.config, control)
    store_run(built, folder)
    choice = choose_device(device)
    with Live(folder, built.name, control) as live, torch_threads(threads):
        training = _Training(built, folder, choice, control)
        with built.trainer:
            yield from live.tell(training.events())


class _Training:
    """One call of `train`: the loop and what it has to remember."""

    def __init__(
        self, run: Run, project: Project, device: DeviceChoice, control: RunControl
    ) -> None:
        self.run, self.project = run, project
        self.device, self.control = device, control
        self.memory = Memory(run, project)
        self.num_iterations = 0
        self.results: Sequence[float] = ()
        self.warnings_told = 0
        self.snapshots = project.arrays.snapshot_container(run.name)

    @property
    def iteration(self) -> int:
        """Number of completed iterations."""
        return self.run.trainer.iteration

    @property
    def stalled(self) -> bool:
        """Whether the run is to end early."""
        return has_stalled(self.results, self.run.config.early_stopping)

    def events(self) -> Generator[Event, None, None]:
        run = self.run
        how = run.trainer.prepare(run.model, self.device.device)
        self._plan()
        yield from self._restore()
        if self.iteration == 0:
            yield from self._start_weights()
        write_record(run, self.project, parent=self._parent())
        reason = self.device.reason
        yield RunStarted(
            run.name,
            self.iteration,
            self.num_iterations,
            str(self.device.device),
            f"{reason}; {how}" if how else reason,
        )
        if not run.datasplit.validate:
            yield Warned(
                "there is no validation dataset: nothing tells when the network is "
                "best, so the last weights are the result; add one to the data split"
            )
        yield from self._build_batches()
        try:
            yield from self._loop()
        except DaCapoError:
            raise
        except (OSError, RuntimeError, MemoryError) as error:
            raise RunError(
                f"training stopped after {self.iteration} iterations: {error}"
            ) from error
        finally:
            self.memory.rescue()
        yield from self._told_by_trainer()
        yield RunFinished(run.name, self.iteration, self._finish_reason())

    def _finish_reason(self) -> FinishReason:
        if self.control.stop_requested:
            return FinishReason.STOPPED
        early = self.iteration < self.num_iterations
        return FinishReason.NO_IMPROVEMENT if early else FinishReason.COMPLETED

    def _plan(self) -> None:
        """Take over how long to train, which may change at any time."""
        wanted = self.control.num_iterations(self.run.train_until)
        if wanted != self.num_iterations:
            self.num_iterations = wanted
            self.run.trainer.plan(wanted)

    def _restore(self) -> Iterator[Event]:
        """Go to the newest checkpoint and forget everything that came after it."""
        yield from restore_latest(self.run, self.project)
        name, iteration = self.run.name, self.iteration
        self.project.stats.delete_training_after(name, iteration)
        self.project.stats.delete_validation_after(name, iteration)
        restore_best(self.run, self.project)
        self._judge()

    def _judge(self) -> None:
        self.results = results_of(self.run, self.project)
        self.run.trainer.judge(self.results)

    def _start_weights(self) -> Iterator[Event]:
        if self.run.start is None:
            return
        start, model = self.run.start, self.run.model
        channels = channels_of(self.run.config.task_config)
        start.initialize_weights(model, new_head=channels, project=self.project)
        yield Warned(f"started from trained weights: {start.report}")

    def _parent(self) -> dict[str, Any] | None:
        start = self.run.start
        if start is None or start.report is None:
            return None
        return {
            "kind": "start",
            "run": start.run,
            "criterion": start.criterion,
            "loaded": str(start.report),
        }

    def _build_batches(self) -> Iterator[Event]:
        run = self.run
        run.trainer.build_batch_provider(
            run.datasplit.train, run.model, run.task, self.snapshots
        )
        self.warnings_told = 0
        yield from self._told_by_trainer()

    def _told_by_trainer(self) -> Iterator[Warned]:
        """Pass on what the trainer has to say, from whichever thread it came."""
        messages = list(self.run.trainer.warnings[self.warnings_told :])
        self.warnings_told += len(messages)
        yield from map(Warned, messages)

    def _loop(self) -> Iterator[Event]:
        yield from self._catch_up_validation()
        while not self._is_done():
            try:
                yield from self._stretch(self._next_milestone())
                yield self.memory.checkpoint()
            except DivergedError as error:
                diverged = error
            else:
                yield from self._validate_if_due()
                continue
            yield from self._roll_back(diverged)
        if self.stalled and not self.control.stop_requested:
            yield Warned(
                f"ended early, after {self.iteration} of {self.num_iterations} "
                f"iterations: the last {self.run.config.early_stopping} validations "
                "were not better than the best before"
            )

    def _is_done(self) -> bool:
        stopped = self.control.stop_requested or self.stalled
        return stopped or self.iteration >= self.num_iterations

    def _roll_back(self, error: DivergedError) -> Iterator[Event]:
        """Go on from the last good checkpoint with a smaller learning rate, once."""
        trainer, diverged_at = self.run.trainer, self.iteration
        if trainer.slowed < 1:
            raise RunError(
                f"{error}. This happened again with {trainer.slowed:g} of the learning "
                "rate, after going back once; the last good weights are stored. Fork "
                "the run with other settings, or train a new one"
            ) from error
        trainer.close()
        self.memory.forget()
        yield from self._restore()
        if self.iteration == 0:
            yield from self._start_weights()
        trainer.slow_down(SLOW_DOWN)
        if self.iteration > 0:
            yield self.memory.checkpoint()  # does not forget that it was slowed down
        yield RolledBack(self.iteration, diverged_at, trainer.slowed, str(error))
        yield Warned(
            f"the training diverged: {error}. It went back to iteration "
            f"{self.iteration} and goes on with {trainer.slowed:g} of the learning rate"
        )
        yield from self._build_batches()

    def _validate_if_due(self) -> Iterator[Event]:
        on_request = self.control.take_validation_request()
        if on_request and not self.run.datasplit.validate:
            yield Warned(
                "there is no validation dataset to validate on; add one to the data "
                "split"
            )
        if self._regular_validation_is_due() or (on_request and self._can_validate()):
            yield from self._validate()
        if self.iteration % self.run.validation_interval == 0:
            self._judge()

    def _can_validate(self) -> bool:
        return bool(self.run.datasplit.validate) and not self.control.stop_requested

    def _regular_validation_is_due(self) -> bool:
        done = self.iteration >= self.num_iterations
        regular = self.iteration % self.run.validation_interval == 0
        return self._can_validate() and (done or regular)

    def _catch_up_validation(self) -> Iterator[Event]:
        """Validate what was trained but not validated before an interruption."""
        validated = self.project.stats.validated_until(self.run.name)
        missing = self.iteration > 0 and validated <= self.iteration
        if missing and self._regular_validation_is_due():
            yield from self._validate()
            self._judge()

    def _next_milestone(self) -> int:
        intervals = [self.run.validation_interval, self.run.config.keep_every]
        after = [(self.iteration // n + 1) * n for n in intervals if n is not None]
        return min(*after, self.num_iterations)

    def _stretch(self, until: int) -> Iterator[Event]:
        """Train up to iteration `until`, less if something else is to be done."""
        run = self.run
        stats_of = run.trainer.iterate(
            until - self.iteration, run.model, run.optimizer, self.device.device
        )
        try:
            for stats in stats_of:
                self.memory.note(stats)
                yield IterationDone(
                    stats.iteration,
                    self.num_iterations,
                    stats.loss,
                    stats.time,
                    run.trainer.last_waited,
                    run.trainer.learning_rate_now,
                    self.memory.with_checkpoints(run.trainer.last_seconds),
                )
                if run.trainer.last_snapshot == stats.iteration:
                    yield SnapshotSaved(stats.iteration, self.snapshots)
                yield from self._told_by_trainer()
                if self.control.pause_requested:
                    yield from self._pause()
                if self._is_interrupted():
                    return
        finally:
            stats_of.close()

    def _is_interrupted(self) -> bool:
        """Take over new commands; return whether the stretch has to end here."""
        self._plan()
        if self.control.take_snapshot_request():
            self.run.trainer.request_snapshot()
        commanded = self.control.stop_requested or self.control.validation_requested
        finished = self.iteration >= self.num_iterations
        return commanded or finished or self.memory.checkpoint_is_due

    def _pause(self) -> Iterator[Event]:
        """Store everything, then wait."""
        yield self.memory.checkpoint()
        yield Paused(self.iteration)
        self.control.wait_while_paused()
        yield Resumed(self.iteration)

    def _validate(self) -> Iterator[Event]:
        yield from validate_or_warn(
            self.run, self.iteration, self.project, self.device.device, self.control
        )
