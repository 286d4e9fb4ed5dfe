"""A form for any config class, generated from its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from ._editor import Editor, Errors, FieldContext
from ._field_box import FieldBox
from ._table import make_editor
from ._theme import ErrorStyle
from ._verification import Verifier, complaints
from ._words import path_label

if TYPE_CHECKING:
    from collections.abc import Callable

#: below this editors get too narrow to read
MINIMUM_WIDTH = 340


class ConfigForm(QWidget):
    """Edits a config of class `cls_or_root`, or of any class of that hierarchy.

    Fields are checked while they are edited; once all are fine the config is verified
    in a thread (that may open files). Reasons stand below the field they are about;
    fields that were not edited yet stay silent.

    Parameters
    ----------
    cls_or_root : type
        A config class, or the root of a hierarchy: then the class can be chosen.
    value : config, optional
        Shown at first; by default the defaults of the class.
    parent : QWidget, optional
        The parent.
    verify : callable, optional
        Returns what is wrong with a config, by path; called in a thread once all fields
        are fine. By default asks ``verify`` of the config and of those inside it.
    editor : Editor, optional
        Takes the place of the generated editor.
    """

    #: emitted after every change of the content, valid or not
    valueChanged = Signal()
    #: emitted when the outcome of the verification is there
    verified = Signal()

    def __init__(
        self,
        cls_or_root: type,
        value: Any = None,
        parent: QWidget | None = None,
        *,
        verify: Callable[[Any], Errors] | None = complaints,
        editor: Editor | None = None,
    ) -> None:
        super().__init__(parent)
        self._faults: Errors = {}
        self._complaints: Errors = {}
        self._box = FieldBox(editor or make_editor(cls_or_root, FieldContext()))
        self._verifier = None if verify is None else Verifier(verify, self)
        self._style = ErrorStyle(self)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._box)
        layout.addWidget(self._box.reasons)
        layout.addStretch(1)
        self.setMinimumWidth(MINIMUM_WIDTH)
        self.setFocusProxy(self.editor.focus_target())

        self._faults = self.editor.errors()
        self.editor.valueChanged.connect(self._on_changed)
        if self._verifier is not None:
            self._verifier.verified.connect(self.show_complaints)
        if value is not None:
            self.setValue(value)

    @property
    def editor(self) -> Editor:
        """The outermost editor."""
        return self._box.editor

    def value(self) -> Any:
        """Return the config.

        Raises
        ------
        ValueError
            If the form does not describe one; see `errors`.
        """
        return self.editor.value()

    def setValue(self, value: Any) -> None:
        """Show `value`, an object of the class or hierarchy of the form."""
        self.editor.setValue(value)

    def errors(self) -> dict[str, str]:
        """Return what is wrong, by path such as ``"augments.0.scale"``.

        Includes the outcome of the last verification; the path of what concerns the
        whole config is empty.
        """
        found = self._faults or self._complaints
        return {".".join(path): text for path, text in found.items()}

    @property
    def is_valid(self) -> bool:
        """Whether nothing is known to be wrong."""
        return not self.errors()

    @property
    def is_verified(self) -> bool:
        """Whether the outcome of the verification is known."""
        return self._verifier is None or not self._verifier.pending

    def show_errors(self) -> None:
        """Show all reasons, also at fields that were not edited yet."""
        self._box.display(self._faults or self._complaints, everything=True)

    def reveal(self, path: str) -> None:
        """Open what hides the field at `path` and move the keyboard there."""
        steps = split_path(path)
        self.editor.reveal(steps)
        editor = self.editor.editor_at(steps)
        if editor is not None:
            target = editor.focus_target()
            target.setFocus()
            # what was opened just now has its place only once it was laid out
            QTimer.singleShot(0, lambda: _scroll_to(target))

    def set_notes(self, notes: dict[str, str]) -> None:
        """Show a note below each field of `notes`, until it is changed.

        Keys are paths as in `errors`; ``name[0]`` is understood, too.
        """
        for path, text in notes.items():
            steps = self.editor.resolve(split_path(path))
            box = None if steps is None else self.editor.box_at(steps)
            if box is not None:
                box.set_note(text)

    def _on_changed(self) -> None:
        self._refresh()
        self.valueChanged.emit()

    def _refresh(self) -> None:
        self._faults = self.editor.errors()
        if self._faults:
            self._complaints = {}
        if self._verifier is not None:
            self._verifier.verify(None if self._faults else self.editor.value())
        self._box.display(self._faults or self._complaints)

    def show_complaints(self, complaints: Errors) -> None:
        """Show what a verification found, at the fields it is about, until a change."""
        if self._verifier is not None:
            self._verifier.verify(None)  # an older result must not replace this one
        self._complaints = {}
        for path, text in complaints.items():
            steps = self.editor.resolve(path)
            editor = None if steps is None else self.editor.editor_at(steps)
            if steps is None or editor is None:
                self._complaints[()] = f"{path_label(path)}: {text}"
                continue
            for inner, reason in editor.locate(text).items():
                self._complaints[(*steps, *inner)] = reason
        self._box.display(self._complaints)
        self.verified.emit()


def _scroll_to(widget: QWidget) -> None:
    area = widget.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    if area is not None:
        # with some room for the reason below the field
        area.ensureWidgetVisible(widget, 0, 100)


def split_path(path: str) -> tuple[str, ...]:
    """Return the steps of a path such as ``"train_configs[0].raw_config"``."""
    plain = path.replace("[", ".").replace("]", "")
    return tuple(step for step in plain.split(".") if step)
