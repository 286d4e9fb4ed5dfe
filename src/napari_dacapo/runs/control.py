"""The mailbox by which another thread steers a running job."""

from __future__ import annotations

import threading

from napari_dacapo.errors import DaCapoError


class StopRequestedError(DaCapoError):
    """Raised inside an engine where a stop was asked for; never reaches a user."""


class RunControl:
    """Commands to a running job; every method may be called from any thread.

    The job looks at it once per iteration or block. Commands given while it is paused
    are carried out when it goes on.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._lock = threading.Lock()
        self._num_iterations: int | None = None
        self._focus: tuple[float, ...] | None = None
        self._snapshot = threading.Event()
        self._validation = threading.Event()

    def stop(self) -> None:
        """End the job soon, keeping everything done so far."""
        self._stop.set()
        self._go.set()

    def pause(self) -> None:
        """Hold the job after the current iteration."""
        if not self._stop.is_set():
            self._go.clear()

    def resume(self) -> None:
        """Let a paused job go on."""
        self._go.set()

    def set_num_iterations(self, num_iterations: int) -> None:
        """Change up to which iteration the job trains."""
        with self._lock:
            self._num_iterations = num_iterations

    def look_at(self, position: tuple[float, ...] | None) -> None:
        """Tell where the user looks (world units): what is near is computed first."""
        with self._lock:
            self._focus = position

    @property
    def focus(self) -> tuple[float, ...] | None:
        """Where the user looks, in world units; `None` if that is not known."""
        with self._lock:
            return self._focus

    def snapshot_now(self) -> None:
        """Store what the network sees and predicts in the next iteration."""
        self._snapshot.set()

    def validate_now(self) -> None:
        """Validate after the current iteration, besides the regular validations."""
        self._validation.set()

    @property
    def stop_requested(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop.is_set()

    @property
    def pause_requested(self) -> bool:
        """Whether the job should hold."""
        return not self._go.is_set()

    @property
    def validation_requested(self) -> bool:
        """Whether a validation was asked for and has not begun."""
        return self._validation.is_set()

    def take_snapshot_request(self) -> bool:
        """Return whether a snapshot was asked for since the last call."""
        return _take(self._snapshot)

    def take_validation_request(self) -> bool:
        """Return whether a validation was asked for since the last call."""
        return _take(self._validation)

    def num_iterations(self, default: int) -> int:
        """Return the number of iterations asked for, or `default`."""
        with self._lock:
            return default if self._num_iterations is None else self._num_iterations

    def wait_while_paused(self) -> None:
        """Block until the job may go on or has to stop."""
        self._go.wait()

    def check(self) -> None:
        """Raise `StopRequestedError` if a stop was asked for."""
        if self.stop_requested:
            raise StopRequestedError("stopped on request")


def _take(flag: threading.Event) -> bool:
    was_set = flag.is_set()
    if was_set:
        flag.clear()
    return was_set
