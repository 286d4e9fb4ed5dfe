"""The line above Start that says what a training would cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import Qt, QTimer, Slot
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from napari_dacapo.errors import DaCapoError
from napari_dacapo.events import Event, IterationDone
from napari_dacapo.runs.control import StopRequestedError

from ._jobs import JobManager
from ._torch_import import import_torch

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_dacapo.runs import Cost, RunConfig
    from napari_dacapo.runs.control import RunControl

    from ._job import Job

#: how long settings must rest before they are measured by themselves
DELAY_MILLISECONDS = 1500
WHILE_TRAINING = "What it costs cannot be measured while another run works."
OUTDATED = "settings have changed since"


@attrs.frozen
class _Failed(Event):
    """There is no cost to be told, and why."""

    reason: str


def measuring(run_config: RunConfig, device: str = "auto") -> Any:
    """Return a source of the events of a dry run, for a job."""

    def source(control: RunControl) -> Generator[Event, None, None]:
        import_torch()
        from napari_dacapo.runs import dry_run

        try:
            yield from dry_run(run_config, device=device, control=control)
        except StopRequestedError:
            raise
        except DaCapoError as error:
            yield _Failed(str(error))

    return source


class CostLine(QWidget):
    """Measures what the current run would cost, and says so in a few words.

    Nothing is measured while a run is trained or applied, and a measurement ends as
    soon as one begins: each would slow the other down.

    Attributes
    ----------
    button : QPushButton
        Starts and stops it; to be put wherever there is room.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run_config: RunConfig | None = None
        self._measured: RunConfig | None = None
        self._cost: Cost | None = None
        self._job: Job | None = None
        self._is_wanted = False
        self.label = QLabel()
        self.button = QPushButton()
        self._timer = QTimer(self)

        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MILLISECONDS)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label)
        self._timer.timeout.connect(self._on_rest)
        self.button.clicked.connect(self._on_clicked)
        JobManager.instance().job_added.connect(self._on_job_added)
        self._refresh()

    @property
    def cost(self) -> Cost | None:
        """What was measured for the current settings."""
        return self._cost if self._measured == self._run_config else None

    @property
    def is_busy(self) -> bool:
        """Whether something is being measured."""
        return self._job is not None

    def set_run(self, run_config: RunConfig | None) -> None:
        """Follow a change of the settings; `None` while they cannot be trained with."""
        plain = None if run_config is None else _without_name(run_config)
        if plain == self._run_config:
            return
        self._run_config = plain
        wanted = self._is_wanted
        if self._job is not None:
            self.stop()
        if wanted:
            self.measure_soon()
        self._refresh()

    def measure_soon(self) -> None:
        """Measure once the settings are known and rest, unless a run works then."""
        self._is_wanted = True
        self._timer.start()

    @Slot()
    def measure(self) -> None:
        """Measure the current settings, if there are any and no run works."""
        self._timer.stop()
        if self._run_config is None or self._job is not None:
            return
        if is_working():
            self._say(WHILE_TRAINING)
            return
        self._measured, self._cost = self._run_config, None
        job = JobManager.instance().start(
            measuring(self._run_config), "measure what the training costs"
        )
        job.events.connect(self._on_events)
        job.finished.connect(self._on_finished)
        self._job = job
        self._refresh()
        self._say("Measuring…")

    def stop(self) -> None:
        """End the measurement; what was measured before is outdated."""
        self._timer.stop()
        self._is_wanted = False
        job, self._job = self._job, None
        if job is not None:
            job.events.disconnect(self._on_events)
            job.finished.disconnect(self._on_finished)
            job.stop()
        self._measured = None
        self._refresh()

    @Slot()
    def _on_clicked(self) -> None:
        if self._job is None:
            self.measure()
        else:
            self.stop()

    @Slot()
    def _on_rest(self) -> None:
        if not is_working():
            self.measure()

    @Slot(object)
    def _on_job_added(self, job: Job) -> None:
        if job.key is not None and self._job is not None:
            self.stop()

    @Slot(object)
    def _on_events(self, events: list[Event]) -> None:
        from napari_dacapo.runs import Cost

        for event in events:
            if isinstance(event, IterationDone):
                done = f"{event.iteration + 1} of {event.num_iterations}"
                self._say(f"Measuring: iteration {done}…")
            elif isinstance(event, _Failed):
                self._say(f"What it costs is not known: {event.reason}")
            elif isinstance(event, Cost):
                self._cost = event

    @Slot()
    def _on_finished(self) -> None:
        self._job, self._is_wanted = None, False
        failed = self._cost is None
        text = self.label.text()
        self._refresh()
        if failed:
            self._say(text)

    def _say(self, text: str) -> None:
        self.label.setText(text)
        self.setVisible(bool(text))

    def _refresh(self) -> None:
        busy = self._job is not None
        self.button.setText("Stop" if busy else "Estimate cost")
        self.button.setToolTip(
            "<qt>Train a few iterations without storing anything, and tell speed, "
            "time, memory and room on the disk.</qt>"
        )
        self.button.setEnabled(busy or self._run_config is not None)
        cost = self._cost
        text, details = "", ""
        if cost is not None:
            text, details = str(cost), _details(cost)
            if self.cost is None:
                text = f"{text} · {OUTDATED}"
        self.label.setEnabled(self.cost is not None)
        self._say(text)
        self.label.setToolTip(details)


def is_working() -> bool:
    """Whether a run is trained or applied, or waits for that."""
    return any(job.key is not None for job in JobManager.instance().jobs)


def _without_name(run_config: RunConfig) -> RunConfig:
    """Return `run_config` without what costs nothing."""
    return attrs.evolve(run_config, name="run", repetition=0)


def _details(cost: Cost) -> str:
    """Return what the line has no room for, as a tooltip."""
    lines = [f"on disk, at most: {cost.disk}"] if cost.disk.total else []
    lines.append(f"time before the first iteration: {cost.preparation:.1f} s")
    if cost.validations:
        lines.append(
            f"{cost.validations} validations, each at least "
            f"{cost.validation_seconds:.1f} s for the prediction"
        )
    return "<qt>" + "<br>".join([*lines, *cost.notes]) + "</qt>"
