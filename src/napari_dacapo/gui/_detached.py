"""A training in a process of its own, which napari may leave and come back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dacapo.runs import FollowControl

from ._job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable

    from napari_dacapo.events import Event

    #: makes the events of a followed training; called in the job's thread
    FollowSource = Callable[[FollowControl], Generator[Event, None, None]]


class DetachedJob(Job):
    """Follows and steers a training that goes on in another process.

    The thread of this job only reads and writes small files. When napari is closed it
    is left alone, and a new job finds it again.
    """

    where = "in its own process"

    def __init__(self, source: FollowSource, title: str, key: Hashable = None) -> None:
        control = FollowControl()
        super().__init__(lambda _: source(control), title, key, control)
        self._follow_control = control

    def leave(self) -> None:
        """Follow the training no longer; one that has not begun yet is given up."""
        self._follow_control.leave()
