"""Frozen events that long work (train, validate, predict) yields to its caller.

Every long job is a plain generator of these objects: the command line prints them, the
window plots them and a test puts them in a list. None holds a tensor or an open file.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs

from .geometry import Coordinate, Roi


class FinishReason(StrEnum):
    """Why a job ended."""

    COMPLETED = "completed"
    STOPPED = "stopped"
    NO_IMPROVEMENT = "ended early, as it got no better,"


@attrs.frozen
class Event:
    """Base of all events."""


@attrs.frozen
class RunStarted(Event):
    """Work on a run begins (or goes on) at `start_iteration`."""

    run: str
    start_iteration: int
    num_iterations: int
    device: str
    device_reason: str


@attrs.frozen
class IterationDone(Event):
    """One optimizer step was made; `iteration` counts from 0."""

    iteration: int
    num_iterations: int
    loss: float
    seconds: float
    waited: float
    """Seconds that the batch was waited for, before the `seconds` of the step."""
    learning_rate: float
    spent: Mapping[str, float] = attrs.field(factory=dict, hash=False)
    """Seconds by what they were spent on: "data" (the wait), "transfer" (to the
    device), "forward", "backward", "optimizer", perhaps "snapshot" and "checkpoint"
    (the one before this iteration), and "outside": by who takes the events, since the
    iteration before."""


@attrs.frozen
class RolledBack(Event):
    """The training diverged in `diverged_at` and goes on from `iteration`.

    `iteration` are completed and count; what came after them is discarded.
    """

    iteration: int
    diverged_at: int
    learning_rate_factor: float
    reason: str


@attrs.frozen
class CheckpointSaved(Event):
    """A checkpoint holding `iteration` completed iterations is safely on disk."""

    iteration: int
    path: Path


@attrs.frozen
class SnapshotSaved(Event):
    """What the network saw and predicted at `iteration` was stored."""

    iteration: int
    container: Path


@attrs.frozen
class BlockDone(Event):
    """Block `done` (from 1) of `total` of `stage` was written; `roi` in world units."""

    stage: str
    done: int
    total: int
    roi: Roi


@attrs.frozen
class ValidationStarted(Event):
    """Validation after `iteration` completed iterations begins."""

    iteration: int
    datasets: tuple[str, ...]


@attrs.frozen
class ScoresComputed(Event):
    """One post-processing result was scored.

    `scores` maps criterion to value (NaN if undefined); `output` and `prediction` are
    ``(container, dataset)`` of the stored arrays.
    """

    iteration: int
    dataset: str
    parameters: Any
    scores: dict[str, float]
    prediction: tuple[Path, str]
    output: tuple[Path, str]


@attrs.frozen
class BestUpdated(Event):
    """`criterion` on `dataset` is better than ever before."""

    dataset: str
    criterion: str
    iteration: int
    parameters: Any
    value: float


@attrs.frozen
class ValidationDone(Event):
    """All datasets and parameters of this validation were scored."""

    iteration: int
    seconds: float


@attrs.frozen
class Paused(Event):
    """The job waits until it is told to go on; `iteration` are completed."""

    iteration: int


@attrs.frozen
class Resumed(Event):
    """The job goes on after a pause."""

    iteration: int


@attrs.frozen
class Warned(Event):
    """Something the user should know; the job goes on."""

    message: str


@attrs.frozen
class PredictionStarted(Event):
    """The output `dataset` of `container` exists and is filled block by block.

    `roi` and `voxel_size` in world units; `done` of `total` blocks were finished by an
    earlier attempt.
    """

    container: Path
    dataset: str
    roi: Roi
    voxel_size: Coordinate
    done: int
    total: int


@attrs.frozen
class PredictionDone(Event):
    """A prediction is complete in `container` at `dataset`."""

    container: Path
    dataset: str
    seconds: float


@attrs.frozen
class RunFinished(Event):
    """The job ended after `iteration` completed iterations, with everything stored."""

    run: str
    iteration: int
    reason: FinishReason = attrs.field(converter=FinishReason)
