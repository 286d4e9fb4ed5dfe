"""The control of a training that goes on in another process."""

from __future__ import annotations

import queue
import threading

from ._live_commands import SET_NUM_ITERATIONS
from .control import RunControl


class FollowControl(RunControl):
    """Keeps commands until who follows the training passes them on.

    Besides, the follower itself may be told to leave, which the training does not
    notice.
    """

    def __init__(self) -> None:
        super().__init__()
        self._commands: queue.SimpleQueue[tuple[str, int | None]] = queue.SimpleQueue()
        self._left = threading.Event()
        self._news = threading.Event()

    def stop(self) -> None:
        super().stop()
        self._add("stop")

    def pause(self) -> None:
        super().pause()
        self._add("pause")

    def resume(self) -> None:
        super().resume()
        self._add("resume")

    def set_num_iterations(self, num_iterations: int) -> None:
        super().set_num_iterations(num_iterations)
        self._add(SET_NUM_ITERATIONS, num_iterations)

    def snapshot_now(self) -> None:
        super().snapshot_now()
        self._add("snapshot_now")

    def validate_now(self) -> None:
        super().validate_now()
        self._add("validate_now")

    def leave(self) -> None:
        """Follow no longer; what has not been started yet is given up."""
        super().stop()
        self._left.set()
        self._news.set()

    @property
    def has_left(self) -> bool:
        """Whether to follow no longer."""
        return self._left.is_set()

    def take_commands(self) -> list[tuple[str, int | None]]:
        """Return the commands since the last call, and their values."""
        found = []
        while not self._commands.empty():
            found.append(self._commands.get())
        return found

    def wait_for_news(self, seconds: float) -> None:
        """Block until there is something to do, at most so long."""
        self._news.wait(seconds)
        self._news.clear()

    def _add(self, command: str, value: int | None = None) -> None:
        self._commands.put((command, value))
        self._news.set()
