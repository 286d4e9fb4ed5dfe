"""Napari's events as Qt signals, for as long as a Qt object lives; docks that close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qtpy.QtWidgets import QWidget


class EventRelay(QObject):
    """Passes napari's events on.

    Napari refers to the relay weakly and so lets go of it by itself; nothing has to
    happen when the parent is destroyed. (A callback at that moment may run while the
    garbage collector takes it apart: PyQt6 crashes then.)

    Parameters
    ----------
    emitters : iterable of EventEmitter
        What to listen to.
    parent : QObject
        As long as it lives, events are passed on.

    Signals
    -------
    happened
        Emits napari's event.
    """

    happened = Signal(object)

    def __init__(self, emitters: Iterable[Any], parent: QObject) -> None:
        super().__init__(parent)
        for emitter in emitters:
            emitter.connect(self._on_event)

    def _on_event(self, event: Any) -> None:
        if isalive(self):  # Python may outlive Qt's half of an object
            self.happened.emit(event)


def leaves_dock(widget: QWidget, event: QEvent | None) -> bool:
    """Whether `event` says that napari took `widget` out of its dock.

    It does so before it destroys the widget; a docked widget gets no close event.
    """
    parent_changed = event is not None and event.type() == QEvent.Type.ParentChange
    return parent_changed and widget.parent() is None
