"""The states of a job, which may follow which, and what may be pressed in each."""

from __future__ import annotations

from enum import StrEnum

import attrs


class RunState(StrEnum):
    """Where a job is.

    ``IDLE → PREPARING → TRAINING ⇄ PAUSED → STOPPING → DONE | FAILED``; a job that
    waits for another one is PREPARING, and PREPARING may also be stopped or fail.
    """

    IDLE = "idle"
    PREPARING = "preparing"
    TRAINING = "training"
    PAUSED = "paused"
    STOPPING = "stopping"
    DONE = "done"
    FAILED = "failed"


@attrs.frozen
class Buttons:
    """Which controls of a run can be used."""

    start: bool = False
    pause: bool = False
    resume: bool = False
    stop: bool = False
    more: bool = False
    """Whether the number of iterations may be changed."""


_BUTTONS = {
    RunState.IDLE: Buttons(start=True, more=True),
    RunState.PREPARING: Buttons(stop=True, more=True),
    RunState.TRAINING: Buttons(pause=True, stop=True, more=True),
    RunState.PAUSED: Buttons(resume=True, stop=True, more=True),
    RunState.STOPPING: Buttons(),
    RunState.DONE: Buttons(start=True, more=True),
    RunState.FAILED: Buttons(start=True, more=True),
}

_ENDED = frozenset({RunState.DONE, RunState.FAILED})
_FOLLOWING = {
    RunState.IDLE: frozenset({RunState.PREPARING}),
    RunState.PREPARING: frozenset({RunState.TRAINING, RunState.STOPPING}) | _ENDED,
    RunState.TRAINING: frozenset({RunState.PAUSED, RunState.STOPPING}) | _ENDED,
    RunState.PAUSED: frozenset({RunState.TRAINING, RunState.STOPPING}) | _ENDED,
    RunState.STOPPING: _ENDED,
    RunState.DONE: frozenset(),
    RunState.FAILED: frozenset(),
}


def button_states(state: RunState) -> Buttons:
    """Return which controls can be used in `state`."""
    return _BUTTONS[state]


def can_follow(state: RunState, following: RunState) -> bool:
    """Return whether a job in `state` may change to `following`.

    Late news are refused this way: a job that was told to stop does not return to
    TRAINING because a "resumed" was still on its way.
    """
    return following in _FOLLOWING[state]


def has_ended(state: RunState) -> bool:
    """Return whether nothing follows `state`."""
    return state in _ENDED
