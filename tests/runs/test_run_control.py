"""Commands to a running training, and when it ends by itself."""

from __future__ import annotations

import math

import pytest
from small_runs import small_run

from napari_dacapo import events
from napari_dacapo.runs import Run, RunControl, StopRequestedError, train
from napari_dacapo.runs._pausing import pausable
from napari_dacapo.runs._results import has_stalled, results_of
from napari_dacapo.store import Project


@pytest.fixture
def project(tmp_path):
    return Project.open(tmp_path / "project")


def train_with(run, project, react):
    """Train, calling ``react(control, event)`` for each event; return the events."""
    control, found = RunControl(), []
    for event in train(run, project=project, device="cpu", control=control):
        found.append(event)
        react(control, event)
    return found


def of(found, kind):
    return [event for event in found if isinstance(event, kind)]


def test_a_snapshot_on_command(tmp_path, project):
    def react(control, event):
        if isinstance(event, events.IterationDone) and event.iteration == 2:
            control.snapshot_now()

    found = train_with(small_run(tmp_path, 2), project, react)
    assert [e.iteration for e in of(found, events.SnapshotSaved)] == [3]


def test_commands_given_in_a_pause_are_carried_out_after_it(tmp_path, project):
    def react(control, event):
        if isinstance(event, events.IterationDone) and event.iteration == 1:
            control.pause()
        if isinstance(event, events.Paused):
            control.snapshot_now()
            control.validate_now()
            control.set_num_iterations(4)
            control.resume()

    found = train_with(small_run(tmp_path, 2), project, react)
    told = [type(event) for event in found]
    after = told[told.index(events.Resumed) :]
    assert after.index(events.ValidationDone) < after.index(events.IterationDone)
    assert [e.iteration for e in of(found, events.SnapshotSaved)] == [2]
    assert found[-1].iteration == 4


def test_a_validation_on_command_changes_nothing_else(tmp_path, project):
    def react(control, event):
        if isinstance(event, events.IterationDone) and event.iteration == 2:
            control.validate_now()

    list(train(small_run(tmp_path, 2, name="plain"), project=project, device="cpu"))
    found = train_with(small_run(tmp_path, 2), project, react)

    assert [e.iteration for e in of(found, events.ValidationDone)] == [3, 4, 8]
    losses = [
        [s.loss for s in project.stats.retrieve_training_stats(n).iteration_stats]
        for n in ("plain", "small")
    ]
    assert losses[0] == losses[1]
    run = Run(small_run(tmp_path, 2))
    assert len(results_of(run, project)) == 2


@pytest.mark.parametrize(
    ("kind", "number"),
    [("RunStarted", 1), ("IterationDone", 4), ("CheckpointSaved", 1), ("Paused", 1)],
)
def test_after_a_stop_nothing_new_begins(tmp_path, project, kind, number):
    seen = []

    def react(control, event):
        if kind == "Paused" and isinstance(event, events.IterationDone):
            control.pause()
        seen.append(type(event).__name__)
        if seen.count(kind) == number and type(event).__name__ == kind:
            control.stop()

    found = train_with(small_run(tmp_path, 2), project, react)
    stop = [i for i, name in enumerate(seen) if name == kind][number - 1]
    after = set(seen[stop + 1 :])
    assert not after & {"IterationDone", "ValidationStarted"}
    assert found[-1].reason is events.FinishReason.STOPPED


def test_every_nth_checkpoint_is_kept(tmp_path, project):
    config = small_run(
        tmp_path, 2, num_iterations=20, validation_interval=10, keep_every=4
    )
    config.datasplit_config.validate_configs = []
    list(train(config, project=project, device="cpu"))
    assert project.weights.iterations("small") == [4, 8, 12, 16, 20]


def test_it_ends_early_when_it_gets_no_better(tmp_path, project):
    config = small_run(
        tmp_path, 2, num_iterations=40, validation_interval=2, early_stopping=2
    )
    config.trainer_config.learning_rate = 1e-12
    found = train_with(config, project, lambda *_: None)

    assert found[-1].reason is events.FinishReason.NO_IMPROVEMENT
    assert found[-1].iteration == 6  # the first result, and two that are no better
    assert "ended early" in of(found, events.Warned)[-1].message
    again = train_with("small", project, lambda *_: None)
    assert not of(again, events.IterationDone)

    config.early_stopping = None  # may be changed, and training goes on
    config.num_iterations = 8
    assert of(train_with(config, project, lambda *_: None), events.IterationDone)


def test_a_plateau_halves_the_rate_and_is_continued_exactly(tmp_path, project):
    def config(name, **changes):
        run = small_run(tmp_path, 2, name=name, validation_interval=2, **changes)
        run.trainer_config.schedule = "plateau"
        run.trainer_config.plateau_patience = 1
        run.trainer_config.learning_rate = 1e-12
        run.datasplit_config.validate_configs = []  # the loss decides
        return run

    whole = train_with(config("whole", num_iterations=12), project, lambda *_: None)
    rates = [e.learning_rate for e in of(whole, events.IterationDone)]
    assert min(rates[2:]) < 0.6e-12

    train_with(config("parts", num_iterations=6), project, lambda *_: None)
    rest = config("parts", num_iterations=12)
    parts = train_with(rest, project, lambda *_: None)
    assert [e.learning_rate for e in of(parts, events.IterationDone)] == rates[6:]


def test_what_the_time_of_an_iteration_was_spent_on(tmp_path, project):
    found = train_with(small_run(tmp_path, 2), project, lambda *_: None)
    inner = ("transfer", "forward", "backward", "optimizer")
    for event in of(found, events.IterationDone):
        # there is a checkpoint after every fourth, and none before the first
        extra = {"checkpoint"} if event.iteration == 4 else set()
        assert set(event.spent) == {"data", *inner, "outside", *extra}
        inside = sum(event.spent[p] for p in inner)
        assert 0 < inside <= event.seconds
        assert event.spent["data"] == event.waited


@pytest.mark.parametrize(
    ("results", "patience", "expected"),
    [
        ([3, 2, 1], 2, False),
        ([1, 2, 3], 2, True),
        ([1, 2], 2, False),
        ([1, 1, 1], 2, True),
        ([2, math.nan, 1], 2, False),
        ([1, math.nan, math.nan], 2, True),
        ([1, 2, 3], None, False),
    ],
)
def test_has_stalled(results, patience, expected):
    assert has_stalled(results, patience) is expected


@pytest.mark.parametrize("is_stopped", [True, False])
def test_what_can_be_held_ends_with_who_holds_it(is_stopped):
    ended = []

    def steps():
        try:
            yield events.Warned("one")
            yield events.Warned("two")
        finally:
            ended.append(True)

    work, control = steps(), RunControl()
    told = pausable(work, 0, control)
    next(told)
    if is_stopped:
        control.stop()
        with pytest.raises(StopRequestedError):
            next(told)
    else:
        told.close()
    assert ended, "although somebody still refers to the work"
