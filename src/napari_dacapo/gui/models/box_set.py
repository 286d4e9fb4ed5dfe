"""The boxes of one volume as they are edited, with undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .boxes import Box


class BoxSet(QObject):
    """An ordered set of boxes; whoever shows or changes them shares it.

    Setting what is there already emits nothing, so that several views of one set never
    answer each other for ever.

    Signals
    -------
    changed
        There are other boxes than before.
    current_changed
        Emits the position of the box that is worked on, -1 for none.
    """

    changed = Signal()
    current_changed = Signal(int)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._boxes: tuple[Box, ...] = ()
        self._before: list[tuple[Box, ...]] = []
        self._current = -1

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The boxes."""
        return self._boxes

    @property
    def current(self) -> int:
        """Position of the box that is worked on, -1 for none."""
        return self._current

    @current.setter
    def current(self, index: int) -> None:
        index = min(index, len(self._boxes) - 1)
        if index != self._current:
            self._current = index
            self.current_changed.emit(index)

    @property
    def can_undo(self) -> bool:
        """Whether something was changed."""
        return bool(self._before)

    def load(self, boxes: Iterable[Box]) -> None:
        """Show other boxes; there is nothing to undo then."""
        self._before = []
        self._take(tuple(boxes), -1)

    def add(self, *boxes: Box) -> None:
        """Append boxes; the last one becomes the current one."""
        self._change((*self._boxes, *boxes), len(self._boxes) + len(boxes) - 1)

    def replace(self, index: int, box: Box) -> None:
        """Put `box` in the place of another one."""
        boxes = list(self._boxes)
        boxes[index] = box
        self._change(tuple(boxes), index)

    def remove(self, indices: Sequence[int]) -> None:
        """Take boxes out."""
        left = tuple(b for i, b in enumerate(self._boxes) if i not in indices)
        self._change(left, min(indices, default=0))

    def undo(self) -> None:
        """Take back the last change."""
        if self._before:
            self._take(self._before.pop(), len(self._boxes))

    def _change(self, boxes: tuple[Box, ...], current: int) -> None:
        if boxes != self._boxes:
            self._before.append(self._boxes)
        self._take(boxes, current)

    def _take(self, boxes: tuple[Box, ...], current: int) -> None:
        differs, self._boxes = boxes != self._boxes, boxes
        current = min(current, len(boxes) - 1)
        moved, self._current = current != self._current, current
        if differs:
            self.changed.emit()
        if moved:
            self.current_changed.emit(current)
