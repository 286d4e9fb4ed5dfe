"""One item of a list with the buttons that move and remove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from ._field_box import FieldBox

if TYPE_CHECKING:
    from ._editor import Editor


class ListItem(QWidget):
    """One item of a list with its buttons; an editor's header stands next to them."""

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self.editor = editor
        self.box = FieldBox(editor)
        self._title = QLabel()
        self._title.setContentsMargins(0, 0, 4, 0)
        self.up = tool_button("↑", "Move up")
        self.down = tool_button("↓", "Move down")
        self.remove = tool_button("✕", "Remove")

        line = QHBoxLayout()
        line.setSpacing(0)
        line.addWidget(self._title)
        if not editor.full_width:
            line.addWidget(self.box, 1)
        elif editor.header is not None:
            line.addWidget(editor.header, 1)
        else:
            line.addStretch(1)
        for button in (self.up, self.down, self.remove):
            line.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(line)
        if editor.full_width:
            layout.addWidget(self.box)
        layout.addWidget(self.box.reasons)

    def set_position(self, index: int, count: int) -> None:
        self._title.setText(f"{index + 1}")
        self.up.setEnabled(index > 0)
        self.down.setEnabled(index < count - 1)
        for button in (self.up, self.down):
            button.setHidden(count == 1)


def tool_button(text: str, tip: str) -> QToolButton:
    """Return a flat button with `text`, whose meaning `tip` tells."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setAutoRaise(True)
    return button
