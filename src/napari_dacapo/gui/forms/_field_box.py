"""The box around the editor of a field: its unit, and what is to be said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ._theme import ERROR_TEXT, INVALID, mark
from ._words import path_label

if TYPE_CHECKING:
    from ._editor import Editor, Errors


class Reasons(QWidget):
    """What is to be said about a field, one text of each kind.

    What it stands for ("info"), what becomes of it ("use"), why it is invalid
    ("error"), and a note.
    """

    #: from top to bottom
    KINDS = ("info", "use", "error", "note")

    def __init__(self) -> None:
        super().__init__()
        # labels are made when there is something to say: most fields never need one
        self._labels: dict[str, QLabel] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self.hide()

    def text(self, kind: str) -> str:
        """Return the text shown as one of `KINDS`."""
        return self._labels[kind].text() if kind in self._labels else ""

    def show_text(self, kind: str, text: str) -> None:
        """Show `text` as one of `KINDS`; nothing if it is empty."""
        if text == self.text(kind):
            return
        label = self._labels.get(kind) or self._make_label(kind)
        label.setText(text)
        label.setVisible(bool(text))
        self.setVisible(any(each.text() for each in self._labels.values()))

    def _make_label(self, kind: str) -> QLabel:
        label = QLabel()
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # a long word must not widen the whole form
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        mark(label, ERROR_TEXT, on=kind == "error")
        font = label.font()
        font.setItalic(kind == "note")
        label.setFont(font)
        above = self.KINDS[: self.KINDS.index(kind)]
        position = sum(each in self._labels for each in above)
        self._column.insertWidget(position, label)
        self._labels[kind] = label
        return label


class FieldBox(QWidget):
    """An editor with its unit; knows why it is invalid and notes about it.

    Attributes
    ----------
    editor : Editor
        The editor.
    reasons : Reasons
        What is wrong, and the note; whoever lays the box out puts it below.
    """

    def __init__(self, editor: Editor, unit: str | None = None) -> None:
        super().__init__()
        self.editor = editor
        self.reasons = Reasons()
        self._touched = False
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(editor, 1)
        if unit:
            line.addWidget(QLabel(unit))
        editor.valueChanged.connect(self._on_changed)

    @property
    def error(self) -> str:
        """The reason shown."""
        return self.reasons.text("error")

    @property
    def note(self) -> str:
        """The note shown."""
        return self.reasons.text("note")

    def set_note(self, text: str) -> None:
        """Show `text` until the value is changed."""
        self.reasons.show_text("note", text)

    def touch(self) -> None:
        """Let reasons show from now on."""
        self._touched = True

    def display(self, errors: Errors, *, everything: bool = False) -> None:
        """Show `errors`: the box's own here, others at the editors inside."""
        inside, here = {}, []
        for path, text in errors.items():
            if path and self.editor.editor_at(path[:1]) is not None:
                inside[path] = text
            else:
                here.append(f"{path_label(path)}: {text}" if path else text)
        self._touched = self._touched or everything
        error = "\n".join(here) if self._touched else ""
        self.reasons.show_text("error", error)
        mark(self.editor.marked_widget(), INVALID, on=bool(error))
        self.editor.display(inside, everything=everything)

    def _on_changed(self) -> None:
        self._touched = True
        self.set_note("")
