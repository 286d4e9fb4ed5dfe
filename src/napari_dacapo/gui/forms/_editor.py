"""The contract of all editors, and the box that shows an editor with its reasons."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
from qtpy.QtCore import QEvent, QObject, Signal
from qtpy.QtWidgets import QHBoxLayout, QWidget

from napari_dacapo.errors import DaCapoError

if TYPE_CHECKING:
    from ._field_box import FieldBox


#: where a field is, from the outermost config: names, list positions, keys
FieldPath: TypeAlias = tuple[str, ...]
#: what is wrong where
Errors: TypeAlias = dict[FieldPath, str]

#: what converters and validators of configs, also third-party ones, raise
CHECK_ERRORS = (
    DaCapoError,
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AttributeError,
)
_LOCATED = re.compile(r"([\w.\[\]]+)(?: \([^()]*\))?: (.+)", re.DOTALL)


@attrs.frozen
class FieldContext:
    """What an editor may need to know about the field it edits.

    Attributes
    ----------
    metadata : dict
        What `config_field` was told.
    label : str
        The field's name in words.
    ancestors : tuple of type
        The config classes around the field, outermost first.
    """

    metadata: dict[str, Any] = attrs.field(factory=dict)
    label: str = ""
    ancestors: tuple[type, ...] = ()

    @property
    def depth(self) -> int:
        """Number of configs around the field."""
        return len(self.ancestors)

    def inside(self, cls: type) -> FieldContext:
        """Return the context of what is inside a config of class `cls`."""
        return FieldContext(ancestors=(*self.ancestors, cls))


class Editor(QWidget):
    """A widget that edits one value.

    Subclasses implement `value`, which raises `ValueError` (as does everything in
    `CHECK_ERRORS`) while the content is not a value, and `setValue`; if they hold other
    editors, also `boxes`.
    """

    #: emitted after every change of the content, valid or not
    valueChanged = Signal()
    #: whether the editor takes the whole width, below its label
    full_width: bool = False
    #: whether the editor shows the label of its field itself
    shows_label: bool = False
    #: the first line of the editor, which a list moves next to its buttons
    header: QWidget | None = None

    def value(self) -> Any:
        raise NotImplementedError

    def setValue(self, value: Any) -> None:
        raise NotImplementedError

    def boxes(self) -> dict[str, FieldBox]:
        """Return the editors inside that show reasons of their own, by key."""
        return {}

    def errors(self) -> Errors:
        """Return everything wrong with the content, by path from this editor."""
        found = {
            (key, *path): text
            for key, box in self.boxes().items()
            for path, text in box.editor.errors().items()
        }
        return found or self.own_errors()

    def own_errors(self) -> Errors:
        """Return what is wrong with the value as a whole; the parts are fine."""
        try:
            self.value()
        except CHECK_ERRORS as error:
            return self.locate(str(error) or type(error).__name__)
        return {}

    def locate(self, text: str) -> Errors:
        """Return `text` at the field whose path it starts with, without the path.

        Understands ``"name: ..."``, ``"configs[0].name: ..."``, and those in a chain.
        """
        path: list[str] = []
        editor = self
        while match := _LOCATED.fullmatch(text):
            steps = editor.resolve(tuple(re.findall(r"\w+", match[1])))
            inner = None if steps is None else editor.editor_at(steps)
            if steps is None or inner is None:
                break
            path += steps
            editor, text = inner, match[2]
        return {tuple(path): text}

    def resolve(self, path: FieldPath) -> FieldPath | None:
        """Return `path` as used by `errors`, or `None` if there is no such field.

        Only dictionaries differ: a config names an entry by its key, an editor by its
        position.
        """
        if not path:
            return path
        box = self.boxes().get(path[0])
        inner = None if box is None else box.editor.resolve(path[1:])
        return None if inner is None else (path[0], *inner)

    def editor_at(self, path: FieldPath) -> Editor | None:
        """Return the editor at `path`, if there is one now."""
        if not path:
            return self
        box = self.boxes().get(path[0])
        return None if box is None else box.editor.editor_at(path[1:])

    def box_at(self, path: FieldPath) -> FieldBox | None:
        """Return the box at `path`, if there is one now."""
        inner = self.editor_at(path[:-1]) if path else None
        return None if inner is None else inner.boxes().get(path[-1])

    def display(self, errors: Errors, *, everything: bool = False) -> None:
        """Show `errors` at the editors inside that they belong to.

        Fields nobody touched yet stay silent unless `everything` is true.
        """
        for key, box in self.boxes().items():
            inner = {path[1:]: t for path, t in errors.items() if path[:1] == (key,)}
            box.display(inner, everything=everything)

    def reveal(self, path: FieldPath) -> None:
        """Open whatever hides the editor at `path`."""
        box = self.boxes().get(path[0]) if path else None
        if box is not None:
            box.editor.reveal(path[1:])

    def focus_target(self) -> QWidget:
        """Return the widget that gets the keyboard for this editor."""
        target: QWidget = self
        while (proxy := target.focusProxy()) is not None:
            target = proxy
        return target

    def marked_widget(self) -> QWidget:
        """Return the widget that is outlined while the value as a whole is invalid."""
        return self.focus_target()


class _WheelFilter(QObject):
    """Leaves the wheel to the scroll area around a form."""

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return False


def ignore_wheel(widget: QWidget) -> None:
    """Make `widget` pass the mouse wheel on instead of changing its value."""
    widget.installEventFilter(_WheelFilter(widget))


def fill(editor: Editor, widget: QWidget) -> None:
    """Make `widget` the only content of `editor`, which hands it the keyboard."""
    layout = QHBoxLayout(editor)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(widget, 1)
    editor.setFocusProxy(widget)
