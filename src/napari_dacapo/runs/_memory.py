"""What a training writes down as it goes on: statistics and checkpoints."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from napari_dacapo.errors import DataError, RunError
from napari_dacapo.events import CheckpointSaved

from ._checkpoints import save_checkpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_dacapo.stats import TrainingIterationStats
    from napari_dacapo.store import Project

    from .run import Run

logger = logging.getLogger(__name__)

#: statistics reach the disk at least this often
STATS_INTERVAL = 100
#: seconds after which a checkpoint is written even if no validation is due
CHECKPOINT_SECONDS = 300.0


class Memory:
    """Stores the statistics and checkpoints of one run."""

    def __init__(self, run: Run, project: Project) -> None:
        self._run, self._project = run, project
        self._pending: list[TrainingIterationStats] = []
        self._last_checkpoint = time.monotonic()
        self._checkpoint_seconds = 0.0

    def note(self, stats: TrainingIterationStats) -> None:
        """Take note of an iteration; it is stored now or soon."""
        self._pending.append(stats)
        if len(self._pending) >= STATS_INTERVAL:
            self._store()

    def forget(self) -> None:
        """Drop what was noted and not stored."""
        self._pending = []

    def rescue(self) -> None:
        """Store what was noted, if that is possible, at the end of a training."""
        try:
            self._store()
        except OSError:
            logger.exception("the last losses could not be stored")

    @property
    def checkpoint_is_due(self) -> bool:
        """Whether the last checkpoint is too long ago."""
        return time.monotonic() - self._last_checkpoint > CHECKPOINT_SECONDS

    def checkpoint(self) -> CheckpointSaved:
        """Store statistics and a checkpoint.

        Raises
        ------
        DivergedError
            If the weights are not finite.
        RunError
            If a file cannot be written.
        """
        iteration, begin = self._run.trainer.iteration, time.perf_counter()
        try:
            self._store()  # first: a checkpoint never lacks its statistics
            path = save_checkpoint(self._run, self._project)
        except (DataError, OSError) as error:
            raise RunError(
                f"training stopped after {iteration} iterations: {error}. Continue the "
                "run when this is mended; it goes on from the last checkpoint"
            ) from error
        self._last_checkpoint = time.monotonic()
        self._checkpoint_seconds += time.perf_counter() - begin
        return CheckpointSaved(iteration, path)

    def with_checkpoints(self, spent: Mapping[str, float]) -> dict[str, float]:
        """Return `spent` and the seconds of checkpoints since the last call, if any."""
        seconds, self._checkpoint_seconds = self._checkpoint_seconds, 0.0
        return {**spent, "checkpoint": seconds} if seconds else dict(spent)

    def _store(self) -> None:
        if self._pending:
            self._project.stats.append_training_stats(self._run.name, self._pending)
            self._pending = []
