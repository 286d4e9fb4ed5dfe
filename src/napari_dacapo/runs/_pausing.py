"""Holding work between two of its events."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from napari_dacapo.events import Event, Paused, Resumed

if TYPE_CHECKING:
    from collections.abc import Generator

    from .control import RunControl


def pausable(
    steps: Generator[Event, None, None], iteration: int, control: RunControl
) -> Generator[Event, None, None]:
    """Yield `steps`, and hold after any of them when that is asked for.

    A pause is always told: a window that does not know of it offers no way to go on.
    `steps` has ended, with its threads, when this ends for whatever reason.

    Raises
    ------
    StopRequestedError
        If `control` asks for a stop.
    """
    with closing(steps):
        for event in steps:
            yield event
            if control.pause_requested:
                yield Paused(iteration)
                control.wait_while_paused()
                yield Resumed(iteration)
            control.check()
