"""State, progress and speed of a run in two lines."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from napari_dacapo.gui._state import RunState
from napari_dacapo.gui.models import advice, details, time_table

if TYPE_CHECKING:
    from napari_dacapo.gui._memory import MemoryUse
    from napari_dacapo.gui.models import RunProgress

_WORDS = {
    RunState.IDLE: "not training",
    RunState.PREPARING: "preparing",
    RunState.TRAINING: "training",
    RunState.PAUSED: "paused",
    RunState.STOPPING: "stopping: storing weights",
    RunState.DONE: "done",
    RunState.FAILED: "failed",
}

#: what time is spent on, where the name does not speak for itself
_SPENT_WORDS = {"data": "waiting for data"}


class RunStatus(QWidget):
    """Shows how far a run is; everything it shows is handed to it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._progress: list[str] = []
        self._machine: list[str] = []
        self.state = QLabel()
        self.bar = QProgressBar()
        self.details = QLabel()

        self.bar.setMaximumHeight(16)
        self.bar.setMinimumWidth(120)
        self.details.setWordWrap(True)
        self.details.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
        )
        self.show_state(RunState.IDLE)

        first = QHBoxLayout()
        first.addWidget(self.state)
        first.addWidget(self.bar, stretch=1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(first)
        layout.addWidget(self.details)
        self._show_details()

    def show_state(self, state: RunState, ahead: int = 0, where: str = "") -> None:
        """Show the state.

        Parameters
        ----------
        state : RunState
            The state.
        ahead : int
            How many jobs have to end before this one begins.
        where : str
            What works, if it is not this window.
        """
        waiting = state is RunState.PREPARING and ahead > 0
        runs = "run" if ahead == 1 else "runs"
        text = f"waiting for {ahead} {runs}" if waiting else _WORDS[state]
        working = state in (RunState.PREPARING, RunState.TRAINING, RunState.PAUSED)
        self.state.setText(f"{text} {where}" if where and working else text)

    def show_progress(self, progress: RunProgress) -> None:
        """Show iterations, time left and speed."""
        total = progress.num_iterations
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(min(progress.iteration, total))
        self.bar.setFormat(
            f"{progress.iteration:,} of {total:,} iterations" if total else ""
        )
        self._progress = details(progress)
        self.details.setToolTip(_tool_tip(progress))
        self._show_details()

    def show_machine(self, progress: RunProgress, memory: MemoryUse | None) -> None:
        """Show what computes, why that in short, and the memory in use, if known."""
        short = progress.device_reason.partition(";")[0]
        reason = f" ({short})" if short else ""
        device = f"{progress.device}{reason}" if progress.device else ""
        self._machine = [device, "" if memory is None else str(memory)]
        self._show_details()

    def _show_details(self) -> None:
        self.details.setText(" · ".join(filter(None, self._progress + self._machine)))
        self.details.setVisible(bool(self.details.text()))


def _tool_tip(progress: RunProgress) -> str:
    """Return where the time of an iteration goes, and what would make it faster."""
    rows = "".join(
        f"<tr><td>{_SPENT_WORDS.get(name, name)}</td>"
        f"<td align='right'>&nbsp;{1000 * seconds:.0f} ms</td>"
        f"<td align='right'>&nbsp;{share:.0%}</td></tr>"
        for name, seconds, share in time_table(progress)
    )
    table = f"An iteration takes:<table>{rows}</table>" if rows else ""
    device = (
        f"<p>{escape(progress.device_reason)}</p>" if progress.device_reason else ""
    )
    return f"<qt>{table}{advice(progress)}{device}</qt>"
