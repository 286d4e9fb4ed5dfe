"""A training in a process of its own, through the window."""

from __future__ import annotations

import psutil
import pytest
from gui_projects import run_config

from napari_dacapo.gui._detached import DetachedJob
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._session import Session
from napari_dacapo.gui._state import RunState
from napari_dacapo.gui.training import TrainingWidget
from napari_dacapo.runs import live_runs

LONG = 60_000


@pytest.fixture
def kill(project):
    """Kill the process that trains; at the latest when the test ends."""

    def kill():
        for run in live_runs(project):
            process = psutil.Process(run.holder.pid)
            process.kill()
            psutil.wait_procs([process], timeout=10)

    yield kill
    kill()


def begin(viewer, session, config, qtbot):
    """Start a training in a process of its own, and close the window."""
    widget = TrainingWidget(viewer)
    session.run_config = config
    widget.own_process.click()
    widget.start_button.click()
    job = session.monitor.job
    qtbot.waitUntil(lambda: job.progress.iteration > 2, timeout=LONG)
    assert widget.status.state.text() == "training in its own process"
    assert session.train(config.name) is job, "not twice"
    widget.iterations.setValue(80_000)
    qtbot.wait(100)  # the command is on its way
    viewer.window.add_dock_widget(widget, name="Training").destroyOnClose()
    assert JobManager.instance().stop_and_wait(), "as when napari is closed"
    qtbot.waitUntil(lambda: not JobManager.instance().jobs)
    Session.forget_all()


@pytest.mark.slow
def test_a_process_of_its_own_is_found_again_steered_and_missed(
    viewer, session, project, qtbot, tmp_path, kill, notifications
):
    config = run_config(tmp_path / "data", num_iterations=100_000)
    begin(viewer, session, config, qtbot)
    (run,) = live_runs(project)

    session = Session.of(viewer)
    session.project_folder = project.folder
    monitor, widget = session.monitor, TrainingWidget(viewer)
    widget.detached_runs.look()
    qtbot.waitUntil(lambda: monitor.state is RunState.TRAINING, timeout=LONG)
    assert isinstance(monitor.job, DetachedJob)
    assert session.run_name == "cells"
    assert "cells</a>" in widget.detached_runs.text()
    qtbot.waitUntil(lambda: len(monitor.progress.loss) > 10, timeout=LONG)
    iterations = list(monitor.progress.loss.x)
    assert iterations == list(range(len(iterations))), "from the first one on"
    assert monitor.progress.num_iterations == 80_000
    widget.pause_button.click()
    qtbot.waitUntil(lambda: monitor.state is RunState.PAUSED, timeout=LONG)
    assert widget.pause_button.text() == "Resume"
    widget.pause_button.click()
    qtbot.waitUntil(lambda: monitor.state is RunState.TRAINING, timeout=LONG)

    kill()
    qtbot.waitUntil(lambda: monitor.state is RunState.FAILED, timeout=LONG)
    assert "ended from outside" in notifications[-1].message
    assert not psutil.pid_exists(run.holder.pid), "no zombie"
    qtbot.waitUntil(lambda: widget.start_button.text() == "Continue", timeout=LONG)
    kept = project.weights.latest_iteration("cells")
    widget.iterations.setValue(kept + 2)
    widget.start_button.click()
    assert not isinstance(monitor.job, DetachedJob)
    qtbot.waitUntil(lambda: monitor.state is RunState.DONE, timeout=LONG)
    assert monitor.progress.iteration == kept + 2
