"""Paints labels, waits until they are saved, and dies as in a crash."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication

from napari_dacapo.gui._autosave import Autosave

application = QApplication([])
viewer = ViewerModel()
autosave = Autosave(viewer, base=Path(sys.argv[1]))
labels = viewer.add_labels(
    np.zeros((4, 30, 40), np.uint16),
    name="mito",
    scale=(40, 4.6, 8),
    translate=(80, 2.3, 4),
    units=("nm",) * 3,
    axis_labels=("z", "y", "x"),
)
labels.paint((2, 10, 20), 7)
viewer.add_labels(np.ones((4, 4), np.uint8), name="only shown")
autosave.save()
deadline = time.monotonic() + 60
while not list(Path(sys.argv[1]).glob("*/*.npz")) and time.monotonic() < deadline:
    application.processEvents()
os.kill(os.getpid(), signal.SIGKILL)
