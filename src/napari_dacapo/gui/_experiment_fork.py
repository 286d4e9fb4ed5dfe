"""Tells that the run in the form goes on from another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Slot
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

if TYPE_CHECKING:
    from .models.forks import Origin

_TEXT = "Goes on from {run!r}, iteration {iteration:,}."


class ForkBar(QWidget):
    """Shows what the run goes on from; hidden while that is nothing.

    Attributes
    ----------
    origin : Origin or None
        The checkpoint to begin with.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.origin: Origin | None = None
        self._label = QLabel()
        self.afresh_button = QPushButton("Begin afresh")
        self._label.setWordWrap(True)
        self.afresh_button.setToolTip(
            "<qt>Train from random weights instead of those of the other run.</qt>"
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._label, 1)
        layout.addWidget(self.afresh_button)
        self.afresh_button.clicked.connect(self.clear)
        self.hide()

    def show_origin(self, origin: Origin) -> None:
        """Let the run in the form go on from `origin`."""
        self.origin = origin
        text = _TEXT.format(run=origin.run, iteration=origin.iteration)
        self._label.setText(text)
        self.show()

    @Slot()
    def clear(self) -> None:
        """Let the run in the form begin with fresh weights."""
        self.origin = None
        self.hide()
