"""How far a job is, as told by its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.events import (
    BlockDone,
    IterationDone,
    PredictionDone,
    RolledBack,
    RunFinished,
    RunStarted,
    SnapshotSaved,
    ValidationDone,
    ValidationStarted,
    Warned,
)

from .curves import Curve

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from napari_dacapo.events import Event

#: weight of the newest iteration in the running means of durations
_SHARE = 0.05
#: what `IterationDone.spent` calls time that was not spent by the trainer
OUTSIDE = "outside"


class RunProgress:
    """Loss, speed, stage and warnings of one job.

    Attributes
    ----------
    iteration : int
        Number of completed iterations.
    num_iterations : int
        After how many iterations the job ends (0 if it does not count iterations).
    loss : Curve
        Loss by iteration.
    device, device_reason : str
        What computes, and why that.
    activity : str
        What is going on apart from training, such as a validation.
    warnings : list of str
        Texts of all warnings.
    predicted : (Path, str) or None
        Container and dataset of a finished prediction.
    last_snapshot : int or None
        Iteration of the last snapshot of this session.
    spent : dict of str to float
        Seconds of an iteration by what they are spent on, as running means.
    """

    def __init__(self) -> None:
        self.run = ""
        self.iteration = 0
        self.num_iterations = 0
        self.device = self.device_reason = self.activity = ""
        self.loss = Curve()
        self.warnings: list[str] = []
        self.blocks = (0, 0)
        self.predicted: tuple[Path, str] | None = None
        self.last_snapshot: int | None = None
        self._ended = False
        self.spent: dict[str, float] = {}
        self._seconds = self._waited = 0.0
        self._counted = 0
        self._validation_seconds = 0.0
        self._handlers: dict[type, Any] = {
            RunStarted: self._on_started,
            RolledBack: self._on_rolled_back,
            ValidationStarted: self._on_validation_started,
            ValidationDone: self._on_validation_done,
            BlockDone: self._on_block,
            SnapshotSaved: self._on_snapshot,
            Warned: self._on_warned,
            PredictionDone: self._on_predicted,
            RunFinished: self._on_finished,
        }

    def add(self, events: Iterable[Event]) -> None:
        """Take note of `events`, in their order."""
        done = []
        for event in events:
            if isinstance(event, IterationDone):
                done.append(event)
                continue
            self._add_iterations(done)
            done = []
            handler = self._handlers.get(type(event))
            if handler is not None:
                handler(event)
        self._add_iterations(done)

    def _add_iterations(self, done: list[IterationDone]) -> None:
        if not done:
            return
        self.loss.extend([e.iteration for e in done], [e.loss for e in done])
        for event in done:
            self._count(event)
        self.iteration = done[-1].iteration + 1
        self.num_iterations = done[-1].num_iterations
        self.activity = ""

    def _count(self, event: IterationDone) -> None:
        self._counted += 1
        share = max(_SHARE, 1 / self._counted)  # a plain mean to begin with
        # an event tells the step and the wait before it apart
        self._seconds += share * (event.seconds + event.waited - self._seconds)
        self._waited += share * (event.waited - self._waited)
        for name in {**self.spent, **event.spent}:
            if name != OUTSIDE:  # of the trainer: that may have been a pause
                mean = self.spent.get(name, 0.0)
                now = event.spent.get(name, 0.0)  # snapshots are not taken in each
                self.spent[name] = mean + share * (now - mean)

    def _on_started(self, event: RunStarted) -> None:
        self.run = event.run
        self.iteration = event.start_iteration
        self.num_iterations = event.num_iterations
        self.device, self.device_reason = event.device, event.device_reason
        self.loss.cut(event.start_iteration)

    def _on_rolled_back(self, event: RolledBack) -> None:
        self.iteration = event.iteration
        self.loss.cut(event.iteration)

    def _on_validation_started(self, event: ValidationStarted) -> None:
        self.activity = "validating " + ", ".join(event.datasets)
        self.blocks = (0, 0)

    def _on_validation_done(self, event: ValidationDone) -> None:
        self.activity = ""
        self._validation_seconds += event.seconds

    def _on_block(self, event: BlockDone) -> None:
        self.activity = event.stage
        self.blocks = (event.done, event.total)

    def _on_snapshot(self, event: SnapshotSaved) -> None:
        self.activity = ""
        self.last_snapshot = event.iteration

    def _on_warned(self, event: Warned) -> None:
        self.warnings.append(event.message)

    def _on_predicted(self, event: PredictionDone) -> None:
        self.activity = ""
        self.predicted = (event.container, event.dataset)

    def _on_finished(self, event: RunFinished) -> None:
        self.activity = ""
        self.iteration = event.iteration

    def end(self) -> None:
        """Take note that the job ended, in whatever way: nothing goes on any more."""
        self._ended = True
        self.activity = ""

    def prepend(self, iterations: np.ndarray, losses: np.ndarray) -> None:
        """Put the losses of an earlier part of the run in front of the curve."""
        newer_x, newer_y = self.loss.x.copy(), self.loss.y.copy()
        if len(newer_x):
            before = iterations < newer_x[0]
            iterations, losses = iterations[before], losses[before]
        self.loss.cut(-np.inf)
        self.loss.extend(iterations, losses)
        self.loss.extend(newer_x, newer_y)

    @property
    def iterations_per_second(self) -> float:
        """Speed of the last iterations, validation left out (0 if unknown)."""
        return 1 / self._seconds if self._seconds > 0 else 0.0

    @property
    def waiting_share(self) -> float:
        """Share of the time, 0 to 1, that training waited for data."""
        return self._waited / self._seconds if self._seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimated time to the end, validation included; `None` if unknown."""
        if self._ended or not self._counted or not self.num_iterations:
            return None
        validation = self._validation_seconds / self._counted
        left = max(0, self.num_iterations - self.iteration)
        return left * (self._seconds + validation)
