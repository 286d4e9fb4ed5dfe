"""Starting from earlier runs of a project."""

import pytest
import torch

from napari_dacapo.architectures import CNNectomeUNetConfig
from napari_dacapo.errors import DataError, DataNotFoundError
from napari_dacapo.nn import Model
from napari_dacapo.starts import Start, StartConfig, channels_of
from napari_dacapo.store import Project


def model(num_channels=2, seed=0, num_fmaps=4):
    torch.manual_seed(seed)
    config = CNNectomeUNetConfig("unet", (44, 44), 3, 1, num_fmaps, 2, [2])
    return Model(config.create_architecture(), torch.nn.Conv2d(3, num_channels, 1))


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    for iteration in (10, 20):
        state = {"model": model(seed=iteration).state_dict(), "iteration": iteration}
        project.weights.store_weights("old", iteration, state)
    project.weights.store_best("old", 10, "val", "f1_score", value=0.5)
    project.weights.store_best("old", 20, "val", "voi", value=0.5)
    project.weights.store_best("old", 20, "other/val", "voi", value=0.5)
    return project


def start(criterion, run="old"):
    config = StartConfig(run, criterion)
    return config.start_type(config)


@pytest.mark.parametrize(
    ("criterion", "iteration"),
    [
        ("10", 10),
        (20, 20),
        ("val/f1_score", 10),
        ("other/val/voi", 20),
        ("f1_score", 10),
    ],
)
def test_weights_are_found(project, criterion, iteration):
    new = model(seed=1)
    started = start(criterion)
    assert started.initialize_weights(new, project=project) is new
    expected = model(seed=iteration).state_dict()
    assert all(torch.equal(t, expected[n]) for n, t in new.state_dict().items())
    assert started.report.complete
    assert str(started) == f"old/{criterion}"


@pytest.mark.parametrize(
    ("run", "criterion", "message"),
    [
        ("old", "15", "no checkpoint of iteration 15; stored: 10, 20"),
        ("old", "val/iou", "no best result on dataset 'val' by 'iou'"),
        (
            "old",
            "voi",
            "does not say which weights of run 'old' to take; write one of: "
            "val/f1_score, val/voi, other/val/voi, 10, 20",
        ),
        ("none", "voi", "write one of: none"),
    ],
)
def test_weights_that_do_not_exist(project, run, criterion, message):
    with pytest.raises(DataNotFoundError, match=message):
        start(criterion, run).initialize_weights(model(), project=project)


def test_head_is_matched_with_the_channels_of_the_old_run(project):
    task = {"__type__": "DistanceTaskConfig", "channels": ["mito", "er"]}
    project.write_run_record("old", {"config": {"task_config": task}})
    new, started = model(num_channels=3, seed=1), start("10")
    started.initialize_weights(new, ["er", "nucleus", "golgi"], project=project)
    assert started.channels == ["mito", "er"]
    assert started.report.channels == ("er",)
    old = model(seed=10).prediction_head.weight
    assert torch.equal(new.prediction_head.weight[0], old[1])


def test_network_without_anything_in_common_is_refused(project):
    with pytest.raises(DataError, match="not even its encoder"):
        start("10").initialize_weights(model(num_fmaps=6), project=project)


def test_project_of_the_options_is_the_default(project, monkeypatch):
    options = project.folder / "options.yaml"
    options.write_text(f"runs_base_dir: {project.folder}\n")
    monkeypatch.setenv("DACAPO_OPTIONS_FILE", str(options))
    started = start("20")
    started.initialize_weights(model())
    assert started.report.complete


@pytest.mark.parametrize(
    ("task", "channels"),
    [
        ({"channels": ["a", "b"]}, ["a", "b"]),
        ({"classes": ["bg", "a"]}, ["bg", "a"]),
        ({"sub_task_config": {"channels": ["a"]}}, ["a"]),
        ({"neighborhood": [[1, 0]]}, None),
    ],
)
def test_channels_of_a_stored_task(task, channels):
    assert channels_of(task) == channels


def test_channels_of_a_task_config():
    from napari_dacapo.tasks import DistanceTaskConfig

    task = DistanceTaskConfig("task", ["mito"], clip_distance=50, tol_distance=10)
    assert channels_of(task) == ["mito"]


def test_config():
    assert StartConfig.start_type is Start
    assert StartConfig("old", "10").verify() == (True, "start from old/10")
    assert StartConfig("old", " ").verify() == (
        False,
        "criterion: say which weights to start from",
    )
