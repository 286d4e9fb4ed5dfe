"""Keys for sliders of fractional numbers, which superqt's leave without effect."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, QObject, Qt

_KEY = Qt.Key
#: what a key moves by: number of single steps, number of page steps
_MOVES = {
    _KEY.Key_Right: (1, 0),
    _KEY.Key_Up: (1, 0),
    _KEY.Key_Left: (-1, 0),
    _KEY.Key_Down: (-1, 0),
    _KEY.Key_PageUp: (0, 1),
    _KEY.Key_PageDown: (0, -1),
}


class SliderKeys(QObject):
    """Moves a ``superqt.QDoubleSlider`` as the keys move Qt's own sliders.

    Qt's handling of keys knows whole numbers only, and superqt does not replace it.

    Parameters
    ----------
    slider : superqt.QDoubleSlider
        The slider; it becomes the parent.
    """

    def __init__(self, slider: Any) -> None:
        super().__init__(slider)
        self._slider = slider
        slider.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is None or event.type() != QEvent.Type.KeyPress:
            return False
        value = self._after(event.key())
        if value is None:
            return False
        self._slider.setValue(value)
        return True

    def _after(self, key: int) -> float | None:
        """Return the value after a key, `None` if the key means nothing here."""
        slider = self._slider
        ends = {_KEY.Key_Home: slider.minimum(), _KEY.Key_End: slider.maximum()}
        if key in ends:
            return float(ends[key])
        if key not in _MOVES:
            return None
        singles, pages = _MOVES[key]
        by = singles * slider.singleStep() + pages * slider.pageStep()
        return float(min(max(slider.value() + by, slider.minimum()), slider.maximum()))
