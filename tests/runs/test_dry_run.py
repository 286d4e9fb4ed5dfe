"""What a training costs, told from a few iterations that leave no trace."""

import threading

import attrs
import pytest
from small_runs import small_run

from napari_dacapo.errors import ConfigError
from napari_dacapo.events import IterationDone
from napari_dacapo.runs import Cost, RunControl, StopRequestedError, dry_run, train
from napari_dacapo.runs._cost import byte_size
from napari_dacapo.store import Project


def state_of(folder):
    """Return every file with its content and time."""
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def loaders():
    return [t.name for t in threading.enumerate() if "napari-dacapo" in t.name]


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Whatever is written beside the data would be written here."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    return folder


@pytest.mark.parametrize("dims", [2, 3])
def test_a_dry_run_measures_and_leaves_no_trace(tmp_path, elsewhere, dims):
    run = small_run(tmp_path, dims, fetchers=2)
    run.trainer_config.snapshot_interval = 3
    before = state_of(tmp_path)
    *iterations, cost = dry_run(run, device="cpu", iterations=3)
    assert state_of(tmp_path) == before
    assert list(elsewhere.iterdir()) == []
    assert loaders() == []
    assert all(isinstance(event, IterationDone) for event in iterations)
    assert len(iterations) == 5, "three, after two to warm up"
    assert isinstance(cost, Cost)
    assert (cost.measured, cost.num_iterations, cost.validations) == (3, 8, 2)
    assert 0 <= cost.waiting_share <= 1
    assert 0 < cost.memory < cost.memory_total
    assert cost.seconds > 8 * cost.seconds_per_iteration + 2 * cost.validation_seconds
    assert "measured over 3 iterations on cpu" in str(cost)


def test_the_disk_that_was_told_is_about_what_is_taken(tmp_path):
    run = small_run(tmp_path)
    run.trainer_config.snapshot_interval = 3
    *_, cost = dry_run(run, device="cpu", iterations=1)
    project = Project(tmp_path / "project")
    assert list(train(run, project=project, device="cpu", check=False))
    folder = project.folder / "runs" / run.name
    taken = {
        name: sum(len(content) for _, content in state_of(folder / name).values())
        for name in ("checkpoints", "snapshots.zarr", "validation.zarr")
    }
    kept = len(list((folder / "checkpoints").glob("*.pt")))
    assert kept <= 4
    # a file says besides which tensor is which
    assert cost.disk.checkpoints / 4 == pytest.approx(
        taken["checkpoints"] / kept, rel=0.7
    )
    assert taken["snapshots.zarr"] / 4 < cost.disk.snapshots
    assert cost.disk.total == sum(attrs.astuple(cost.disk))


def test_it_can_be_stopped(tmp_path):
    control = RunControl()
    events = dry_run(small_run(tmp_path, 2), device="cpu", control=control)
    next(events)
    control.stop()
    with pytest.raises(StopRequestedError):
        next(events)
    assert loaders() == []


def test_at_least_one_iteration_is_measured(tmp_path):
    with pytest.raises(ConfigError, match="iterations: 0 is not at least 1"):
        next(dry_run(small_run(tmp_path, 2), device="cpu", iterations=0))


def test_without_validation_there_is_none_to_wait_for(tmp_path):
    run = small_run(tmp_path, 2)
    run.datasplit_config.validate_configs.clear()
    *_, cost = dry_run(run, device="cpu", iterations=1)
    assert cost.validations == cost.validation_seconds == cost.disk.validation == 0
    assert "validation" not in str(cost)
    assert "measured over 1 iteration on" in str(cost)


COST = Cost("cpu", 5, 1000, 2.0, 0.5, 0.4, 4, 25.0, 3 * 10**9, 16 * 10**9, None)


def test_the_cost_in_words():
    assert COST.seconds == 2 + 500 + 100
    assert COST.speed == "2.0 it/s"
    assert attrs.evolve(COST, seconds_per_iteration=2.5).speed == "2.5 s/it"
    assert COST.time == "about 10 min (validation 17% or more)"
    assert COST.waiting.startswith("40% waiting for data: try more num_data_fetchers")
    assert attrs.evolve(COST, waiting_share=0.1).waiting == "10% waiting for data"
    assert COST.memory_use == "memory 3 GB of 16 GB"
    assert byte_size(999_400) == "999 kB"
    assert byte_size(999_600) == "1 MB"
