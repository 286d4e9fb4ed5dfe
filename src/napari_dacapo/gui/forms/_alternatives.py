"""An editor for a value of one of several kinds, such as the classes of a hierarchy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout

from ._choice_editors import compact_combo
from ._editor import Editor, Errors

if TYPE_CHECKING:
    from ._field_box import FieldBox

_NOTHING_CHOSEN = "Choose…"


@attrs.frozen
class Alternative:
    """One kind of value.

    Attributes
    ----------
    title : str
        Shown in the combo box.
    accepts : callable
        Whether a value is of this kind.
    make : callable
        Makes the editor.
    summary : str
        Tooltip.
    """

    title: str
    accepts: Callable[[Any], bool]
    make: Callable[[], Editor]
    summary: str = ""


class AlternativesEditor(Editor):
    """A combo box of kinds above the editor of the chosen one.

    Editors are made when their kind is first chosen and kept, so that going back and
    forth loses nothing.

    Parameters
    ----------
    alternatives : sequence of Alternative
        What to choose from.
    other : callable, optional
        Makes the alternative for a value that none of them accepts.
    chosen : Alternative, optional
        Chosen at first; by default nothing is.
    """

    full_width = True

    def __init__(
        self,
        alternatives: Sequence[Alternative],
        other: Callable[[Any], Alternative] | None = None,
        chosen: Alternative | None = None,
    ) -> None:
        super().__init__()
        self._alternatives = list(alternatives)
        self._other = other
        self._editors: dict[int, Editor] = {}
        self.combo = compact_combo()
        for alternative in self._alternatives:
            self._add_to_combo(alternative)
        self.combo.setCurrentIndex(-1)
        self.combo.setPlaceholderText(_NOTHING_CHOSEN)
        self.header = self.combo
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(3)
        self._layout.addWidget(self.combo)
        self.setFocusProxy(self.combo)
        if chosen is not None:
            self.combo.setCurrentIndex(self._alternatives.index(chosen))
            self._show_current()
        self.combo.currentIndexChanged.connect(self._on_chosen)

    def _add_to_combo(self, alternative: Alternative) -> None:
        self.combo.addItem(alternative.title)
        last = self.combo.count() - 1
        self.combo.setItemData(last, alternative.summary, Qt.ItemDataRole.ToolTipRole)

    def _on_chosen(self) -> None:
        self._show_current()
        self.valueChanged.emit()

    def _show_current(self) -> None:
        index = self.combo.currentIndex()
        if index >= 0 and index not in self._editors:
            editor = self._alternatives[index].make()
            self._editors[index] = editor
            self._layout.addWidget(editor)
            editor.valueChanged.connect(self.valueChanged)
        for each, editor in self._editors.items():
            editor.setVisible(each == index)

    @property
    def current(self) -> Editor | None:
        """The editor of the chosen kind."""
        return self._editors.get(self.combo.currentIndex())

    def value(self) -> Any:
        if self.current is None:
            raise ValueError("choose one of the list")
        return self.current.value()

    def setValue(self, value: Any) -> None:
        accepting = (i for i, a in enumerate(self._alternatives) if a.accepts(value))
        index = next(accepting, None)
        if index is None:
            if self._other is None:
                raise TypeError(f"{value!r} is none of what can be chosen here")
            self._alternatives.append(self._other(value))
            self._add_to_combo(self._alternatives[-1])
            index = len(self._alternatives) - 1
        self.combo.setCurrentIndex(index)
        self._editors[index].setValue(value)

    def boxes(self) -> dict[str, FieldBox]:
        return {} if self.current is None else self.current.boxes()

    def errors(self) -> Errors:
        return super().errors() if self.current is None else self.current.errors()

    def display(self, errors: Errors, *, everything: bool = False) -> None:
        if self.current is not None:
            self.current.display(errors, everything=everything)

    def editor_at(self, path: tuple[str, ...]) -> Editor | None:
        if not path or self.current is None:
            return super().editor_at(path)
        return self.current.editor_at(path)

    def resolve(self, path: tuple[str, ...]) -> tuple[str, ...] | None:
        if self.current is None:
            return super().resolve(path)
        return self.current.resolve(path)

    def reveal(self, path: tuple[str, ...]) -> None:
        if self.current is not None:
            self.current.reveal(path)
