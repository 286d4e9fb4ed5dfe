"""Colours of plots that follow napari's theme."""

from __future__ import annotations

from typing import Any

import attrs
from napari.utils.theme import get_theme
from qtpy.QtCore import QObject, Signal, Slot
from qtpy.QtGui import QColor

from ._napari_events import EventRelay

#: colours of series, told apart by colour-blind people (Okabe & Ito 2008,
#: https://jfly.uni-koeln.de/color); the first list for dark, the other for light themes
_SERIES = {
    "dark": ("#56b4e9", "#e69f00", "#2dc78f", "#cc79a7", "#f0e442", "#ef7a3c"),
    "light": ("#0072b2", "#b35900", "#00805a", "#a3487c", "#7a7000", "#c44200"),
}


@attrs.frozen
class PlotColours:
    """Colours of a plot under one theme."""

    background: QColor
    text: QColor
    raw: QColor
    """A curve that stays behind the others."""
    highlight: QColor
    series: tuple[QColor, ...]

    def of(self, index: int) -> QColor:
        """Return the colour of series number `index`."""
        return self.series[index % len(self.series)]


def plot_colours(theme_name: str) -> PlotColours:
    """Return the colours for napari's theme `theme_name` (also ``"system"``)."""
    theme = get_theme(_resolved(theme_name))
    background, text = _colour(theme.canvas), _colour(theme.text)
    if theme.type == "light":
        background = _colour(theme.background)  # a light theme's canvas may be black
    return PlotColours(
        background=background,
        text=text,
        raw=_between(background, text, 0.35),
        highlight=_colour(theme.warning),
        series=tuple(QColor(name) for name in _SERIES[theme.type]),
    )


class ThemeFollower(EventRelay):
    """Tells its parent about changes of a viewer's theme.

    Signals
    -------
    changed
        Emits the name of the new theme.
    """

    changed = Signal(str)

    def __init__(self, viewer: Any, parent: QObject) -> None:
        super().__init__([viewer.events.theme], parent)
        self.happened.connect(self._on_happened)

    @Slot(object)
    def _on_happened(self, event: Any) -> None:
        self.changed.emit(event.value)


def _resolved(theme_name: str) -> str:
    if theme_name != "system":
        return theme_name
    from napari.utils.theme import get_system_theme

    return str(get_system_theme())


def _colour(color: Any) -> QColor:
    return QColor(*color.as_rgb_tuple()[:3])


def _between(a: QColor, b: QColor, share: float) -> QColor:
    pairs = zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)
    return QColor(*(round(x + share * (y - x)) for x, y in pairs))
