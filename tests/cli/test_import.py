"""`import`: projects of the original DaCapo become usable runs."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
import torch

from napari_dacapo.store import Project

GOLDEN = Path("/work/shared/golden")
HERE = Path(__file__).parents[1] / "golden"


class _Hostile:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return type(self.path).touch, (self.path,)


@pytest.fixture
def original(tmp_path):
    """Unpack a project as DaCapo left it."""

    def unpack(name):
        place = HERE if (HERE / f"{name}.zip").exists() else GOLDEN
        if not (place / f"{name}.zip").exists():
            pytest.skip("the projects are not here")
        with zipfile.ZipFile(place / f"{name}.zip") as archive:
            archive.extractall(tmp_path)
        return tmp_path / "project"

    return unpack


@pytest.mark.parametrize(
    ("name", "run"), [("project_a", "first_run"), ("project_b", "first_run_multi")]
)
def test_an_imported_run_goes_on_and_predicts(command, original, tmp_path, name, run):
    base, session = original(name), ["--project", tmp_path / "ours"]
    done = command("import", base, *session)
    assert done.code == 0
    assert f"run {run}: checkpoints of iterations 3, 6" in done.out
    assert "task configs: distance_task" in done.out

    session += ["--device", "cpu"]
    done = command("train", run, "--iterations", 8, *session)
    assert done.code == 0, done.text
    assert "going on at iteration 6" in done.out
    assert "completed after 8 iterations" in done.out
    weights = Project.open(tmp_path / "ours").weights
    before, after = (weights.retrieve_weights(run, n)["model"] for n in (6, 8))
    assert any(not torch.equal(before[key], after[key]) for key in before)

    volume = tmp_path / "data" / "val.zarr" / "raw"
    done = command("predict", run, volume, "--output", tmp_path / "out", *session)
    assert done.code == 0, done.text
    assert (tmp_path / "out" / "val.zarr" / f"prediction_{run}_8" / "s0").exists()


def test_nothing_is_overwritten(command, original, tmp_path):
    base, session = original("project_a"), ["--project", tmp_path / "ours"]
    command("import", base, *session)
    table = tmp_path / "ours" / "runs" / "first_run" / "training.csv"
    before = table.read_bytes()
    done = command("import", base, *session)
    assert "has results of a run named 'first_run' already" in done.out
    assert table.read_bytes() == before


def test_data_that_are_somewhere_else(command, original, tmp_path):
    base = original("project_a")
    shutil.move(tmp_path / "data", tmp_path / "elsewhere")
    done = command("import", base, "--project", tmp_path / "lost")
    missing = tmp_path / "data" / "train.zarr"
    assert f"run 'first_run' needs data that are not here: {missing}" in done.out
    session = ["--project", tmp_path / "lost", "--device", "cpu"]
    refused = command("train", "first_run", "--iterations", 7, *session).refused()
    assert f"{missing} does not exist" in refused

    moved = f"{tmp_path / 'data'}={tmp_path / 'elsewhere'}"
    session = ["--project", tmp_path / "found"]
    done = command("import", base, "--moved", moved, *session)
    assert "not here" not in done.out
    config = Project.open(tmp_path / "found").configs.retrieve_run_config("first_run")
    assert config.verify()[0]


def test_hostile_files_are_left_out_with_a_sentence(command, original, tmp_path):
    base = original("project_a")
    weights = base / "first_run" / "checkpoints" / "iterations" / "3"
    torch.save({"model": _Hostile(tmp_path / "pwned")}, weights)
    done = command("import", base, "--project", tmp_path / "ours")
    assert done.code == 0
    (line,) = [x for x in done.out.splitlines() if "iterations/3 was left out" in x]
    assert "cannot be read safely" in line
    assert "run first_run: checkpoints of iterations 6, " in done.out
    assert not (tmp_path / "pwned").exists()


def test_what_is_no_project(command, tmp_path):
    refused = command("import", tmp_path, "--project", tmp_path / "ours").refused()
    assert "is no DaCapo project" in refused
    (tmp_path / "configs").mkdir()
    refused = command("import", tmp_path, "--project", tmp_path / "ours").refused()
    assert f"nothing of {tmp_path} was imported" in refused
    moved = ["--moved", "nonsense"]
    assert "OLD=NEW" in command("import", tmp_path, *moved).refused()
