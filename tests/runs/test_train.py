"""Training from real files: events, resume, stop, kill, and what is stored."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from small_runs import small_run

from napari_dacapo import events
from napari_dacapo.errors import ConfigError, DuplicateNameError
from napari_dacapo.runs import Run, RunControl, train
from napari_dacapo.store import Project

THIS_FOLDER = str(Path(__file__).parent)


@pytest.fixture
def project(tmp_path):
    return Project.open(tmp_path / "project")


def weights_of(project, name, iteration):
    return project.weights.retrieve_weights(name, iteration)["model"]


def assert_same_weights(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("dims", [2, 3])
def test_training_tells_what_it_does_and_stores_it(tmp_path, project, dims):
    config = small_run(tmp_path, dims)

    told = list(train(config, project=project, device="cpu"))

    assert isinstance(told[0], events.RunStarted)
    assert told[0].device == "cpu"
    iterations = [e.iteration for e in told if isinstance(e, events.IterationDone)]
    assert iterations == list(range(8))
    assert told[-1] == events.RunFinished("small", 8, events.FinishReason.COMPLETED)
    stats = project.stats.retrieve_training_stats("small")
    assert [s.iteration for s in stats.iteration_stats] == iterations
    assert {r.iteration for r in project.stats.validation_rows("small")} == {4, 8}
    assert project.weights.latest_iteration("small") == 8
    record = project.read_run_record("small")
    assert record["seed"] == 0
    assert record["versions"]["torch"] == torch.__version__
    assert "sha256_of_middle" in record["data"][f"train{dims}"]["raw"]


def test_weights_change_and_the_model_learns(tmp_path, project):
    config = small_run(tmp_path, 2, num_iterations=160, validation_interval=80)
    before = Run(config).model.state_dict()

    told = list(train(config, project=project, device="cpu"))

    after = weights_of(project, "small", 160)
    assert any(not torch.equal(before[key], after[key]) for key in before)
    scores = [e.scores for e in told if isinstance(e, events.ScoresComputed)]
    floor = 0.47  # of calling everything foreground
    assert max(s["blob__dice"] for s in scores) > floor + 0.2


@pytest.mark.parametrize("fetchers", [0, 2])
def test_interrupted_training_ends_with_the_weights_of_an_uninterrupted_one(
    tmp_path, project, fetchers
):
    whole = small_run(tmp_path, name="whole", fetchers=fetchers)
    list(train(whole, project=project, device="cpu"))
    parts = small_run(tmp_path, name="parts", fetchers=fetchers)
    control = RunControl()
    for event in train(parts, project=project, device="cpu", control=control):
        if isinstance(event, events.IterationDone) and event.iteration == 2:
            control.stop()
    assert project.weights.latest_iteration("parts") == 3

    list(train("parts", project=project, device="cpu"))

    assert_same_weights(
        weights_of(project, "whole", 8), weights_of(project, "parts", 8)
    )
    losses = [
        [s.loss for s in project.stats.retrieve_training_stats(name).iteration_stats]
        for name in ("whole", "parts")
    ]
    assert losses[0] == losses[1]


def test_equal_configs_give_equal_weights_and_repetitions_differ(tmp_path, project):
    for name, repetition in (("one", 0), ("same", 0), ("other", 1)):
        config = small_run(tmp_path, name=name, repetition=repetition)
        list(train(config, project=project, device="cpu"))

    one, same, other = (weights_of(project, n, 8) for n in ("one", "same", "other"))
    assert_same_weights(one, same)
    assert any(not torch.equal(one[key], other[key]) for key in one)


def test_a_stop_is_honoured_at_once_and_keeps_everything(tmp_path, project):
    control = RunControl()
    told = []
    config = small_run(tmp_path, num_iterations=1000, validation_interval=1000)
    for event in train(config, project=project, device="cpu", control=control):
        told.append(event)
        if isinstance(event, events.IterationDone) and event.iteration == 1:
            control.stop()

    assert isinstance(told[-2], events.CheckpointSaved)
    assert told[-1] == events.RunFinished("small", 2, events.FinishReason.STOPPED)
    assert project.weights.latest_iteration("small") == 2


def test_closing_the_generator_keeps_the_statistics(tmp_path, project):
    training = train(small_run(tmp_path), project=project, device="cpu")
    for event in training:
        if isinstance(event, events.IterationDone) and event.iteration == 2:
            break
    training.close()

    stats = project.stats.retrieve_training_stats("small")
    assert stats.trained_until == 3


def test_a_pause_stores_a_checkpoint_and_waits(tmp_path, project):
    control = RunControl()
    told = []
    for event in train(
        small_run(tmp_path), project=project, device="cpu", control=control
    ):
        told.append(type(event))
        if isinstance(event, events.IterationDone) and event.iteration == 1:
            control.pause()
        if isinstance(event, events.Paused):
            assert project.weights.latest_iteration("small") == 2
            control.resume()

    paused = told.index(events.Paused)
    assert told[paused - 1] is events.CheckpointSaved
    assert told[paused + 1] is events.Resumed
    assert told[-1] is events.RunFinished


def test_more_iterations_can_be_asked_for_while_training_and_afterwards(
    tmp_path, project
):
    control = RunControl()
    for event in train(
        small_run(tmp_path), project=project, device="cpu", control=control
    ):
        if isinstance(event, events.IterationDone) and event.iteration == 1:
            control.set_num_iterations(10)
    assert project.weights.latest_iteration("small") == 10

    longer = small_run(tmp_path, num_iterations=12)
    list(train(longer, project=project, device="cpu"))

    assert project.weights.latest_iteration("small") == 12


def test_a_finished_run_is_not_trained_again(tmp_path, project):
    list(train(small_run(tmp_path), project=project, device="cpu"))
    path = project.run_folder("small") / "checkpoints" / "8.pt"
    before = path.stat().st_mtime_ns

    told = list(train("small", project=project, device="cpu"))

    assert not any(isinstance(e, events.IterationDone) for e in told)
    assert path.stat().st_mtime_ns == before


def test_another_run_of_the_same_name_is_refused(tmp_path, project):
    list(train(small_run(tmp_path), project=project, device="cpu"))
    other = small_run(tmp_path)
    other.trainer_config.learning_rate = 1.0

    with pytest.raises(DuplicateNameError, match="small"):
        next(train(other, project=project))


def test_a_damaged_checkpoint_is_passed_over_with_a_message(tmp_path, project):
    whole = small_run(tmp_path, name="whole")
    list(train(whole, project=project, device="cpu"))
    list(train(small_run(tmp_path), project=project, device="cpu"))
    latest = project.run_folder("small") / "checkpoints" / "8.pt"
    latest.write_bytes(latest.read_bytes()[:-500])

    told = list(train("small", project=project, device="cpu"))

    warned = [e.message for e in told if isinstance(e, events.Warned)]
    assert "checkpoint 8" in warned[0]
    assert "going on from the one before" in warned[0]
    assert_same_weights(
        weights_of(project, "whole", 8), weights_of(project, "small", 8)
    )


def test_the_latest_two_and_the_best_checkpoints_are_kept(tmp_path, project):
    config = small_run(tmp_path, num_iterations=20, validation_interval=2)
    list(train(config, project=project, device="cpu"))

    best = {
        entry["iteration"]
        for criteria in project.weights.best("small").values()
        for entry in criteria.values()
    }
    assert set(project.weights.iterations("small")) == {18, 20, *best}


KILLED = """
import sys
sys.path.insert(0, {folder!r})
from pathlib import Path
from small_runs import small_run
from napari_dacapo.runs import train
config = small_run(Path({data!r}), **{changes!r})
for event in train(config, project={project!r}, device="cpu"):
    print(type(event).__name__, flush=True)
"""


def run_until_killed(tmp_path, project, changes, event_name, count, delay=0.0):
    """Train in a process that is killed `delay` after the `count`-th event."""
    code = KILLED.format(
        folder=THIS_FOLDER,
        data=str(tmp_path),
        project=str(project.folder),
        changes=changes,
    )
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE, text=True
    )
    seen = 0
    for line in process.stdout:
        seen += line.strip() == event_name
        if seen == count:
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            break
    process.stdout.close()
    process.wait()
    assert seen == count


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize(
    ("event_name", "count", "delay"),
    [
        ("IterationDone", 7, 0.0),
        ("IterationDone", 5, 0.004),
        ("CheckpointSaved", 1, 0.0),
        ("ValidationStarted", 1, 0.02),
    ],
)
def test_a_killed_training_goes_on_and_loses_nothing_that_was_stored(
    tmp_path, project, event_name, count, delay
):
    changes = {"name": "killed", "num_iterations": 8, "validation_interval": 4}
    list(train(small_run(tmp_path, name="whole"), project=project, device="cpu"))

    run_until_killed(tmp_path, project, changes, event_name, count, delay)
    list(train(small_run(tmp_path, **changes), project=project, device="cpu"))

    assert_same_weights(
        weights_of(project, "whole", 8), weights_of(project, "killed", 8)
    )
    rows = project.stats.validation_rows("killed")
    assert {row.iteration for row in rows} == {4, 8}
    iterations = project.stats.retrieve_training_stats("killed").iteration_stats
    assert [s.iteration for s in iterations] == list(range(8))


WRITE_FOREVER = """
import sys, torch
from napari_dacapo.store import Project
project = Project.open({project!r})
state = {{"model": {{"w": torch.arange(2_000_000, dtype=torch.float32)}}}}
for iteration in range(1, 1000):
    project.weights.store_weights("run", iteration, state)
    project.weights.prune("run", keep=project.weights.iterations("run")[-2:])
    print(iteration, flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("delay", [0.001, 0.006, 0.013])
def test_a_kill_while_a_checkpoint_is_written_leaves_a_good_one(
    tmp_path, project, delay
):
    code = WRITE_FOREVER.format(project=str(project.folder))
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if int(line) == 3:
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            break
    process.stdout.close()
    process.wait()

    latest = project.weights.latest_iteration("run")
    state = project.weights.retrieve_weights("run", latest)
    assert torch.equal(state["model"]["w"], torch.arange(2_000_000).float())


class TestBadInput:
    def test_gt_outside_raw(self, tmp_path, project):
        from napari_dacapo.arrays import CropArrayConfig
        from napari_dacapo.geometry import Roi

        config = small_run(tmp_path)
        dataset = config.datasplit_config.train_configs[0]
        other = small_run(tmp_path / "far")
        dataset.raw_config = CropArrayConfig(
            "far",
            other.datasplit_config.train_configs[0].raw_config,
            Roi((400, -80, 12), (40, 80, 44)),
        )
        dataset.gt_config = CropArrayConfig(
            "gt", dataset.gt_config, Roi((640, 0, 100), (120, 80, 44))
        )
        with pytest.raises(ConfigError, match=r"train_configs\[0\].*overlap"):
            next(train(config, project=project))

    def test_channels_that_do_not_fit_the_task(self, tmp_path, project):
        config = small_run(tmp_path)
        config.task_config.channels = ["blob", "other"]
        with pytest.raises(
            ConfigError, match="ground truth has 1 channels, the task 2"
        ):
            next(train(config, project=project))

    def test_a_network_for_other_dimensions(self, tmp_path, project):
        config = small_run(tmp_path, 2)
        config.architecture_config = small_run(tmp_path, 3).architecture_config
        with pytest.raises(ConfigError, match="raw has 2 spatial axes, the network 3"):
            next(train(config, project=project))

    def test_a_voxel_size_that_the_network_does_not_predict(self, tmp_path, project):
        config = small_run(tmp_path)
        config.architecture_config.upsample_factors = [(1, 2, 2)]
        config.architecture_config.input_shape = (9, 28, 28)
        with pytest.raises(ConfigError, match=r"predicts at \(40, 4, 2\) nm"):
            next(train(config, project=project))

    def test_a_stored_name_that_does_not_exist(self, project):
        with pytest.raises(ValueError, match="nothing"):
            next(train("nothing", project=project))

    def test_without_validation_data_it_says_so_and_trains(self, tmp_path, project):
        config = small_run(tmp_path, num_iterations=7)
        config.datasplit_config.validate_configs = []
        control, told = RunControl(), []
        for event in train(config, project=project, device="cpu", control=control):
            told.append(event)
            if isinstance(event, events.IterationDone) and event.iteration == 2:
                control.validate_now()
        warned = [e.message for e in told if isinstance(e, events.Warned)]
        assert "the last weights are the result" in warned[0]
        assert "no validation dataset to validate on" in warned[1]
        # the last iteration is stored though no interval ends there
        assert project.weights.latest_iteration("small") == 7
        assert project.weights.best("small") == {}
