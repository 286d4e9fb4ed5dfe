"""Closing napari while something works, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("closing_script.py")

pytestmark = [pytest.mark.slow, pytest.mark.alone]


def close(case, folder):
    """Return after how many seconds the process ended, which must end cleanly."""
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), case, str(folder)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    now = time.time()
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Destroyed while thread" not in ended.stderr
    return now - float(ended.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """How long closing takes with nothing to stop, on this machine at this time."""
    return close("idle", tmp_path_factory.mktemp("idle"))


@pytest.mark.parametrize("case", ["training", "paused", "dock closed", "real"])
def test_closing_the_window_ends_the_process_cleanly(tmp_path, idle, case):
    # a busy machine takes longer for everything
    assert close(case, tmp_path) < 3 * idle + 3


def test_work_that_ignores_its_stop_is_left_behind(tmp_path, idle):
    # bounded waits: when the window closes, and no second time when Qt ends
    assert close("stubborn", tmp_path) < 3 * idle + 6
