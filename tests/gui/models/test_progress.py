"""What events tell about a job."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from gui_engines import iteration

from napari_dacapo.events import (
    BlockDone,
    FinishReason,
    RolledBack,
    RunFinished,
    RunStarted,
    ValidationDone,
    ValidationStarted,
    Warned,
)
from napari_dacapo.geometry import Roi
from napari_dacapo.gui.models import RunProgress, advice, details, duration, time_table


@pytest.fixture
def progress():
    progress = RunProgress()
    progress.add([RunStarted("run", 0, 100, "cpu", "no graphics card")])
    return progress


def test_speed_waiting_and_time_left(progress):
    progress.add(iteration(i, 100, seconds=0.5, waited=0.1) for i in range(20))
    assert progress.iteration == 20
    assert progress.iterations_per_second == pytest.approx(1 / 0.6)
    assert progress.waiting_share == pytest.approx(0.1 / 0.6)
    assert progress.seconds_left == pytest.approx(80 * 0.6)


def test_time_left_counts_validation(progress):
    progress.add(iteration(i, 100, seconds=0.5, waited=0) for i in range(20))
    progress.add([ValidationStarted(20, ("crop",)), ValidationDone(20, 10.0)])
    assert progress.seconds_left == pytest.approx(80 * (0.5 + 10 / 20))


def test_a_resumed_run_replaces_what_it_trains_again(progress):
    progress.add(iteration(i, loss=1.0) for i in range(20))
    progress.add([RunStarted("run", 10, 100, "cpu", "")])
    assert len(progress.loss) == 10
    progress.add([iteration(10, loss=5.0)])
    assert (progress.loss.x[-1], progress.loss.y[-1]) == (10, 5)


def test_a_diverged_run_goes_back(progress):
    progress.add([iteration(i) for i in range(20)])
    progress.add([RolledBack(10, 20, 0.1, "the loss became nan")])
    assert progress.iteration == len(progress.loss) == 10


def test_stored_losses_stand_in_front(progress):
    progress.add(iteration(i, loss=2.0) for i in range(50, 60))
    stored = np.arange(55.0)
    progress.prepend(stored, np.ones(55))
    progress.prepend(stored, np.ones(55))
    np.testing.assert_array_equal(progress.loss.x, np.arange(60))
    np.testing.assert_array_equal(progress.loss.y, [1] * 50 + [2] * 10)


def test_activity_follows_the_stages(progress):
    progress.add([ValidationStarted(20, ("crop",))])
    progress.add([BlockDone("predicting crop", 3, 8, Roi((0,), (1,)))])
    assert details(progress)[0] == "predicting crop 3 of 8"
    progress.add([iteration(20)])
    assert progress.activity == ""


def test_the_end_and_warnings_are_noted(progress):
    finished = RunFinished("run", 40, FinishReason.STOPPED)
    progress.add([iteration(39), Warned("no validation"), finished])
    assert progress.iteration == 40
    assert progress.warnings == ["no validation"]


def test_slow_loading_is_told_with_a_remedy(progress):
    progress.add(iteration(i, seconds=1, waited=0.1) for i in range(5))
    assert advice(progress) == ""
    progress.add(iteration(i, seconds=1, waited=0.9) for i in range(5, 60))
    assert "more workers" in advice(progress)


def test_where_the_time_of_an_iteration_goes(progress):
    spent = {"data": 0.1, "forward": 0.3, "backward": 0.5, "optimizer": 0.1}
    for number in range(10):
        pause = {"outside": 60.0} if number == 5 else {}
        done = iteration(number, seconds=0.9, waited=0.1)
        progress.add([attrs.evolve(done, spent={**spent, **pause})])
    assert [row[0] for row in time_table(progress)] == list(spent)
    assert [row[2] for row in time_table(progress)] == pytest.approx(
        list(spent.values())
    )
    assert details(progress)[-2:] == [
        "10% waiting for data",
        "backward 50%, forward 30%",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (99, "99 s"),
        (100, "2 min"),
        (5940, "99 min"),
        (7500, "2 h 5 min"),
        (200_000, "2 days 7 h"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text
