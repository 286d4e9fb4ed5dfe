"""Buttons and transitions as tables, without a window."""

from __future__ import annotations

import attrs
import pytest

from napari_dacapo.gui._state import RunState, button_states, can_follow, has_ended

TABLE = {
    RunState.IDLE: {"start", "more"},
    RunState.PREPARING: {"stop", "more"},
    RunState.TRAINING: {"pause", "stop", "more"},
    RunState.PAUSED: {"resume", "stop", "more"},
    RunState.STOPPING: set(),
    RunState.DONE: {"start", "more"},
    RunState.FAILED: {"start", "more"},
}


@pytest.mark.parametrize("state", RunState)
def test_buttons(state):
    enabled = {name for name, on in attrs.asdict(button_states(state)).items() if on}
    assert enabled == TABLE[state]


@pytest.mark.parametrize("state", RunState)
def test_starting_is_possible_exactly_when_nothing_runs(state):
    buttons = button_states(state)
    assert buttons.start == (state is RunState.IDLE or has_ended(state))
    assert not (buttons.start and buttons.stop)
    assert not (buttons.pause and buttons.resume)


def test_a_stopping_job_only_ends():
    following = {state for state in RunState if can_follow(RunState.STOPPING, state)}
    assert following == {RunState.DONE, RunState.FAILED}


@pytest.mark.parametrize("state", [RunState.DONE, RunState.FAILED])
def test_nothing_follows_the_end(state):
    assert not any(can_follow(state, other) for other in RunState)


@pytest.mark.parametrize(
    "state", [s for s in RunState if s not in (RunState.IDLE, RunState.DONE)]
)
def test_everything_that_runs_may_fail(state):
    assert can_follow(state, RunState.FAILED) != (state is RunState.FAILED)
