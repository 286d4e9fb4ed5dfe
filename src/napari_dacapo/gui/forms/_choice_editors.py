"""Editors that choose: yes or no, one of several values, a file or folder."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import magicgui.widgets
from magicgui.widgets.bases import ValueWidget
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QMenu,
    QToolButton,
)

from napari_dacapo.arrays.locations import Location, to_location

from ._editor import Editor, fill, ignore_wheel
from ._text_editors import TextEditor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtGui import QDragEnterEvent, QDropEvent


class CheckEditor(Editor):
    """Yes or no."""

    def __init__(self) -> None:
        super().__init__()
        self.box = QCheckBox()
        fill(self, self.box)
        self.box.toggled.connect(lambda _: self.valueChanged.emit())

    def value(self) -> bool:
        return bool(self.box.isChecked())

    def setValue(self, value: Any) -> None:
        self.box.setChecked(bool(value))


class ChoiceEditor(Editor):
    """One of several values.

    A value that is not among them, such as one of an older version, is shown as an
    additional choice; the field's validator says what is wrong with it.
    """

    def __init__(self, choices: Sequence[Any]) -> None:
        super().__init__()
        self.combo = compact_combo()
        self._values: list[Any] = []
        for choice in choices:
            self._add(choice)
        fill(self, self.combo)
        self.combo.currentIndexChanged.connect(lambda _: self.valueChanged.emit())

    def _add(self, choice: Any) -> None:
        self._values.append(choice)
        self.combo.addItem(_choice_text(choice))

    def value(self) -> Any:
        return self._values[self.combo.currentIndex()]

    def setValue(self, value: Any) -> None:
        if value not in self._values:
            self._add(value)
        self.combo.setCurrentIndex(self._values.index(value))


class PathEditor(TextEditor):
    """A path, kept as typed; files and folders can be dropped on it.

    Parameters
    ----------
    kind : {"file", "directory", "any"}
        What the button next to it offers.
    takes_addresses : bool
        Whether an address in the internet may stand for a path.
    """

    def __init__(
        self, kind: str | None = None, *, takes_addresses: bool = False
    ) -> None:
        read = _read_location if takes_addresses else _read_path
        super().__init__(read, str, "drop or choose")
        button = choose_button("Choose a file or folder")
        if kind in ("file", "directory"):
            button.clicked.connect(lambda: self.choose(kind))
        else:
            add_menu(
                button,
                {
                    "File…": lambda: self.choose("file"),
                    "Folder…": lambda: self.choose("directory"),
                },
            )
        layout = self.layout()
        if layout is not None:
            layout.addWidget(button)
        # the line would insert the URL as text
        self.line.setAcceptDrops(False)
        self.setAcceptDrops(True)

    def setValue(self, value: Any) -> None:
        super().setValue(value)
        self.line.end(False)

    def choose(self, kind: str) -> None:
        """Let the user choose a file or folder in a dialog."""
        start = self.line.text()
        if kind == "directory":
            path = QFileDialog.getExistingDirectory(self, "Choose a folder", start)
        else:
            path, _ = QFileDialog.getOpenFileName(self, "Choose a file", start)
        if path:
            self.line.setText(path)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        if event is not None and dropped_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        if event is not None and (paths := dropped_paths(event)):
            self.setValue(paths[0])
            event.acceptProposedAction()


class MagicEditor(Editor):
    """A widget of magicgui, for types registered with ``magicgui.register_type``."""

    def __init__(self, annotation: Any) -> None:
        super().__init__()
        widget = magicgui.widgets.create_widget(annotation=annotation)
        if not isinstance(widget, ValueWidget):
            raise TypeError(f"magicgui has no value widget for {annotation!r}")
        self._widget = widget
        fill(self, widget.native)
        ignore_wheel(widget.native)
        widget.changed.connect(lambda *_: self.valueChanged.emit())

    def value(self) -> Any:
        return self._widget.value

    def setValue(self, value: Any) -> None:
        self._widget.value = value


def choose_button(tip: str) -> QToolButton:
    """Return the small button beside a field that opens a dialog."""
    button = QToolButton()
    button.setText("…")
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button


def add_menu(button: QToolButton, entries: dict[str, Callable[[], None]]) -> None:
    """Let a click on `button` open a menu: texts and what they do."""
    menu = QMenu(button)
    for text, slot in entries.items():
        action = menu.addAction(text)
        if action is not None:
            action.triggered.connect(slot)
    # not setMenu: its arrow would cover the text of so small a button
    button.clicked.connect(
        lambda: menu.popup(button.mapToGlobal(button.rect().bottomLeft()))
    )


def compact_combo() -> QComboBox:
    """Return a combo box that may be narrower than its items and ignores the wheel."""
    combo = QComboBox()
    policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    combo.setSizeAdjustPolicy(policy)
    combo.setMinimumContentsLength(6)
    ignore_wheel(combo)
    return combo


def dropped_paths(event: QDropEvent) -> list[Path]:
    """Return the files and folders that are being dropped."""
    mime = event.mimeData()
    if mime is None or not mime.hasUrls():
        return []
    # napari and file managers add a slash to folders
    found = (url.toLocalFile().rstrip("/") for url in mime.urls())
    return [Path(path) for path in found if path]


def _choice_text(choice: Any) -> str:
    if isinstance(choice, Enum):
        return choice.name.replace("_", " ").lower()
    return str(choice)


def _read_location(text: str) -> Location:
    return to_location(_read_path(text))


def _read_path(text: str) -> Path:
    if not text.strip():
        raise ValueError("a path is required")
    return Path(text)
