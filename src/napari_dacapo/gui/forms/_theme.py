"""The one colour of ours: errors, readable on napari's dark and light themes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QPalette

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

#: on a dark and on a light background; contrast at least 5:1 on napari's themes
ERROR_COLOURS = {"dark": "#ff8a80", "light": "#b3261e"}
#: dynamic property of widgets whose text is an error
ERROR_TEXT = "errorText"
#: dynamic property of editors that hold something invalid (napari fills "invalid" ones)
INVALID = "faulty"

# napari styles everything by style sheet, which overrides palettes; hence this sheet,
# which selects by property and sets nothing but the colour of errors
_RULES = """
QLabel[{text}="true"] {{ color: {colour}; }}
QLineEdit[{invalid}="true"], QAbstractSpinBox[{invalid}="true"],
QComboBox[{invalid}="true"], QPlainTextEdit[{invalid}="true"]
{{ border: 1px solid {colour}; }}
"""
_CHANGES = (QEvent.Type.StyleChange, QEvent.Type.PaletteChange)


class ErrorStyle(QObject):
    """Keeps the error colour of `widget` and its children right for the theme."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._colour = ""
        widget.installEventFilter(self)
        self._apply()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() in _CHANGES:
            self._apply()
        return False

    def _apply(self) -> None:
        colour = error_colour(self._widget)
        # setting the sheet is itself a change of style: only when the colour differs
        if colour != self._colour:
            self._colour = colour
            self._widget.setStyleSheet(
                _RULES.format(text=ERROR_TEXT, invalid=INVALID, colour=colour)
            )


def error_colour(widget: QWidget) -> str:
    """Return the colour of errors on the background of `widget`."""
    background = widget.palette().color(QPalette.ColorRole.Window)
    return ERROR_COLOURS["dark" if background.lightness() < 128 else "light"]


def mark(widget: QWidget, role: str, *, on: bool) -> None:
    """Set the dynamic property `role` and let the style sheet see it."""
    if bool(widget.property(role)) != on:
        widget.setProperty(role, on)
        style = widget.style()
        if style is not None:
            style.unpolish(widget)
            style.polish(widget)
