"""`suggest` and what `train` says before it begins, in this process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "runs"))

from small_runs import small_run, write_volume

from napari_dacapo.cli._app import app
from napari_dacapo.cli._suggest import shown, value_at
from napari_dacapo.errors import ConfigError
from napari_dacapo.runs import RunConfig
from napari_dacapo.store.converter import load_yaml
from napari_dacapo.tasks import AffinitiesTaskConfig


@pytest.fixture
def volume(tmp_path):
    write_volume(tmp_path / "v.zarr", 3, 1)
    return [
        *("--raw", str(tmp_path / "v.zarr" / "raw")),
        *("--gt", str(tmp_path / "v.zarr" / "labels")),
    ]


def invoke(*arguments):
    runner = CliRunner(env={"COLUMNS": "300"})
    return runner.invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def test_a_table_and_a_config_that_train_takes(tmp_path, volume):
    output = tmp_path / "run.yaml"
    wanted = ["--task", "affinities", "--no-lsds", "--name", "cells"]

    said = invoke("suggest", *volume, *wanted, "--output", output).stdout

    [row] = [line for line in said.splitlines() if line.startswith("task_config  ")]
    assert "AffinitiesTask" in row
    assert "As asked for" in row
    assert "objects fill" in said or "Background is cut off" in said
    assert f"napari-dacapo train {output}" in said
    config = load_yaml(output, RunConfig)
    assert isinstance(config.task_config, AffinitiesTaskConfig)
    assert not config.task_config.lsds
    assert config.name == "cells"
    assert config.verify()[0]


def test_a_config_is_not_replaced_without_being_told(tmp_path, volume):
    output = tmp_path / "run.yaml"
    output.write_text("mine")
    with pytest.raises(ConfigError, match="exists already"):
        invoke("suggest", *volume, "--output", output)
    assert output.read_text() == "mine"
    invoke("suggest", *volume, "--output", output, "--overwrite")
    assert load_yaml(output, RunConfig).name == "run"


def test_nothing_to_look_at():
    with pytest.raises(ConfigError, match="nothing to train on"):
        invoke("suggest")


def test_descriptors_need_affinities(volume):
    with pytest.raises(ConfigError, match="belong to the task affinities"):
        invoke("train", *volume, "--task", "distance", "--lsds")


def test_values_are_found_by_their_paths(tmp_path):
    config = small_run(tmp_path)
    augment = value_at(config, "trainer_config.augments[1].scale")
    assert augment == (0.9, 1.1)
    assert shown(augment) == "(0.9, 1.1)"
    assert shown(config.task_config) == "DistanceTask"
    factors = config.architecture_config.downsample_factors
    assert shown(factors) == "(1, 2, 2)"
    assert shown([*factors, *factors]) == "2 x (1, 2, 2)"
    assert shown(0.1 + 0.2) == "0.3"
