"""A row of controls that wraps where the dock is narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from superqt import QFlowLayout

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

SPACING = 6


def flow(*widgets: QWidget) -> QFlowLayout:
    """Return a layout that puts `widgets` in as many rows as they need."""
    layout = QFlowLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setHorizontalSpacing(SPACING)
    layout.setVerticalSpacing(SPACING)
    for widget in widgets:
        layout.addWidget(widget)
    return layout
