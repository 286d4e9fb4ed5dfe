"""State, progress and speed of a run in two lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from napari_dacapo.gui._state import RunState
from napari_dacapo.gui.models import advice, details

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

    def show_state(self, state: RunState, ahead: int = 0) -> None:
        """Show the state; `ahead` jobs have to end before this one begins."""
        waiting = state is RunState.PREPARING and ahead > 0
        runs = "run" if ahead == 1 else "runs"
        self.state.setText(f"waiting for {ahead} {runs}" if waiting else _WORDS[state])

    def show_progress(self, progress: RunProgress) -> None:
        """Show iterations, time left and speed."""
        total = progress.num_iterations
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(min(progress.iteration, total))
        self.bar.setFormat(
            f"{progress.iteration:,} of {total:,} iterations" if total else ""
        )
        self._progress = details(progress)
        self.details.setToolTip(f"<qt>{advice(progress)}</qt>")
        self._show_details()

    def show_machine(self, progress: RunProgress, memory: MemoryUse) -> None:
        """Show what computes, why that, and the memory in use."""
        reason = f" ({progress.device_reason})" if progress.device_reason else ""
        device = f"{progress.device}{reason}" if progress.device else ""
        self._machine = [device, str(memory)]
        self._show_details()

    def _show_details(self) -> None:
        self.details.setText(" · ".join(filter(None, self._progress + self._machine)))
        self.details.setVisible(bool(self.details.text()))
