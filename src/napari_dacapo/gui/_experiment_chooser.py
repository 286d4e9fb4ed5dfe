"""The dialog in which an array of a container is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._experiment_sources import Found


class ArrayChooser(QDialog):
    """Lists the arrays of a container; open it with `open`, it blocks nothing.

    Parameters
    ----------
    found : sequence of Found
        The arrays.
    where : str
        Name of the container.
    parent : QWidget, optional
        The parent.
    """

    #: emits the `Found` that was chosen
    chosen = Signal(object)

    def __init__(
        self, found: Sequence[Found], where: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._found = list(found)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("filter")
        self.filter.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.addItems([each.text for each in found])
        self.list.setCurrentRow(0)
        buttons = QDialogButtonBox()
        for button in ("Ok", "Cancel"):
            buttons.addButton(getattr(QDialogButtonBox.StandardButton, button))

        self.setWindowTitle("Choose an array")
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(f"Arrays in {where}:"))
        layout.addWidget(self.filter)
        layout.addWidget(self.list)
        layout.addWidget(buttons)
        self.resize(460, 360)
        self.list.setFocus()

        self.filter.textChanged.connect(self._on_filter)
        self.list.itemActivated.connect(lambda _: self.accept())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.accepted.connect(self._on_accepted)

    def _on_filter(self, text: str) -> None:
        words = text.lower().split()
        for row, each in enumerate(self._found):
            fits = all(word in each.text.lower() for word in words)
            self.list.setRowHidden(row, not fits)

    def _on_accepted(self) -> None:
        row = self.list.currentRow()
        if row >= 0:
            self.chosen.emit(self._found[row])
