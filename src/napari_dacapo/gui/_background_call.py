"""Waiting for a function while napari's window stays alive, for hooks of napari.

Readers and writers have to return what was read or written, so that a job whose result
comes later is of no use to them.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

from napari_dacapo.errors import DaCapoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtCore import QEventLoop
    from qtpy.QtWidgets import QProgressDialog

T = TypeVar("T")

#: ms after which the user is told what goes on and can give up
PATIENCE = 400
#: ms between two looks whether the function has returned
_PERIOD = 10


class GivenUpError(DaCapoError):
    """The user does not want to wait any longer."""


def current_window() -> Any:
    """Return the Qt window of the current napari viewer, `None` without one.

    Also without one for threads other than the window's own.
    """
    import napari
    from qtpy.QtCore import QThread
    from qtpy.QtWidgets import QApplication

    application = QApplication.instance()
    if application is None or QThread.currentThread() != application.thread():
        return None
    viewer = napari.current_viewer()
    return None if viewer is None else getattr(viewer.window, "_qt_window", None)


def is_window_shown() -> bool:
    """Whether there is a user who can answer a question."""
    window = current_window()
    return window is not None and window.isVisible()


def call_in_background(function: Callable[[], T], text: str) -> T:
    """Return ``function()``, computed in a thread if there is a window to keep alive.

    The window takes no clicks and keys until a dialog with a cancel button appears,
    which shows `text`. What was given up runs to its end unseen.

    Raises
    ------
    GivenUpError
        If the user cancels.
    """
    window = current_window()
    if window is None:
        return function()
    outcome: list[tuple[Any, BaseException | None]] = []
    threading.Thread(
        target=lambda: outcome.append(_outcome(function)), daemon=True
    ).start()
    _wait(lambda: bool(outcome), text, window if window.isVisible() else None)
    if not outcome:
        raise GivenUpError(f"{text}: given up")
    value, error = outcome[0]
    if error is not None:
        raise error
    result: T = value
    return result


def _outcome(function: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return function(), None
    except Exception as error:  # noqa: BLE001 - raised again where it was called
        return None, error


def _wait(is_done: Callable[[], bool], text: str, parent: Any) -> None:
    from qtpy.QtCore import QEventLoop, QTimer

    loop, timer = QEventLoop(), QTimer()
    timer.setInterval(_PERIOD)
    timer.timeout.connect(lambda: loop.quit() if is_done() else None)
    timer.start()
    patience = QTimer()
    patience.setSingleShot(True)
    patience.timeout.connect(loop.quit)
    patience.start(PATIENCE)
    loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    if not is_done():
        dialog = _dialog(text, parent, loop)
        loop.exec()
        dialog.close()
        dialog.deleteLater()
    timer.stop()


def _dialog(text: str, parent: Any, loop: QEventLoop) -> QProgressDialog:
    from qtpy.QtCore import Qt
    from qtpy.QtWidgets import QProgressDialog

    dialog = QProgressDialog(f"{text} \N{HORIZONTAL ELLIPSIS}", "Cancel", 0, 0, parent)
    dialog.setWindowTitle("DaCapo")
    dialog.setWindowModality(Qt.WindowModality.ApplicationModal)
    dialog.setMinimumDuration(0)
    dialog.canceled.connect(loop.quit)
    dialog.show()
    return dialog
