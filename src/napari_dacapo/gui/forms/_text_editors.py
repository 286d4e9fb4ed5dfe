"""Editors whose content is text: strings, numbers, coordinates, regions, YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from qtpy.QtGui import QFontMetrics, QValidator
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
)

from napari_dacapo.geometry import Coordinate, Roi

from ._editor import Editor, FieldContext, fill, ignore_wheel
from ._notation import (
    read_coordinate,
    read_items,
    step_number,
    write_coordinate,
    write_items,
    write_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable

#: narrower than Qt's own, so that forms fit into a dock
_EDIT_WIDTH = 60


class TextEditor(Editor):
    """One line of text, read by `read` and written by `write`.

    Whatever is typed stays as it is; `value` raises while `read` refuses it.
    """

    def __init__(
        self,
        read: Callable[[str], Any] = str,
        write: Callable[[Any], str] = str,
        placeholder: str = "",
    ) -> None:
        super().__init__()
        self._read, self._write = read, write
        self.line = QLineEdit()
        self.line.setMinimumWidth(_EDIT_WIDTH)
        self.line.setPlaceholderText(placeholder)
        fill(self, self.line)
        self.line.textChanged.connect(lambda _: self.valueChanged.emit())

    def value(self) -> Any:
        return self._read(self.line.text())

    def setValue(self, value: Any) -> None:
        self.line.setText(self._write(value))
        self.line.home(False)  # its first digits say more than its last


class NumberBox(QAbstractSpinBox):
    """A spin box whose content is text, so that 1e-4 stays 1e-4."""

    def __init__(
        self, step: float | None, minimum: float | None, maximum: float | None
    ) -> None:
        super().__init__()
        self._step, self._minimum, self._maximum = step, minimum, maximum
        self.setMinimumWidth(_EDIT_WIDTH)
        ignore_wheel(self)

    def validate(self, text: str | None, position: int) -> Any:
        # nothing is refused while typing: the reason below the field says what is wrong
        return QValidator.State.Acceptable, text, position

    def stepEnabled(self) -> Any:
        flags = QAbstractSpinBox.StepEnabledFlag
        return flags.StepUpEnabled | flags.StepDownEnabled

    def stepBy(self, steps: int) -> None:
        moved = step_number(self.text(), steps, self._step)
        if self._minimum is not None and float(moved) < self._minimum:
            moved = write_number(self._minimum)
        if self._maximum is not None and float(moved) > self._maximum:
            moved = write_number(self._maximum)
        self.edit.setText(moved)

    @property
    def edit(self) -> QLineEdit:
        """The line in which the number is typed."""
        line = self.lineEdit()
        if line is None:
            raise RuntimeError("a spin box without a line edit")
        return line


class NumberEditor(Editor):
    """A number with buttons for more and less."""

    def __init__(
        self,
        read: Callable[[str], Any],
        context: FieldContext,
        step: float | None = None,
    ) -> None:
        super().__init__()
        self._read = read
        metadata = context.metadata
        self.box = NumberBox(
            metadata.get("step") or step,
            metadata.get("minimum"),
            metadata.get("maximum"),
        )
        fill(self, self.box)
        self.box.edit.textChanged.connect(lambda _: self.valueChanged.emit())

    def value(self) -> Any:
        return self._read(self.box.text().strip())

    def setValue(self, value: Any) -> None:
        self.box.edit.setText(write_number(value))
        self.box.edit.setCursorPosition(0)


class CoordinateEditor(TextEditor):
    """Numbers per spatial axis on one line."""

    def __init__(self, placeholder: str = "z, y, x") -> None:
        super().__init__(read_coordinate, write_coordinate, placeholder)


class ItemsEditor(TextEditor):
    """A list of texts or numbers on one line, separated by commas."""

    def __init__(
        self,
        read: Callable[[str], Any],
        write: Callable[[Any], str],
        collect: Callable[[list[Any]], Any] = list,
        placeholder: str | None = None,
    ) -> None:
        if placeholder is None:
            placeholder = "a, b, c" if read is str else "1, 2, 3"
        super().__init__(
            lambda text: collect(read_items(text, read)),
            lambda items: write_items(items, write),
            placeholder,
        )


class RoiEditor(Editor):
    """A region by its lower corner and its extent."""

    def __init__(self) -> None:
        super().__init__()
        self._offset, self._shape = CoordinateEditor(), CoordinateEditor()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        for row, (text, editor) in enumerate(
            (("Offset", self._offset), ("Shape", self._shape))
        ):
            caption = QLabel(text)
            caption.setBuddy(editor.line)
            grid.addWidget(caption, row, 0)
            grid.addWidget(editor, row, 1)
            editor.valueChanged.connect(self.valueChanged)
        grid.setColumnStretch(1, 1)
        self.setFocusProxy(self._offset.line)

    def value(self) -> Roi:
        return Roi(self._part("offset", self._offset), self._part("shape", self._shape))

    def setValue(self, value: Any) -> None:
        roi = Roi.coerce(value)
        self._offset.setValue(roi.offset)
        self._shape.setValue(roi.shape)

    @staticmethod
    def _part(name: str, editor: CoordinateEditor) -> Coordinate:
        try:
            part: Coordinate = editor.value()
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        return part


class YamlEditor(Editor):
    """Any plain value, as YAML."""

    full_width = True

    def __init__(self) -> None:
        super().__init__()
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        lines = QFontMetrics(self.text.font()).lineSpacing() * 4
        self.text.setFixedHeight(lines + 12)
        fill(self, self.text)
        self.text.textChanged.connect(self.valueChanged)

    def value(self) -> Any:
        try:
            return yaml.safe_load(self.text.toPlainText())
        except yaml.YAMLError as error:
            raise ValueError(f"this is not YAML: {error}") from None

    def setValue(self, value: Any) -> None:
        text = yaml.safe_dump(value, sort_keys=False, default_flow_style=None)
        self.text.setPlainText(text.removesuffix("...\n"))


class KeepEditor(Editor):
    """Shows a value of a type nobody can edit here, and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self._value: Any = None
        self._label = QLabel("not set")
        self._label.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._label)

    def value(self) -> Any:
        return self._value

    def setValue(self, value: Any) -> None:
        self._value = value
        self._label.setText(repr(value))
        self.valueChanged.emit()
