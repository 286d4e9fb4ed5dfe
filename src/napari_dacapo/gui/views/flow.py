"""A row of controls that wraps where the dock is narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from superqt import QFlowLayout

if TYPE_CHECKING:
    from qtpy.QtCore import QRect
    from qtpy.QtWidgets import QLayoutItem, QWidget

SPACING = 6


class Rows(QFlowLayout):
    """Rows of which every item stands in the middle, so that texts are on one line."""

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        rows: dict[int, list[QLayoutItem]] = {}
        for index in range(self.count()):
            item = self.itemAt(index)
            if item is not None and not item.isEmpty():  # hidden ones count nothing
                rows.setdefault(item.geometry().top(), []).append(item)
        for items in rows.values():
            height = max(item.geometry().height() for item in items)
            for item in items:
                place = item.geometry()
                place.translate(0, (height - place.height()) // 2)
                item.setGeometry(place)


def flow(*widgets: QWidget) -> QFlowLayout:
    """Return a layout that puts `widgets` in as many rows as they need."""
    layout = Rows()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setHorizontalSpacing(SPACING)
    layout.setVerticalSpacing(SPACING)
    for widget in widgets:
        layout.addWidget(widget)
    return layout
