"""Opens napari and measures the pauses of its event loop while a network learns.

Writes the longest pause in seconds: idle, preparing (torch is imported), training.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import napari
from gui_projects import run_config
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_dacapo.gui._session import Session
from napari_dacapo.gui._state import RunState
from napari_dacapo.gui.training import TrainingWidget

INTERVAL = 0.02


class PauseMeter:
    """Measures with a timer how long the event loop does not come round."""

    def __init__(self):
        self._timer = QTimer()
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start(int(INTERVAL * 1000))
        self.take()

    def _on_timeout(self):
        now = time.perf_counter()
        self._longest = max(self._longest, now - self._last - INTERVAL)
        self._last = now

    def take(self):
        longest = getattr(self, "_longest", 0.0)
        self._last, self._longest = time.perf_counter(), 0.0
        return longest


def process_events(until, seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end and not until():
        QApplication.instance().processEvents()
        time.sleep(0.001)


def main(folder):
    config = run_config(folder / "data", num_iterations=10**6)
    viewer = napari.Viewer()
    session = Session.of(viewer)
    session.project_folder = folder / "project"
    widget = TrainingWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Training")
    process_events(lambda: False, 2)
    meter = PauseMeter()
    process_events(lambda: False, 3)
    found = [meter.take()]
    session.run_config = config
    widget.start_button.click()
    meter.take()
    process_events(lambda: session.monitor.state is RunState.TRAINING, 120)
    found.append(meter.take())
    process_events(lambda: session.monitor.progress.iteration > 20, 10)
    found.append(meter.take())
    sys.stdout.write(" ".join(f"{pause:.4f}" for pause in found) + "\n")
    sys.stdout.flush()
    viewer.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
