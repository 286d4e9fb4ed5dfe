"""Editors made of other editors: optional values, lists, tuples, dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from ._editor import Editor, Errors, FieldPath
from ._field_box import FieldBox
from ._list_item import ListItem, tool_button

if TYPE_CHECKING:
    from collections.abc import Callable


class OptionalEditor(Editor):
    """A checkbox in front of an editor; unchecked the value is `empty`.

    The editor is made when it is first needed: configs may contain their own kind.

    Parameters
    ----------
    make : callable
        Makes the editor.
    empty : Any
        The value without a check, usually `None`.
    label : str
        Shown at the checkbox of an editor of full width.
    full_width : bool
        Whether the editor takes the whole width.
    """

    def __init__(
        self, make: Callable[[], Editor], empty: Any, label: str, full_width: bool
    ) -> None:
        super().__init__()
        self.full_width = self.shows_label = full_width
        self._make, self._empty = make, empty
        self._inner: Editor | None = None
        self.check = QCheckBox(label if full_width else "")
        self._layout = QVBoxLayout(self) if full_width else QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self.check)
        self.setFocusProxy(self.check)
        if not full_width:
            self._build().setEnabled(False)
        self.check.toggled.connect(self._on_toggled)

    def _build(self) -> Editor:
        if self._inner is None:
            self._inner = self._make()
            self._layout.addWidget(self._inner)
            if not self.full_width:
                self._layout.setStretch(1, 1)
            self._inner.valueChanged.connect(self.valueChanged)
        return self._inner

    def _on_toggled(self, checked: bool) -> None:
        if checked:
            self._build()
        if self._inner is not None:
            self._inner.setEnabled(checked)
            self._inner.setVisible(checked or not self.full_width)
        self.valueChanged.emit()

    def _active(self) -> Editor | None:
        return self._build() if self.check.isChecked() else None

    def value(self) -> Any:
        active = self._active()
        return self._empty if active is None else active.value()

    def setValue(self, value: Any) -> None:
        present = value is not self._empty
        if present:
            self._build().setValue(value)
        self.check.setChecked(present)

    def boxes(self) -> dict[str, FieldBox]:
        active = self._active()
        return {} if active is None else active.boxes()

    def errors(self) -> Errors:
        active = self._active()
        return {} if active is None else active.errors()

    def display(self, errors: Errors, *, everything: bool = False) -> None:
        active = self._active()
        if active is not None:
            active.display(errors, everything=everything)

    def editor_at(self, path: FieldPath) -> Editor | None:
        active = self._active()
        return super().editor_at(path) if active is None else active.editor_at(path)

    def resolve(self, path: FieldPath) -> FieldPath | None:
        active = self._active()
        return super().resolve(path) if active is None else active.resolve(path)

    def reveal(self, path: FieldPath) -> None:
        active = self._active()
        if active is not None:
            active.reveal(path)

    def focus_target(self) -> QWidget:
        active = self._active()
        return self.check if active is None else active.focus_target()

    def marked_widget(self) -> QWidget:
        active = self._active()
        return self.check if active is None else active.marked_widget()


class ListEditor(Editor):
    """A list whose items can be added, removed and moved."""

    full_width = True

    def __init__(
        self, make: Callable[[], Editor], collect: Callable[[list[Any]], Any] = list
    ) -> None:
        super().__init__()
        self._make, self._collect = make, collect
        self.items: list[ListItem] = []
        self.add_button = tool_button("+ Add", "Add an item at the end")
        self.add_button.clicked.connect(self.add)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(3)
        self._layout.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.setFocusProxy(self.add_button)

    def add(self) -> None:
        """Add an empty item and move the keyboard there."""
        item = self._append()
        self.valueChanged.emit()
        item.editor.focus_target().setFocus()

    def _append(self) -> ListItem:
        item = ListItem(self._make())
        item.editor.valueChanged.connect(self.valueChanged)
        item.up.clicked.connect(lambda: self.move_item(item, -1))
        item.down.clicked.connect(lambda: self.move_item(item, 1))
        item.remove.clicked.connect(lambda: self.remove_item(item))
        self._layout.insertWidget(len(self.items), item)
        self.items.append(item)
        self._number()
        return item

    def remove_item(self, item: ListItem) -> None:
        """Remove `item`."""
        self._discard(item)
        self._number()
        self.valueChanged.emit()

    def _discard(self, item: ListItem) -> None:
        self.items.remove(item)
        item.hide()
        self._layout.removeWidget(item)
        item.deleteLater()

    def move_item(self, item: ListItem, by: int) -> None:
        """Move `item` towards the start (negative) or the end."""
        index = self.items.index(item)
        self.items.insert(index + by, self.items.pop(index))
        self._layout.removeWidget(item)
        self._layout.insertWidget(index + by, item)
        self._number()
        self.valueChanged.emit()

    def _number(self) -> None:
        for index, item in enumerate(self.items):
            item.set_position(index, len(self.items))

    def value(self) -> Any:
        return self._collect([item.editor.value() for item in self.items])

    def setValue(self, value: Any) -> None:
        values = list(value)
        while len(self.items) > len(values):
            self._discard(self.items[-1])
        while len(self.items) < len(values):
            self._append()
        self._number()
        for item, each in zip(self.items, values, strict=True):
            item.editor.setValue(each)
        self.valueChanged.emit()

    def boxes(self) -> dict[str, FieldBox]:
        return {str(index): item.box for index, item in enumerate(self.items)}


class DictEditor(ListEditor):
    """A dictionary, as a list of (key, value)."""

    def value(self) -> dict[Any, Any]:
        pairs = [item.editor.value() for item in self.items]
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"{key!r} occurs twice; every name must be different")
        return dict(pairs)

    def setValue(self, value: Any) -> None:
        super().setValue(value.items())

    def resolve(self, path: FieldPath) -> FieldPath | None:
        if not path:
            return path
        position = self._position(path[0])
        return None if position is None else super().resolve((position, "1", *path[1:]))

    def _position(self, key: str) -> str | None:
        for index, item in enumerate(self.items):
            if not item.editor.errors() and str(item.editor.value()[0]) == key:
                return str(index)
        return None


class TupleEditor(Editor):
    """A fixed number of values: side by side, or below each other if they are wide."""

    def __init__(
        self, editors: list[Editor], collect: Callable[[list[Any]], Any] = tuple
    ) -> None:
        super().__init__()
        self._editors, self._collect = editors, collect
        self._boxes: dict[str, FieldBox] = {}
        self.full_width = any(editor.full_width for editor in editors)
        layout = QVBoxLayout(self) if self.full_width else QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for index, editor in enumerate(editors):
            if self.full_width:
                self._boxes[str(index)] = box = FieldBox(editor)
                layout.addWidget(box)
                layout.addWidget(box.reasons)
            else:
                layout.addWidget(editor, 1)
            editor.valueChanged.connect(self.valueChanged)
        self.setFocusProxy(editors[0])

    def value(self) -> Any:
        return self._collect([editor.value() for editor in self._editors])

    def setValue(self, value: Any) -> None:
        for editor, each in zip(self._editors, value, strict=True):
            editor.setValue(each)

    def boxes(self) -> dict[str, FieldBox]:
        return self._boxes
