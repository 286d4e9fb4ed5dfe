"""How far a prediction is, as told by its events."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from napari_dacapo.events import (
    BlockDone,
    PredictionDone,
    PredictionStarted,
    RunStarted,
)
from napari_dacapo.runs._cost import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari_dacapo.events import Event

#: weight of the newest block in the running mean of the speed
_SHARE = 0.1


class PredictionProgress:
    """Blocks, speed and time left of one prediction.

    Parameters
    ----------
    clock : callable
        Returns seconds.

    Attributes
    ----------
    started : PredictionStarted or None
        Where the output is, once it exists.
    done, total : int
        Blocks of the current stage.
    stage : str
        What is going on.
    finished : PredictionDone or None
        The end.
    run, iteration : str, int
        Which weights.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.started: PredictionStarted | None = None
        self.finished: PredictionDone | None = None
        self.run = self.stage = ""
        self.iteration = self.done = self.total = 0
        self._clock = clock
        self._last: float | None = None
        self._seconds = self._voxels = 0.0

    def add(self, events: Iterable[Event]) -> list[BlockDone]:
        """Take note of `events`; return the blocks that were predicted."""
        blocks = []
        for event in events:
            if isinstance(event, RunStarted):
                self.run, self.iteration = event.run, event.start_iteration
            elif isinstance(event, PredictionStarted):
                self.started = event
                self.done, self.total = event.done, event.total
                self._last = self._clock()
            elif isinstance(event, PredictionDone):
                self.finished, self.stage = event, ""
            elif isinstance(event, BlockDone):
                self.stage, self.done, self.total = event.stage, event.done, event.total
                if event.stage == "predict":
                    blocks.append(event)
        self._count(blocks)
        return blocks

    def hold(self) -> None:
        """Let the time until the next block not count: there is a pause."""
        self._last = None

    def _count(self, blocks: list[BlockDone]) -> None:
        if not blocks or self.started is None:
            return
        now, last, self._last = self._clock(), self._last, self._clock()
        if last is None:
            return
        # several blocks may arrive at once
        seconds = (now - last) / len(blocks)
        size = self.started.voxel_size
        voxels = sum(math.prod(b.roi.shape / size) for b in blocks) / len(blocks)
        share = _SHARE if self._seconds else 1.0
        self._seconds += share * (seconds - self._seconds)
        self._voxels += share * (float(voxels) - self._voxels)

    @property
    def voxels_per_second(self) -> float:
        """Output voxels per second, lately (0 if unknown)."""
        return self._voxels / self._seconds if self._seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimated time until all blocks are predicted; `None` if unknown."""
        if not self._seconds or self.stage != "predict":
            return None
        return (self.total - self.done) * self._seconds

    def __str__(self) -> str:
        if not self.total:
            return ""
        facts = [f"{self.stage or 'predict'}: {self.done:,} of {self.total:,} blocks"]
        left = self.seconds_left
        if left:
            facts.append(f"{duration(left)} left")
        if self.voxels_per_second:
            facts.append(f"{count(self.voxels_per_second)} voxels/s")
        return " · ".join(facts)


def count(number: float) -> str:
    """Return a large number in words.

    >>> count(123), count(45_600), count(1_230_000)
    ('123', '46 thousand', '1.2 million')
    """
    for size, word in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if number >= size:
            digits = 1 if number < 10 * size else 0
            return f"{number / size:.{digits}f} {word}"
    return f"{number:.0f}"
