"""The command line as a user meets it: in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "runs"))

from small_runs import small_run, write_volume

from napari_dacapo.store import Project
from napari_dacapo.store.converter import dump_yaml

COMMAND = [sys.executable, "-m", "napari_dacapo.cli"]


def call(*arguments, **options):
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
        **options,
    )


def complaint(*arguments):
    """Return the one line with which bad input is refused."""
    done = call(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project with a run that was trained by the command line from a YAML file."""
    folder = tmp_path_factory.mktemp("trained")
    config = folder / "small.yaml"
    config.write_text(dump_yaml(small_run(folder)))
    done = call("train", config, "--project", folder / "project", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_train_from_yaml_shows_device_scores_and_the_end(trained):
    _, output = trained
    assert "on cpu" in output
    assert "iteration 8, validate3, threshold 127: blob__dice" in output
    assert "completed after 8 iterations" in output
    assert "time of an iteration: " in output


def test_list_shows_the_run_and_its_best_scores(trained):
    folder, _ = trained
    done = call("list", "--project", folder / "project")
    assert done.returncode == 0
    assert "small" in done.stdout
    assert "f1_score" in done.stdout


def test_validate_again_and_predict(trained):
    folder, _ = trained
    session = ["--project", folder / "project", "--device", "cpu"]
    done = call("validate", "small", "--iteration", 8, *session)
    assert done.returncode == 0, done.stderr
    assert "iteration 8, validate3" in done.stdout

    volume = folder / "validate3.zarr" / "raw"
    done = call("predict", "small", volume, "--output", folder / "out", *session)
    assert done.returncode == 0, done.stderr
    result = folder / "out" / "validate3.zarr" / "prediction_small_8" / "s0"
    assert str(result) in done.stdout.replace("\n", "")
    assert result.exists()

    again = ["predict", "small", volume, "--output", folder / "out", *session]
    assert "exists already" in complaint(*again)

    project = ["--project", folder / "project"]
    done = call("segment", "small", result, "--set", "threshold=100", *project)
    assert done.returncode == 0, done.stderr
    assert (result.parents[1] / "segmentation_small_8" / "s0").exists()
    again = ["apply", "small", volume, "--output", folder / "out", *session]
    assert "segmentation_small_8/s0 exists already" in complaint(*again)


def test_the_command_line_gives_the_weights_of_python(trained, tmp_path):
    import torch

    from napari_dacapo.runs import train

    folder, _ = trained
    list(train(small_run(folder), project=tmp_path, device="cpu"))
    one, other = (
        Project.open(place).weights.retrieve_weights("small", 8)["model"]
        for place in (tmp_path, folder / "project")
    )
    assert all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_ctrl_c_stops_and_keeps(tmp_path):
    config = tmp_path / "long.yaml"
    run = small_run(tmp_path, num_iterations=100_000, validation_interval=100_000)
    config.write_text(dump_yaml(run))
    project = tmp_path / "project"
    process = subprocess.Popen(
        [*COMMAND, "train", config, "--project", project, "--device", "cpu"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    table = project / "runs" / "small" / "training.csv"
    for _ in range(600):
        if table.exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)

    assert process.returncode == 130, errors
    assert "stopped after" in output
    assert Project.open(project).weights.latest_iteration("small") >= 100


def test_train_directly_from_volumes(tmp_path):
    for name, seed in (("train", 1), ("check", 2)):
        write_volume(tmp_path / f"{name}.zarr", 2, seed)
    done = call(
        "train",
        *("--raw", tmp_path / "train.zarr" / "raw"),
        *("--gt", tmp_path / "train.zarr" / "labels"),
        *("--validate-raw", tmp_path / "check.zarr" / "raw"),
        *("--validate-gt", tmp_path / "check.zarr" / "labels"),
        *("--class", "blob", "--name", "direct", "--iterations", 3),
        *("--project", tmp_path / "project", "--device", "cpu"),
    )
    assert done.returncode == 0, done.stderr
    assert "a typical object is" in done.stdout
    assert Project.open(tmp_path / "project").weights.latest_iteration("direct") == 3


def test_doctor_tells_the_device_and_versions():
    done = call("doctor")
    assert done.returncode == 0
    assert "device: " in done.stdout
    assert "torch: " in done.stdout


def test_version():
    from napari_dacapo import __version__

    assert call("--version").stdout.strip() == __version__


def test_a_finished_run_can_be_trained_on(trained):
    folder, _ = trained
    done = call(
        *("train", "small", "--iterations", 9),
        *("--project", folder / "project", "--device", "cpu"),
    )
    assert done.returncode == 0, done.stderr
    assert "going on at iteration 8" in done.stdout
    assert Project.open(folder / "project").weights.latest_iteration("small") == 9


class TestBadInput:
    def test_settings_beside_a_run_that_has_its_own(self, trained):
        folder, _ = trained
        text = complaint(
            "train", "small", "--name", "x", "--project", folder / "project"
        )
        assert "has its own data and settings" in text

    def test_a_missing_file(self, tmp_path):
        assert "does not exist" in complaint("train", tmp_path / "none.yaml")

    def test_a_missing_volume(self, tmp_path):
        raw = tmp_path / "none.zarr" / "raw"
        assert "none.zarr" in complaint("train", "--raw", raw, "--gt", raw)

    def test_a_wrong_key(self, tmp_path):
        write_volume(tmp_path / "v.zarr", 2, 1)
        text = complaint(
            *("train", "--raw", tmp_path / "v.zarr" / "row"),
            *("--gt", tmp_path / "v.zarr" / "labels"),
        )
        assert "row" in text
        assert "raw" in text

    def test_labels_that_mark_nothing(self, tmp_path):
        write_volume(tmp_path / "v.zarr", 2, 1)
        text = complaint(
            *("train", "--raw", tmp_path / "v.zarr" / "raw"),
            *("--gt", tmp_path / "v.zarr" / "labels", "--class", "none=987"),
        )
        assert "nothing is labelled" in text

    def test_a_typo_in_a_field(self, tmp_path):
        config = tmp_path / "typo.yaml"
        text = dump_yaml(small_run(tmp_path))
        config.write_text(text.replace("batch_size", "batch_sise"))
        said = complaint("train", config)
        assert "batch_sise" in said
        assert "batch_size" in said

    def test_raw_without_labels(self, tmp_path):
        assert "--gt 0 times" in complaint("train", "--raw", tmp_path)

    def test_nothing_at_all(self):
        assert "nothing to train on" in complaint("train")

    @pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() == 0,
        reason="root may write everywhere",
    )
    def test_a_folder_that_cannot_be_written(self, tmp_path):
        tmp_path.chmod(0o500)
        config = small_run(tmp_path)
        assert "cannot be written" in complaint("train", config, "--project", tmp_path)

    def test_a_project_below_a_file(self, tmp_path):
        (tmp_path / "file").write_text("")
        config = tmp_path / "small.yaml"
        config.write_text(dump_yaml(small_run(tmp_path)))
        project = tmp_path / "file" / "project"
        assert "file" in complaint("train", config, "--project", project)

    def test_an_unknown_device(self, tmp_path):
        config = tmp_path / "small.yaml"
        config.write_text(dump_yaml(small_run(tmp_path)))
        text = complaint(
            "train", config, "--project", tmp_path / "p", "--device", "gpu"
        )
        assert "'gpu'" in text

    def test_an_unknown_run(self, tmp_path):
        assert "nobody" in complaint("validate", "nobody", "--project", tmp_path)
