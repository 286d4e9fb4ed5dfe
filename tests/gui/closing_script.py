"""Opens napari, starts a job, and closes the window while the job works."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import napari
from gui_engines import training
from qtpy.QtCore import QTimer

from napari_dacapo.events import RunStarted
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._session import Session
from napari_dacapo.gui._state import RunState
from napari_dacapo.gui.training import TrainingWidget


def stubborn(control):
    yield RunStarted("stubborn", 0, 10, "cpu", "")
    time.sleep(60)


def real(folder):
    from gui_projects import run_config

    from napari_dacapo.runs import train

    return lambda control: train(
        run_config(folder / "data", num_iterations=10**6),
        project=folder / "project",
        control=control,
    )


def main(case, folder):
    sources = {"stubborn": stubborn, "real": real(folder)}
    viewer = napari.Viewer()
    session = Session.of(viewer)
    session.project_folder = folder / "project"
    widget = TrainingWidget(viewer)
    dock = viewer.window.add_dock_widget(widget, name="Training")
    session.run_name = "small"
    source = sources.get(case, training(total=0 if case == "idle" else 10**9))
    key = ("train", session.project_folder, "small")
    job = JobManager.instance().enqueue(source, "train small", key)
    wanted = RunState.DONE if case == "idle" else RunState.TRAINING
    if case == "paused":
        job.pause()
        wanted = RunState.PAUSED
    if case == "dock closed":
        dock.destroyOnClose()

    def close_when_ready():
        if job.state is wanted:
            timer.stop()
            sys.stdout.write(f"{time.time()}\n")
            sys.stdout.flush()
            viewer.close()

    timer = QTimer()
    timer.timeout.connect(close_when_ready)
    timer.start(50)
    napari.run()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
