"""Opens napari and measures the pauses of its event loop while a network learns.

Writes pauses in seconds: the longest when idle, when preparing (torch is imported) and
when training, and the percentile 99 when training.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import napari
import numpy as np
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
        self._pauses.append(now - self._last - INTERVAL)
        self._last = now

    def take(self):
        """Return the pauses since the last call."""
        pauses = getattr(self, "_pauses", [])
        self._last, self._pauses = time.perf_counter(), [0.0]
        return pauses


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
    found = [max(meter.take())]
    session.run_config = config
    widget.start_button.click()
    meter.take()
    process_events(lambda: session.monitor.state is RunState.TRAINING, 120)
    found.append(max(meter.take()))
    process_events(lambda: False, 5)
    pauses = meter.take()
    found += [max(pauses), np.percentile(pauses, 99)]
    sys.stdout.write(" ".join(f"{pause:.4f}" for pause in found) + "\n")
    sys.stdout.flush()
    viewer.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
