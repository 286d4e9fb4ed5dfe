"""Telling napari that work goes on, and the user that something happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error, show_info, show_warning

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "BusyStatus",
    "show_error",
    "show_info",
    "show_warning",
    "unproxied",
    "window_of",
]

PROVIDER = "napari-dacapo"


def unproxied(viewer: Any) -> Any:
    """Return the viewer for which napari hands plugins a restricted stand-in."""
    return getattr(viewer, "__wrapped__", viewer)


def window_of(viewer: Any) -> Any:
    """Return the main window of `viewer`, `None` if it has none (any more)."""
    window = getattr(unproxied(viewer), "window", None)
    return getattr(window, "_qt_window", None)


class BusyStatus:
    """Entries in napari's list of running tasks.

    With an entry napari asks before its window is closed, and calls `cancel` before it
    takes widgets apart. The list is private to napari: where a version lacks it, the
    application's ``aboutToQuit`` has to do.

    Parameters
    ----------
    cancel : callable
        Stops everything and returns whether that worked.
    """

    def __init__(self, cancel: Callable[[], bool]) -> None:
        self._cancel = cancel
        self._entries: dict[Any, tuple[Any, Any]] = {}

    def show(self, key: Any, text: str) -> None:
        """Enter `text` under `key` at the current viewer's window."""
        window = _current_window()
        if hasattr(window, "_register_task_status"):
            from napari.utils.task_status import Status

            entry = window._register_task_status(  # noqa: SLF001 - no public way
                PROVIDER, Status.BUSY, text, cancel_callback=self._cancel
            )
            self._entries[key] = (window, entry)

    def clear(self, key: Any, *, failed: bool = False) -> None:
        """Mark the entry of `key`, if there is one, as ended."""
        window, entry = self._entries.pop(key, (None, None))
        if window is not None:
            from napari.utils.task_status import Status

            status = Status.FAILED if failed else Status.COMPLETED
            window._update_task_status(entry, status, "")  # noqa: SLF001


def _current_window() -> Any:
    import napari

    viewer = napari.current_viewer()
    return None if viewer is None else viewer.window
