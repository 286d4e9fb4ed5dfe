"""The editor of one config class: a row per field, groups, and advanced fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from ._annotations import FormField, attributes_of, form_fields
from ._editor import CHECK_ERRORS, Editor, Errors, FieldContext, FieldPath
from ._field_box import FieldBox
from ._field_check import check_field
from ._labels import Disclosure, FieldLabel, heading_label
from ._words import class_slug, field_tooltip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._table import EditorFactory

#: pixels by which each config inside another one is indented
_INDENT = 10


class ConfigEditor(Editor):
    """Edits an object of the attrs class `cls`.

    Parameters
    ----------
    cls : type
        The class.
    context : FieldContext
        Where the object stands.
    make : callable
        Makes the editor of a field from its annotation and context.
    """

    full_width = True

    def __init__(
        self,
        cls: type,
        context: FieldContext,
        make: EditorFactory,
    ) -> None:
        super().__init__()
        self.cls = cls
        self._context = context
        self._fields = {field.name: field for field in form_fields(cls)}
        self._attributes = {a.name: a for a in attributes_of(cls)}
        self._boxes: dict[str, FieldBox] = {}
        self._quiet = False
        for name, field in self._fields.items():
            self._boxes[name] = self._make_box(field, make)
        self.advanced = Disclosure("Advanced")
        self._lay_out(list(self._fields))
        for name, box in self._boxes.items():
            _set_default(box.editor, self._fields[name], cls)
            box.editor.valueChanged.connect(self._on_changed)

    def _make_box(self, field: FormField, make: EditorFactory) -> FieldBox:
        context = attrs.evolve(
            self._context.inside(self.cls), metadata=field.metadata, label=field.label
        )
        editor = make(field.annotation, context, computed=field.computed)
        box = FieldBox(editor, field.metadata.get("unit"))
        tip = field_tooltip(field.metadata, _default_text(field))
        for widget in (box, editor):
            widget.setToolTip(tip)
        editor.focus_target().setAccessibleName(field.label)
        editor.focus_target().setAccessibleDescription(
            field.metadata.get("help_text") or ""
        )
        return box

    def _lay_out(self, names: Sequence[str]) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_INDENT if self._context.depth else 0, 0, 0, 0)
        layout.addLayout(self._rows(names))

    def _rows(self, names: Sequence[str]) -> QVBoxLayout:
        """Return the rows of the fields `names`, advanced ones below a disclosure."""
        plain = [n for n in names if not self._fields[n].metadata.get("advanced")]
        advanced = [n for n in names if n not in plain]
        rows = QVBoxLayout()
        rows.setSpacing(4)
        rows.addLayout(self._grid(plain))
        if advanced:
            inner = QWidget()
            inner.setLayout(self._grid(advanced))
            self.advanced.set_content(inner)
            rows.addWidget(self.advanced)
        else:
            self.advanced.hide()
        return rows

    def _grid(self, names: Sequence[str]) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        group = None
        for name in sorted(names, key=self._group_position(names)):
            heading = self._fields[name].metadata.get("group")
            if heading and heading != group:
                grid.addWidget(heading_label(heading), grid.rowCount(), 0, 1, 2)
            group = heading
            self._add_row(grid, name)
        return grid

    def _group_position(self, names: Sequence[str]) -> Callable[[str], int]:
        """Fields without a group first, then the groups as they first occur."""
        groups = [self._fields[name].metadata.get("group") for name in names]
        found = [group for group in dict.fromkeys(groups) if group]
        return lambda name: (
            found.index(group) + 1
            if (group := self._fields[name].metadata.get("group"))
            else 0
        )

    def _add_row(self, grid: QGridLayout, name: str) -> None:
        box, row = self._boxes[name], grid.rowCount()
        label = self._make_label(name)
        if not box.editor.full_width:
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
            grid.addWidget(box.reasons, row + 1, 1)
            return
        if not box.editor.shows_label:
            grid.addWidget(label, row, 0, 1, 2)
        grid.addWidget(box, row + 1, 0, 1, 2)
        grid.addWidget(box.reasons, row + 2, 0, 1, 2)

    def _make_label(self, name: str) -> QLabel:
        box, text = self._boxes[name], self._fields[name].label
        wide = box.editor.full_width
        label = (
            QLabel(text) if wide else FieldLabel(text, self._context.depth * _INDENT)
        )
        label.setToolTip(box.toolTip())
        label.setBuddy(box.editor.focus_target())
        return label

    def _on_changed(self) -> None:
        if not self._quiet:
            self.valueChanged.emit()

    def arguments(self) -> dict[str, Any]:
        """Return the constructor's arguments.

        Raises
        ------
        ValueError
            If a field does not hold a value; its text starts with the field's name.
        """
        values = {}
        for name, box in self._boxes.items():
            try:
                value = box.editor.value()
            except CHECK_ERRORS as error:
                raise ValueError(f"{name}: {error}") from error
            if value is not attrs.NOTHING:  # computed by the class
                values[self._fields[name].alias] = value
        return values

    def value(self) -> Any:
        return self.cls(**self.arguments())

    def setValue(self, value: Any) -> None:
        if type(value) is not self.cls:
            raise TypeError(f"{value!r} is not a {self.cls.__name__}")
        self._quiet = True
        try:
            for name, box in self._boxes.items():
                box.editor.setValue(getattr(value, name))
                box.touch()
        finally:
            self._quiet = False
        self.valueChanged.emit()

    def boxes(self) -> dict[str, FieldBox]:
        return self._boxes

    def errors(self) -> Errors:
        found: Errors = {}
        for name, box in self._boxes.items():
            inner = box.editor.errors() or self._check_field(name)
            found.update({(name, *path): text for path, text in inner.items()})
        return found or self.own_errors()

    def _check_field(self, name: str) -> Errors:
        """Return what converter and validator of one field say about its value."""
        value = self._boxes[name].editor.value()
        if value is attrs.NOTHING:
            return {}
        try:
            check_field(self._attributes[name], value)
        except CHECK_ERRORS as error:
            return {(): str(error).removeprefix(f"{name}: ") or type(error).__name__}
        return {}

    def focus_target(self) -> QWidget:
        first = next(iter(self._boxes.values()), None)
        return self if first is None else first.editor.focus_target()

    def marked_widget(self) -> QWidget:
        return self

    def reveal(self, path: FieldPath) -> None:
        if path and path[0] in self._boxes:
            if self._fields[path[0]].metadata.get("advanced"):
                self.advanced.open()
            super().reveal(path)

    def display(self, errors: Errors, *, everything: bool = False) -> None:
        super().display(errors, everything=everything)
        for path in errors:
            box = self.box_at(path)
            if box is not None and box.error:
                self.reveal(path)


def _set_default(editor: Editor, field: FormField, cls: type) -> None:
    if field.default is not attrs.NOTHING:
        editor.setValue(field.default)
    elif field.name == "name" and field.annotation is str:
        # every config needs one and few are ever looked up by it
        editor.setValue(class_slug(cls))


def _default_text(field: FormField) -> str | None:
    default = field.default
    if default is attrs.NOTHING or default is None or attrs.has(type(default)):
        return None
    return str(default) if default not in ((), [], {}, "") else None
