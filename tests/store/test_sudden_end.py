"""A process that is killed while it writes leaves files that can be read."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from napari_dacapo.stats import TrainingIterationStats
from napari_dacapo.store import Project

_WRITER = """
import sys
from pathlib import Path
from napari_dacapo.stats import TrainingIterationStats
from napari_dacapo.store import Project

project = Project(Path(sys.argv[1]))
print("ready", flush=True)
for i in range(10**6):
    project.stats.append_training_stats(
        "run", [TrainingIterationStats(i, i / 7, 0.123456789)]
    )
    project.weights.store_best("run", i, "x" * 5000, "voi", value=i / 7)
"""


@pytest.mark.parametrize("moment", [0.02, 0.1, 0.2])
def test_kill(tmp_path, moment):
    command = [sys.executable, "-c", _WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(moment)
        writer.kill()
    project = Project(tmp_path)
    stats = project.stats.retrieve_training_stats("run")
    for i, found in enumerate(stats.iteration_stats):
        assert found == TrainingIterationStats(i, i / 7, 0.123456789)
    done = stats.trained_until
    if (project.run_folder("run") / "best.yaml").exists():
        best = project.weights.retrieve_best("run", "x" * 5000, "voi")
        assert best in (done - 2, done - 1)
    again = [TrainingIterationStats(done, 0.5, 1.0)]
    project.stats.append_training_stats("run", again)
    assert project.stats.retrieve_training_stats("run").trained_until == done + 1
