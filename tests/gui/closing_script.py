"""Opens napari, brings work into a state, and closes the window in that state.

Writes "closed", the state and for how many seconds closing the window lasted, and at
last the time at which the process began to end.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import attrs
import napari
from gui_engines import failing, training
from gui_projects import run_config
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_dacapo.events import (
    BlockDone,
    IterationDone,
    RunStarted,
    ValidationStarted,
)
from napari_dacapo.geometry import Roi
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._session import Session
from napari_dacapo.gui._state import RunState, has_ended
from napari_dacapo.gui.training import TrainingWidget

ENDLESS = 10**9


def stubborn(control):
    yield RunStarted("stubborn", 0, 10, "cpu", "")
    time.sleep(60)


def preparing(control):
    while not control.stop_requested:
        time.sleep(0.01)
    yield from ()


def stopping(control):
    yield RunStarted("stopping", 0, 10, "cpu", "")
    while not control.stop_requested:
        time.sleep(0.01)
    time.sleep(1)  # stores its weights


def stages(*begin):
    """Return a source that is busy with blocks after the events `begin`."""

    def source(control):
        yield from begin
        while True:
            control.check()
            time.sleep(0.01)
            yield BlockDone("predict", 1, ENDLESS, Roi((0,), (8,)))

    return source


#: state to be closed in: what works, and the state of the job by then
CASES = {
    "idle": (None, None),
    "preparing": (preparing, RunState.PREPARING),
    "training": (training(ENDLESS), RunState.TRAINING),
    "paused": (training(ENDLESS), RunState.PAUSED),
    "validating": (
        stages(RunStarted("r", 0, 9, "cpu", ""), ValidationStarted(3, ("a",))),
        RunState.TRAINING,
    ),
    "predicting": (stages(), RunState.TRAINING),
    "stopping": (stopping, RunState.STOPPING),
    "failed": (failing(RuntimeError("broken")), RunState.FAILED),
    "done": (training(5), RunState.DONE),
}


def open_window(folder):
    viewer = napari.Viewer()
    session = Session.of(viewer)
    session.project_folder = folder / "project"
    widget = TrainingWidget(viewer)
    dock = viewer.window.add_dock_widget(widget, name="Training")
    session.run_name = "small"
    return viewer, session, dock


def enqueue(source, session, name="small"):
    key = ("train", session.project_folder, name)
    return JobManager.instance().enqueue(source, f"train {name}", key)


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(condition)
        QApplication.instance().processEvents()
        time.sleep(0.002)


def close(viewer, name):
    begin = time.monotonic()
    viewer.close()
    seconds = time.monotonic() - begin
    sys.stdout.write(f"closed {name} {seconds:.3f}\n")


def close_in_every_state(folder):
    for name, (source, state) in CASES.items():
        viewer, session, _ = open_window(folder)
        if source is None:
            close(viewer, name)
            continue
        job = enqueue(source, session)
        if state is RunState.STOPPING:
            wait_until(lambda job=job: job.state is RunState.TRAINING)
            job.stop()
        elif state is RunState.PAUSED:
            job.pause()
        wait_until(lambda job=job, state=state: job.state is state)
        close(viewer, name)
        wait_until(lambda job=job: has_ended(job.state), seconds=5)


def close_while_it_really_trains(folder):
    """Close during an iteration, then during a validation, then a run of its own."""
    from napari_dacapo.runs import train

    config = run_config(folder / "data", num_iterations=10**6, validation_interval=20)
    for name, event_kind in (("real", IterationDone), ("valid", ValidationStarted)):
        viewer, session, _ = open_window(folder)
        reached = threading.Event()

        def source(control, kind=event_kind, reached=reached):
            project = folder / "project"
            for event in train(config, project=project, control=control, check=False):
                yield event
                if isinstance(event, kind):
                    reached.set()

        job = enqueue(source, session, config.name)
        wait_until(reached.is_set)
        close(viewer, name)
        wait_until(lambda job=job: has_ended(job.state), seconds=5)
    viewer, session, _ = open_window(folder)
    session.own_process = True
    job = session.train(attrs.evolve(config, name="own"))
    wait_until(lambda: job.state is RunState.TRAINING)
    close(viewer, "detached")


def close_once(case, folder):
    """Close the window from within its event loop, as a user does."""
    viewer, session, dock = open_window(folder)
    sources = {"stubborn": stubborn, "nothing": training(total=0)}
    job = enqueue(sources.get(case, training(ENDLESS)), session)
    wanted = RunState.DONE if case == "nothing" else RunState.TRAINING
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


def main(case, folder):
    several = {"states": close_in_every_state, "real": close_while_it_really_trains}
    if case in several:
        several[case](folder)
        sys.stdout.write(f"{time.time()}\n")
        sys.stdout.flush()
    else:
        close_once(case, folder)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
