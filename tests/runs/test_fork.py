"""Runs that go on from a checkpoint of another, with changed fields."""

from __future__ import annotations

import shutil

import pytest
import torch
from small_runs import small_run
from typer.testing import CliRunner

from napari_dacapo import events
from napari_dacapo.cli._app import app
from napari_dacapo.errors import ConfigError, DataError, DuplicateNameError
from napari_dacapo.runs import Run, change_fields, fork, train
from napari_dacapo.store import Project


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project with a trained run, beside its data."""
    folder = tmp_path_factory.mktemp("fork")
    project = Project.open(folder / "project")
    list(train(small_run(folder, 2), project=project, device="cpu"))
    return folder


@pytest.fixture
def project(trained, tmp_path):
    shutil.copytree(trained / "project", tmp_path / "project")
    return Project.open(tmp_path / "project")


def stored(project):
    return project.configs.retrieve_run_config("small")


def of(found, kind):
    return [event for event in found if isinstance(event, kind)]


def test_goes_on_where_its_parent_was(project):
    config = change_fields(stored(project), "fork", {"num_iterations": 8})
    fork("small", config, iteration=4, project=project)

    found = list(train("fork", project=project, device="cpu"))

    done = [e.iteration for e in of(found, events.IterationDone)]
    assert done == [4, 5, 6, 7]
    one, other = (project.weights.retrieve_weights(n, 8) for n in ("small", "fork"))
    for name, tensor in one["model"].items():
        assert torch.equal(tensor, other["model"][name])
    stats = project.stats.retrieve_training_stats("fork").iteration_stats
    assert [s.iteration for s in stats] == list(range(8))
    assert {r.iteration for r in project.stats.validation_rows("fork")} == {4, 8}
    best = project.weights.best("fork")
    kept = project.weights.iterations("fork")
    assert {e["iteration"] for c in best.values() for e in c.values()} <= {*kept}


def test_changed_fields_count_and_are_recorded(project):
    changes = {"trainer_config.learning_rate": 1e-4, "num_iterations": 12}
    config = change_fields(stored(project), "fork", changes)
    assert fork("small", config, project=project) == changes

    found = list(train("fork", project=project, device="cpu"))

    rates = [e.learning_rate for e in of(found, events.IterationDone)]
    assert len(rates) == 4
    assert 0 < max(rates) <= 1e-4
    parent = {"kind": "fork", "run": "small", "iteration": 8, "changed": changes}
    assert project.read_run_record("fork")["parent"] == parent


def test_another_optimizer_begins_afresh(project):
    changes = {"trainer_config.optimizer": "adamw", "num_iterations": 10}
    fork("small", change_fields(stored(project), "fork", changes), project=project)
    assert of(train("fork", project=project, device="cpu"), events.RunFinished)


def test_what_cannot_be_forked(project):
    config = stored(project)
    with pytest.raises(DuplicateNameError, match="choose another name"):
        fork("small", config, project=project)
    with pytest.raises(ConfigError, match=r"trainer_config\.rate: there is no such"):
        change_fields(config, "fork", {"trainer_config.rate": 1})
    changed = change_fields(config, "fork", {"architecture_config.num_fmaps": 5})
    with pytest.raises(DataError, match=r"A fork keeps the network.*start_config"):
        fork("small", changed, project=project)
    assert project.run_names == ["small"]


def test_from_the_command_line(project):
    arguments = ["fork", "small", "other", "--project", str(project.folder)]
    setting = ["--set", "trainer_config.learning_rate=1e-5", "--iteration", "4"]
    result = CliRunner().invoke(app, [*arguments, *setting])
    assert result.exit_code == 0, result.output
    config = project.configs.retrieve_run_config("other")
    assert config.trainer_config.learning_rate == 1e-5

    listed = CliRunner().invoke(app, ["list", "--project", str(project.folder)])
    assert "small at 4" in listed.output


def test_a_start_is_recorded_with_what_was_loaded(project, tmp_path):
    from napari_dacapo.starts import StartConfig

    config = small_run(
        tmp_path, 2, name="started", start_config=StartConfig("small", 8)
    )
    list(train(config, project=project, device="cpu"))
    parent = project.read_run_record("started")["parent"]
    assert (parent["kind"], parent["run"], parent["criterion"]) == (
        "start",
        "small",
        "8",
    )
    assert "head channels taken over: blob" in parent["loaded"]


def test_a_fork_needs_no_start_weights(project):
    from napari_dacapo.starts import StartConfig

    config = change_fields(stored(project), "fork", {})
    config.start_config = StartConfig("gone", 3)
    fork("small", config, project=project)
    assert Run(config).start is not None
    assert of(train("fork", project=project, device="cpu"), events.RunFinished)
