"""Closing napari while something works, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from napari_dacapo.runs import live_runs
from napari_dacapo.store import Project

SCRIPT = Path(__file__).with_name("closing_script.py")
#: how long closing may take at most, in seconds
LONGEST = 5.0

pytestmark = [pytest.mark.slow, pytest.mark.alone]


def close(case, folder):
    """Close napari in a process, which must end cleanly.

    Returns how long its end took, and the closing of its single windows, in seconds.
    """
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), case, str(folder)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    now = time.time()
    assert ended.returncode == 0, ended.stderr
    # the state "failed" leaves one in the log
    assert ended.stderr.count("Traceback") == (case == "states"), ended.stderr
    assert "Destroyed while thread" not in ended.stderr
    *lines, last = ended.stdout.strip().splitlines()
    words = [line.split() for line in lines if line.startswith("closed ")]
    return now - float(last), {name: float(seconds) for _, name, seconds in words}


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """How long closing takes with nothing to stop, on this machine at this time."""
    return close("nothing", tmp_path_factory.mktemp("idle"))[0]


def test_closing_in_every_state_is_quick_and_clean(tmp_path, idle):
    seconds, closed = close("states", tmp_path)
    assert seconds < 3 * idle + 3
    assert list(closed) == [
        "idle",
        "preparing",
        "training",
        "paused",
        "validating",
        "predicting",
        "stopping",
        "failed",
        "done",
    ]
    assert max(closed.values()) < LONGEST, closed


def test_a_closed_dock_does_not_keep_napari_open(tmp_path, idle):
    # a busy machine takes longer for everything
    assert close("dock closed", tmp_path)[0] < 3 * idle + 3


def test_work_that_ignores_its_stop_is_left_behind(tmp_path, idle):
    # bounded waits: when the window closes, and no second time when Qt ends
    assert close("stubborn", tmp_path)[0] < 3 * idle + 6


def test_real_trainings_lose_nothing_and_one_of_its_own_goes_on(tmp_path):
    _, closed = close("real", tmp_path)
    assert list(closed) == ["real", "valid", "detached"]
    assert max(closed.values()) < LONGEST, closed
    project = Project(tmp_path / "project")
    assert project.weights.latest_iteration("cells") == trained(project, "cells") > 1
    (run,) = live_runs(project)
    process = psutil.Process(run.holder.pid)
    try:
        assert process.status() != psutil.STATUS_ZOMBIE
        process.terminate()  # as a machine does that shuts down
        deadline = time.monotonic() + 60
        while live_runs(project) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not live_runs(project)
    finally:
        process.kill()
    assert project.weights.latest_iteration("own") == trained(project, "own") > 1


def trained(project, name):
    return len(project.stats.retrieve_training_stats(name).iteration_stats)
