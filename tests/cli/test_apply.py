"""From the command line to a segmented volume."""

from __future__ import annotations

import pytest
from small_runs import small_run, write_volume

from napari_dacapo.runs import train
from napari_dacapo.store import Project


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    config = small_run(folder, 2, num_iterations=2, validation_interval=2)
    assert list(train(config, project=Project.open(folder / "project"), device="cpu"))
    write_volume(folder / "new.zarr", 2, 5)
    return folder


def test_a_volume_is_predicted_and_segmented(trained, command, tmp_path):
    common = ("small", trained / "new.zarr" / "raw", "--output", tmp_path)
    project = ("--project", trained / "project")
    shared = ("--pad", *project)
    assert command("predict", *common, "--share", "1/2", *shared).code == 0
    assert command("predict", *common, *shared).code == 0
    place = tmp_path / "new.zarr" / "prediction_small_2" / "s0"
    told = command("segment", "small", place, "--set", "threshold=100", *project)
    assert told.code == 0
    assert "segmentation_small_2/s0" in told.text.replace("\n", "")
    again = command("apply", *common, *shared)
    assert "segmentation_small_2/s0 exists already" in again.refused()
    done = command(
        "apply", *common, "--criterion", "blob__f1_score", "--overwrite", *shared
    )
    assert done.code == 0, done.text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--set", "threshold"), "write NAME=VALUE"),
        (("--set", "thresh=3"), "no such parameter"),
        (("--criterion", "beauty"), "recorded: blob__f1_score, blob__voi"),
    ],
)
def test_odd_wishes_are_refused(trained, command, tmp_path, arguments, words):
    done = command(
        *("apply", "small", trained / "new.zarr" / "raw", "--output", tmp_path),
        *("--project", trained / "project", *arguments),
    )
    assert words in done.refused()


def test_a_misspelt_project_does_not_become_one(command, tmp_path):
    for arguments in (("list",), ("predict", "small", "a.zarr"), ("validate", "small")):
        done = command(*arguments, "--project", tmp_path / "typo")
        assert "there is no folder" in done.refused()
    assert not list(tmp_path.iterdir())


def test_a_path_that_is_no_array_is_refused(trained, command):
    project = ("--project", trained / "project")
    for path in (trained, trained / "new.zarr"):
        done = command("segment", "small", path, *project)
        assert "name an array inside a container" in done.refused()
