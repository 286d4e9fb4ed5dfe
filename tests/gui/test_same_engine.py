"""One engine behind the window and the command line: equal weights from one config."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from experiment_data import write_container
from user import LONG, click, drop_on, type_into

from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._session import Session
from napari_dacapo.gui._state import RunState
from napari_dacapo.gui.experiment import ExperimentWidget
from napari_dacapo.store import Project
from napari_dacapo.store.converter import dump_yaml

ITERATIONS = 3


@pytest.fixture
def shown_dock(shown_viewer):
    dock = ExperimentWidget(shown_viewer)
    shown_viewer.window.add_dock_widget(dock, name="Experiment", area="right")
    return dock


def command_line(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "napari_dacapo.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def weights(project, run):
    return project.weights.retrieve_weights(run, ITERATIONS)["model"]


def test_window_and_command_line_give_equal_weights(
    shown_dock, shown_viewer, tmp_path, qtbot
):
    container = write_container(tmp_path / "vol.zarr")
    by_command = tmp_path / "by_command"
    labels = f"{container}/labels/s0"
    arguments = ["--raw", f"{container}/raw/s0", "--gt", labels, "--name", "same"]
    arguments += ["--iterations", ITERATIONS, "--project", by_command]
    command_line("train", *arguments, "--device", "cpu")
    project = Project(by_command)
    run_config = project.configs.retrieve_run_config("same")
    assert list(project.arrays.snapshot_container("same").iterdir()), "the film"

    file = tmp_path / "same.yaml"
    file.write_text(dump_yaml(run_config))
    type_into(shown_dock.folder.line, tmp_path / "by_window")
    with qtbot.waitSignal(shown_dock.configs.loaded, timeout=LONG):
        drop_on(shown_dock, file)
    qtbot.waitUntil(shown_dock.start_button.isEnabled, timeout=LONG)
    assert shown_dock.form.value() == run_config
    click(shown_dock.start_button)
    monitor = Session.of(shown_viewer).monitor
    qtbot.waitUntil(lambda: monitor.state is RunState.DONE, timeout=LONG)
    qtbot.waitUntil(lambda: not JobManager.instance().jobs, timeout=LONG)
    ours, theirs = (
        weights(Project(tmp_path / folder), "same")
        for folder in ("by_window", "by_command")
    )
    assert list(ours) == list(theirs)
    for name, value in ours.items():
        assert torch.equal(value, theirs[name]), name
