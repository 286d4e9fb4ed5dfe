"""Trainings that other processes see, follow and steer."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import stand_in_cluster
from small_runs import small_run

from napari_dacapo import events
from napari_dacapo.errors import RunError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.runs import (
    FollowControl,
    RunControl,
    _live_events,
    follow,
    live_runs,
    train,
    train_detached,
)
from napari_dacapo.runs._live import Live, live_folder, lock_of, mailbox_of
from napari_dacapo.runs._live_events import EventReader, EventWriter, from_line, to_line
from napari_dacapo.runs._live_lock import STALE_SECONDS, Holder, Lock
from napari_dacapo.store import Project
from napari_dacapo.tasks.post_processors import ThresholdPostProcessorParameters

PARAMETERS = ThresholdPostProcessorParameters(3, threshold=127.0)


@pytest.fixture
def project(tmp_path):
    return Project.open(tmp_path / "project")


def iteration(number, total=10):
    return events.IterationDone(number, total, 0.1 / 3, 0.2, 0.1, 1e-4, {"data": 0.5})


def every_event(folder):
    place = folder / "runs/small/validation.zarr"
    return [
        events.RunStarted("small", 3, 10, "cpu", "no graphics card"),
        iteration(3),
        events.RolledBack(2, 4, 0.1, "not finite"),
        events.CheckpointSaved(4, folder / "runs/small/checkpoints/4.pt"),
        events.SnapshotSaved(4, Path("/elsewhere/snapshots.zarr").absolute()),
        events.BlockDone("predict", 1, 2, Roi((0, -4.6), (8, 9.2))),
        events.ValidationStarted(4, ("a", "b")),
        events.ScoresComputed(
            4, "a", PARAMETERS, {"dice": float("nan")}, (place, "p"), (place, "o")
        ),
        events.BestUpdated("a", "dice", 4, PARAMETERS, 0.5),
        events.ValidationDone(4, 1.5),
        events.Paused(4),
        events.Resumed(4),
        events.Warned("mind the gap"),
        events.PredictionStarted(place, "p", Roi((0,), (8,)), Coordinate(4), 0, 2),
        events.PredictionDone(place, "p", 2.5),
        events.RunFinished("small", 10, events.FinishReason.NO_IMPROVEMENT),
    ]


def test_every_event_comes_back_from_its_line(tmp_path):
    told = every_event(tmp_path)
    kinds = {kind for kind in _live_events._KINDS.values() if kind is not events.Event}
    assert {type(event) for event in told} == kinds
    lines = [json.dumps(to_line(event, tmp_path)) for event in told]
    found = [from_line(json.loads(line), tmp_path) for line in lines]
    assert repr(found) == repr(told)  # NaN is not equal to itself
    assert str(tmp_path) not in lines[3], "the project may be mounted elsewhere"


@pytest.mark.parametrize(
    "line", [{"event": "Unheard"}, {"event": "Paused", "x": 1}, {"event": "Event1"}, {}]
)
def test_lines_of_other_versions_are_left_out(tmp_path, line):
    assert from_line(line, tmp_path) is None


def test_a_torn_or_damaged_line_is_left_out(tmp_path):
    writer, reader = (
        EventWriter(tmp_path, "s", tmp_path),
        EventReader(tmp_path, 1, tmp_path),
    )
    writer.put(iteration(0))
    writer.flush()
    (path,) = _live_events.parts(tmp_path).values()
    whole = json.dumps(to_line(iteration(1), tmp_path))
    with path.open("a") as file:
        file.write("[1, 2]\n{nonsense\n" + whole[:30])
    assert reader.read() == [iteration(0)]
    with path.open("a") as file:
        file.write(whole[30:] + "\n")
    assert reader.read() == [iteration(1)]
    assert not reader.has_ended


def test_a_long_file_is_followed_by_another_at_a_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(_live_events, "LONGEST_PART", 1000)
    writer, reader = (
        EventWriter(tmp_path, "s", tmp_path),
        EventReader(tmp_path, 1, tmp_path),
    )
    started = events.RunStarted("small", 0, 100, "cpu", "")
    told, heard = [started], []
    for number in range(40):
        told.append(iteration(number))
        if number % 10 == 9:
            told.append(events.CheckpointSaved(number + 1, tmp_path / "c.pt"))
        for event in told[len(heard) :]:
            writer.put(event)
        writer.flush()
        heard += reader.read()
    writer.end("no space left")
    heard += reader.read()
    assert heard == told, "who reads along misses nothing and hears nothing twice"
    assert (reader.has_ended, reader.failure) == (True, "no space left")
    numbers = list(_live_events.parts(tmp_path))
    assert len(numbers) == 2, "older files are removed"
    late = EventReader(tmp_path, numbers[-1], tmp_path)
    assert late.read()[0].start_iteration == 40, "who comes late learns what runs"


def test_the_end_of_an_earlier_training_is_not_that_of_the_next(tmp_path):
    assert _live_events.latest_part(tmp_path, "first") == 1
    first = EventWriter(tmp_path, "first", tmp_path)
    first.end(None)
    assert _live_events.latest_part(tmp_path, "first") == 1
    assert _live_events.latest_part(tmp_path, "second") == 2, "it has only just begun"
    EventWriter(tmp_path, "second", tmp_path)
    assert _live_events.latest_part(tmp_path, "second") == 2


def test_a_training_does_not_wait_for_a_slow_disk(tmp_path):
    writer = EventWriter(tmp_path, "session", tmp_path)
    with writer._writing:  # as long as the disk takes
        writer.put(iteration(1))
    writer.flush()
    assert EventReader(tmp_path, 1, tmp_path).read() == [iteration(1)]


def test_block_events_of_one_tick_are_one(tmp_path):
    writer, reader = (
        EventWriter(tmp_path, "s", tmp_path),
        EventReader(tmp_path, 1, tmp_path),
    )
    blocks = [events.BlockDone("a", n, 9, Roi((0,), (8,))) for n in range(1, 10)]
    for block in blocks:
        writer.put(block)
    writer.flush()
    assert reader.read() == blocks[-1:]


class TestLock:
    def test_two_cannot_have_it(self, tmp_path):
        lock, other = Lock(tmp_path / "lock.json"), Lock(tmp_path / "lock.json")
        own = lock.acquire("cells")
        assert own.is_this_process
        assert other.holder() == own
        with pytest.raises(
            RunError, match=f"'cells' is being trained by process {os.getpid()}"
        ):
            other.acquire("cells")
        other.release()
        assert other.holder() is None or lock.holder() == own
        lock.release()
        assert other.acquire("cells").session != own.session

    @pytest.mark.parametrize(
        "changes",
        [{"pid": 2**22 + 1}, {"started": 0.0}, {"host": "elsewhere"}],
        ids=["gone", "number used again", "other machine fell silent"],
    )
    def test_a_stale_lock_is_recognised(self, tmp_path, changes):
        path = tmp_path / "lock.json"
        session = Lock(path).acquire("cells")
        doc = json.loads(path.read_text())
        path.write_text(json.dumps({**doc, **changes}))
        old = time.time() - STALE_SECONDS - 5
        os.utime(path, (old, old))
        lock = Lock(path)
        assert lock.holder() is None
        assert lock.acquire("cells").session != session.session

    def test_another_machine_lives_while_its_lock_beats(self, tmp_path):
        path = tmp_path / "lock.json"
        path.write_text(
            json.dumps({"session": "s", "pid": 1, "started": 1.0, "host": "far"})
        )
        with pytest.raises(RunError, match="process 1 on far"):
            Lock(path).acquire("cells")

    def test_a_lock_that_is_being_written_counts(self, tmp_path):
        path = tmp_path / "lock.json"
        path.touch()
        with pytest.raises(RunError, match="by another process"):
            Lock(path).acquire("cells")

    def test_who_lost_it_does_not_take_it_from_others(self, tmp_path):
        lock = Lock(tmp_path / "lock.json")
        lock.acquire("cells")
        (tmp_path / "lock.json").unlink()
        other = Lock(tmp_path / "lock.json")
        other.acquire("cells")
        assert lock.is_lost
        lock.release()
        assert other.holder() is not None

    @pytest.mark.skipif(os.name == "nt", reason="there are no zombies on Windows")
    def test_a_dead_process_that_nobody_waited_for_is_dead(self, tmp_path):
        process = subprocess.Popen([sys.executable, "-c", ""])
        holder = Holder(
            "s",
            process.pid,
            psutil.Process(process.pid).create_time(),
            Holder.this_process().host,
        )
        until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
        assert not Lock(tmp_path / "x")._is_alive(holder)
        process.wait()


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_commands_are_carried_out_in_order_and_once(tmp_path):
    control, mailbox = RunControl(), mailbox_of(tmp_path)
    mailbox.send("pause")
    mailbox.send("resume")
    mailbox.send("set_num_iterations", 70)
    mailbox.send("validate_now")
    mailbox.send("wait_while_paused")  # a method, but no command
    (tmp_path / "commands" / "0-damaged.json").write_text("{")
    mailbox.obey(control)
    assert not control.pause_requested
    assert control.num_iterations(5) == 70
    assert control.take_validation_request()
    mailbox.obey(control)
    assert not control.take_validation_request()


def test_a_training_that_cannot_begin_gives_its_lock_back(project):
    live = live_folder(project, "small")
    old = live / "commands/0.json"
    old.mkdir(parents=True)  # cannot be removed as a file
    with pytest.raises(OSError, match=r"0\.json"), Live(project, "small", RunControl()):
        pass
    assert lock_of(live).holder() is None


def test_a_new_training_does_not_obey_old_commands(project):
    mailbox_of(live_folder(project, "small")).send("stop")
    control = RunControl()
    with Live(project, "small", control) as live:
        live._mailbox.obey(control)
    assert not control.stop_requested


def test_the_same_run_is_not_trained_twice_at_a_time(project, tmp_path):
    training = train(small_run(tmp_path, 2), project=project, device="cpu")
    next(e for e in training if isinstance(e, events.IterationDone))
    assert not live_runs(project), "only those of other processes"
    with pytest.raises(RunError, match="is being trained by process"):
        list(train("small", project=project, device="cpu", check=False))
    training.close()
    *_, last = train("small", project=project, device="cpu", check=False)
    assert isinstance(last, events.RunFinished)
    with pytest.raises(RunError, match="not being trained by another process"):
        next(follow("small", project=project))


@pytest.fixture
def started(project, tmp_path):
    """A training in a process of its own, its control, and what it told so far."""
    control, told = FollowControl(), []
    config = small_run(tmp_path, 2, num_iterations=10**6, validation_interval=10**5)
    training = train_detached(config, project=project, device="cpu", control=control)
    for event in training:
        told.append(event)
        if isinstance(event, events.IterationDone):
            break
    yield training, control, told
    holder = lock_of(live_folder(project, "small")).holder()
    if holder is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(
                holder.pid, signal.SIGKILL if os.name == "posix" else signal.SIGTERM
            )


def of(kind, training):
    return next(event for event in training if isinstance(event, kind))


@pytest.mark.slow
def test_a_process_of_its_own_is_left_followed_steered_and_stopped(project, started):
    training, control, told = started
    assert isinstance(told[-2], events.RunStarted)
    (live,) = live_runs(project)
    assert live.name == "small"
    with pytest.raises(RunError, match=f"trained by process {live.holder.pid}"):
        list(train("small", project=project, device="cpu", check=False))
    with pytest.raises(RunError, match=f"trained by process {live.holder.pid}"):
        list(train_detached("small", project=project, check=False))
    control.leave()
    assert {type(event) for event in training} <= {events.IterationDone}
    assert live_runs(project) == [live], "leaving is not stopping"

    control = FollowControl()
    again = follow("small", project=project, control=control)
    assert of(events.RunStarted, again).num_iterations == 10**6
    control.pause()
    paused = of(events.Paused, again).iteration
    control.set_num_iterations(paused + 20)
    control.resume()
    heard = [of(events.Resumed, again), *again]
    done = [e.iteration for e in heard if isinstance(e, events.IterationDone)]
    assert done == list(range(paused, paused + 20))
    assert heard[-1] == events.RunFinished(
        "small", paused + 20, events.FinishReason.COMPLETED
    )
    until(lambda: not psutil.pid_exists(live.holder.pid))
    assert not live_runs(project)


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
def test_a_process_that_cannot_begin_says_why(project, tmp_path, monkeypatch):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'error: no torch here'\nexit 2\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    training = train_detached(small_run(tmp_path, 2), project=project, check=False)
    with pytest.raises(RunError, match="ended before it began: no torch here"):
        list(training)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    with pytest.raises(RunError, match="no process could be started"):
        list(train_detached("small", project=project, check=False))


@pytest.mark.skipif(os.name == "nt", reason="schedulers of clusters are POSIX")
def test_a_cluster_trains_and_is_followed(project, tmp_path, monkeypatch):
    jobs = stand_in_cluster.install(tmp_path / "bin", monkeypatch, num_gpus=0)
    config = small_run(tmp_path, 2, num_iterations=2, validation_interval=2)
    told = list(train_detached(config, project=project, check=False))
    assert isinstance(told[-1], events.RunFinished)
    (job,) = jobs.read_text().splitlines()
    assert "--job-name=train-small" in job
    assert "--device cpu" in job
