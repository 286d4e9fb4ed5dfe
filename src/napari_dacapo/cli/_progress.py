"""Events as progress bars and lines of text."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Generator, Iterator
from functools import singledispatchmethod
from typing import TYPE_CHECKING

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from napari_dacapo import events
from napari_dacapo.runs import RunControl, StopRequestedError

from ._scores import parameter_text, score_text
from ._spent import SpentTime

if TYPE_CHECKING:
    from types import FrameType

    from rich.console import Console
    from rich.progress import TaskID

#: seconds between progress lines where there is no terminal for bars
LINE_SECONDS = 10.0
EXIT_STOPPED = 130

EventSource = Callable[[RunControl], Iterator[events.Event]]


def drain(source: EventSource) -> None:
    """Run a job to its end, showing progress.

    Ctrl-C or SIGTERM stops it with everything stored; a second one ends it at once. A
    stopped job ends the process with exit code 130.
    """
    control = RunControl()
    with _stop_on_interrupt(control), EventPrinter() as printer:
        try:
            for event in source(control):
                printer.show(event)
        except StopRequestedError:
            printer.line("stopped; what was finished is stored")
    if control.stop_requested:
        raise typer.Exit(EXIT_STOPPED)


@contextlib.contextmanager
def _stop_on_interrupt(control: RunControl) -> Generator[None]:
    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if control.stop_requested:
            raise KeyboardInterrupt
        control.stop()

    # what clusters and machines that shut down send first is SIGTERM
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, on_interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


class EventPrinter:
    """Shows events on the terminal: a bar per stage, a line for what matters."""

    def __init__(self, console: Console | None = None) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self._bars: dict[str, TaskID] = {}
        self._last_line = time.monotonic()
        self._spent = SpentTime()

    def __enter__(self) -> EventPrinter:
        self.progress.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.progress.stop()

    def line(self, text: str) -> None:
        """Print a line above the bars."""
        self.progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _bar(self, name: str, done: int, total: int, note: str = "") -> None:
        if name not in self._bars:
            self._bars[name] = self.progress.add_task(name, note="")
        bar = self._bars[name]
        self.progress.update(bar, completed=done, total=total, note=note)
        if not self.progress.console.is_terminal:
            self._line_of(bar)

    def _line_of(self, bar: TaskID) -> None:
        """Print progress as a line, now and then, for logs."""
        if time.monotonic() - self._last_line < LINE_SECONDS:
            return
        self._last_line = time.monotonic()
        task = self.progress.tasks[self.progress.task_ids.index(bar)]
        left = f", {task.time_remaining:.0f} s left" if task.time_remaining else ""
        note = f", {task.fields['note']}" if task.fields["note"] else ""
        self.line(
            f"{task.description} {task.completed:.0f}/{task.total:.0f}{note}{left}"
        )

    def _end(self, name: str) -> None:
        if name in self._bars:
            self.progress.remove_task(self._bars.pop(name))

    @singledispatchmethod
    def show(self, event: events.Event) -> None:
        """Show `event`; kinds that are not registered below say nothing."""

    @show.register
    def _(self, event: events.RunStarted) -> None:
        self.line(f"{event.run}: on {event.device} ({event.device_reason})")
        if 0 < event.start_iteration < event.num_iterations:
            self.line(f"going on at iteration {event.start_iteration}")

    @show.register
    def _(self, event: events.IterationDone) -> None:
        note = f"loss {event.loss:.4f}, {event.seconds + event.waited:.2f} s each"
        self._spent.add(event.spent)
        self._has_trained = True
        self._bar("train", event.iteration + 1, event.num_iterations, note)

    @show.register
    def _(self, event: events.BlockDone) -> None:
        self._bar(event.stage, event.done, event.total)
        if event.done == event.total:
            self._end(event.stage)

    @show.register
    def _(self, event: events.ScoresComputed) -> None:
        parameters = parameter_text(event.parameters)
        where = ", ".join(filter(None, [event.dataset, parameters]))
        self.line(f"iteration {event.iteration}, {where}: {score_text(event.scores)}")

    @show.register
    def _(self, event: events.Warned) -> None:
        self.line(f"note: {event.message}")

    @show.register
    def _(self, event: events.PredictionDone) -> None:
        self.line(f"wrote {event.container / event.dataset} in {event.seconds:.1f} s")

    @show.register
    def _(self, event: events.RunFinished) -> None:
        self.line(
            f"{event.run}: {event.reason.value} after {event.iteration} iterations"
        )
        if not self._has_trained:
            self.line(
                "nothing was left to train; go on with: napari-dacapo train "
                f"{event.run} --iterations N, with N greater than {event.iteration}"
            )
        if self._spent.shares:
            self.line(f"time of an iteration: {self._spent}")
