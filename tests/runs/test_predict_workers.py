"""Several processes predict one volume: here, as jobs of a cluster, or by hand."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
import stand_in_cluster
from small_runs import small_run, write_volume

import napari_dacapo.runs._inference as inference
from napari_dacapo import events
from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray
from napari_dacapo.errors import ConfigError, RunError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.runs import RunControl, StopRequestedError, predict, train
from napari_dacapo.runs._share import Share
from napari_dacapo.store import Project


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    project = Project.open(folder / "project")
    config = small_run(folder, num_iterations=1, validation_interval=1)
    assert list(train(config, project=project, device="cpu"))
    write_volume(folder / "new.zarr", 3, 5)
    size = Coordinate(40, 8, 4)
    shape = Coordinate(24, 240, 240)
    array = ZarrArray.create_from_array_identifier(
        LocalArrayIdentifier(folder / "large.zarr", "raw"),
        *(["z", "y", "x"], Roi((0, 8, -4), shape * size), None, size, np.uint8),
    )
    noise = np.random.default_rng(0).integers(0, 255, shape.as_integers(), np.uint8)
    array[array.roi] = noise
    return folder, project


@pytest.fixture
def volume(trained, monkeypatch):
    """Arguments of `predict`, which takes blocks as small as the network allows."""
    monkeypatch.setattr(inference, "TARGET_BLOCK_VOXELS", 1)
    folder, project = trained
    return ("small", 1, folder / "new.zarr", "raw"), {"project": project, "pad": True}


@pytest.fixture
def large(trained):
    """Arguments of `predict` for a volume of several blocks of the usual size."""
    folder, project = trained
    return ("small", 1, folder / "large.zarr", "raw"), {"project": project}


def stop_after_a_block(told, control):
    for event in told:
        if isinstance(event, events.BlockDone):
            control.stop()


def values_of(told):
    done = told[-1]
    assert isinstance(done, events.PredictionDone)
    identifier = LocalArrayIdentifier(done.container, done.dataset)
    result = ZarrArray.open_from_array_identifier(identifier)
    return result[result.roi]


def test_shares_by_hand_make_the_same_result(volume, tmp_path):
    arguments, settings = volume
    whole = list(predict(*arguments, tmp_path / "whole", **settings))
    told = [
        list(predict(*arguments, tmp_path / "parts", share=share, **settings))
        for share in ("2/3", "3/3")
    ]
    for share in told:
        started = next(e for e in share if isinstance(e, events.PredictionStarted))
        blocks = [e for e in share if isinstance(e, events.BlockDone)]
        assert [e.done for e in blocks] == [*range(1, started.total + 1)]
        assert "is done" in share[-1].message
    (part,) = (tmp_path / "parts").glob("*.2of3")
    noted = part.read_text()
    part.write_text(f"{noted}1")  # cut off while block 1x was noted
    again = list(predict(*arguments, tmp_path / "parts", share="2/3", **settings))
    assert part.read_text() == noted
    assert not [e for e in again if isinstance(e, events.BlockDone)]
    last = list(predict(*arguments, tmp_path / "parts", **settings))
    started = next(e for e in last if isinstance(e, events.PredictionStarted))
    assert 0 < started.done < started.total
    np.testing.assert_array_equal(values_of(last), values_of(whole))
    assert [p.name for p in (tmp_path / "parts").iterdir()] == ["new.zarr"]


@pytest.mark.skipif(os.name != "posix", reason="schedulers of clusters are POSIX")
def test_a_cluster_runs_the_workers(large, tmp_path, monkeypatch):
    arguments, settings = large
    jobs = stand_in_cluster.install(
        tmp_path / "bin", monkeypatch, num_gpus=0, partition="short"
    )
    told = list(predict(*arguments, tmp_path / "out", workers=2, **settings))
    blocks = [e for e in told if isinstance(e, events.BlockDone)]
    predicted = [e for e in blocks if e.stage == "predict"]
    assert [e.done for e in predicted] == [*range(1, predicted[0].total + 1)]
    assert len({repr(e.roi) for e in predicted}) == len(predicted) > 1
    whole = list(predict(*arguments, tmp_path / "whole", **settings))
    np.testing.assert_array_equal(values_of(told), values_of(whole))
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["large.zarr"]
    assert not list((settings["project"].folder / "logs").iterdir())
    lines = jobs.read_text().splitlines()
    assert len(lines) == 2
    assert all("--partition=short" in job and "--gpus" not in job for job in lines)


def test_failed_workers_are_told_and_their_work_is_taken_up(large, tmp_path):
    arguments, settings = large
    begun = predict(
        *arguments, tmp_path / "out", workers=2, device="cuda:77", **settings
    )
    with pytest.raises(RunError, match=r"2 of 2 .*cuda:77.*blocks are missing"):
        list(begun)
    [done] = list(predict(*arguments, tmp_path / "out", **settings))[-1:]
    assert isinstance(done, events.PredictionDone)


def test_workers_that_cannot_be_started_are_told(large, tmp_path, monkeypatch):
    arguments, settings = large
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    begun = predict(*arguments, tmp_path / "out", workers=2, **settings)
    with pytest.raises(RunError, match=r"could be started by .*missing"):
        list(begun)


def test_a_pause_holds_and_a_stop_ends_the_workers(large, tmp_path):
    arguments, settings = large
    control = RunControl()
    told = predict(*arguments, tmp_path / "out", workers=2, control=control, **settings)
    assert isinstance(next(told), events.RunStarted)
    control.pause()
    assert [type(next(told)) for _ in range(2)] == [
        events.PredictionStarted,
        events.Paused,
    ]
    control.resume()
    assert isinstance(next(told), events.Resumed)
    with pytest.raises(StopRequestedError):
        stop_after_a_block(told, control)
    again = list(predict(*arguments, tmp_path / "out", **settings))
    started = next(e for e in again if isinstance(e, events.PredictionStarted))
    assert started.done > 0
    assert values_of(again).any()


@pytest.mark.parametrize("text", ["0/2", "3/2", "a/b", "1", "-1/2", "1/2/3"])
def test_odd_shares_are_refused(text):
    with pytest.raises(ConfigError, match="not of the form I/N"):
        Share.parse(text)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"workers": 0}, "workers: 0"),
        ({"workers": 2, "share": "1/2"}, "leave out workers"),
        ({"overwrite": True, "share": "1/2"}, "leave out workers"),
    ],
)
def test_what_does_not_go_together_is_refused(volume, settings, words):
    arguments, common = volume
    with pytest.raises(ConfigError, match=words):
        next(predict(*arguments, **settings, **common))
