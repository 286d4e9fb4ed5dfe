"""A list of boxes: what each is for, where it is, and what is in it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal, Slot
from qtpy.QtGui import QBrush, QColor
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QShortcut,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_dacapo.gui.forms._editor import ignore_wheel
from napari_dacapo.gui.forms._theme import ERROR_TEXT, error_colour, mark
from napari_dacapo.gui.models.boxes import Box, Grid, Reach, Use, clashes

from .flow import flow

if TYPE_CHECKING:
    from napari_dacapo.geometry import Roi
    from napari_dacapo.gui._box_facts import BoxFacts, Looked
    from napari_dacapo.gui.models.box_set import BoxSet

_HEADINGS = ("use", "voxels", "labelled")
_USE, _PLACE, _LABELLED = range(3)
_VISIBLE_ROWS = 4
_TO = "\N{EN DASH}"


class BoxList(QWidget):
    """Lists boxes; the current one can be moved by numbers.

    Parameters
    ----------
    boxes : BoxSet
        The boxes.

    Signals
    -------
    drawWanted, screenWanted
        A box is to be drawn, or put around what is on the screen.
    visitWanted
        Emits the place (`Roi`) of a box to fly to.
    """

    drawWanted = Signal()
    screenWanted = Signal()
    visitWanted = Signal(object)

    def __init__(self, boxes: BoxSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._boxes = boxes
        self._grid: Grid | None = None
        self._facts: dict[Roi, BoxFacts] = {}
        self._reach: Reach | None = None
        self._spins: list[tuple[QSpinBox, QSpinBox]] = []
        self._lengths: list[QLabel] = []
        self.draw_button = QPushButton("Draw")
        self.screen_button = QPushButton("Box the screen")
        self.delete_button = QPushButton("Delete")
        self.undo_button = QPushButton("Undo")
        self.table = QTableWidget(0, len(_HEADINGS))
        self.details = QLabel()
        self.reason = QLabel()
        self._sides = QGridLayout()
        self._decorate()
        self._lay_out()
        self._connect()
        self.refresh()

    def _decorate(self) -> None:
        self.draw_button.setToolTip(
            "<qt>Draw a rectangle in the 2D view; its depth is set below.</qt>"
        )
        self.screen_button.setToolTip("Add a box around what is on the screen.")
        self.delete_button.setToolTip("Delete the chosen box (Del).")
        self.undo_button.setToolTip("Take back the last change of the boxes (Ctrl+Z).")
        self.details.setWordWrap(True)
        self.reason.setWordWrap(True)
        mark(self.reason, ERROR_TEXT, on=True)
        table = self.table
        table.setHorizontalHeaderLabels(list(_HEADINGS))
        table.verticalHeader().hide()
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setAccessibleName("Boxes")
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_PLACE, QHeaderView.ResizeMode.Stretch)

    def _lay_out(self) -> None:
        self._sides.setContentsMargins(0, 0, 0, 0)
        self._sides.setColumnStretch(4, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(
            flow(
                self.draw_button,
                self.screen_button,
                self.delete_button,
                self.undo_button,
            )
        )
        layout.addWidget(self.table)
        layout.addLayout(self._sides)
        layout.addWidget(self.details)
        layout.addWidget(self.reason)

    def _connect(self) -> None:
        self.draw_button.clicked.connect(self.drawWanted)
        self.screen_button.clicked.connect(self.screenWanted)
        self.delete_button.clicked.connect(self._on_delete)
        self.undo_button.clicked.connect(self._boxes.undo)
        for key, slot in (("Del", self._on_delete), ("Ctrl+Z", self._boxes.undo)):
            shortcut = QShortcut(key, self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)
        self.table.currentCellChanged.connect(self._on_row_chosen)
        self.table.cellDoubleClicked.connect(self._on_visit)
        self._boxes.changed.connect(self.refresh)
        self._boxes.current_changed.connect(self.refresh)

    def set_grid(self, grid: Grid | None) -> None:
        """Tell positions in the voxels of `grid`."""
        if grid == self._grid:
            return
        self._grid, self._facts = grid, {}
        while (item := self._sides.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._spins, self._lengths = [], []
        for axis, name in enumerate(() if grid is None else grid.axes):
            self._add_side(axis, name)
        self.refresh()

    def _add_side(self, axis: int, name: str) -> None:
        spins = QSpinBox(), QSpinBox()
        length = QLabel()
        words = ("begins at voxel", "ends before voxel")
        for column, (spin, word) in enumerate(zip(spins, words, strict=True)):
            spin.setKeyboardTracking(False)
            spin.setToolTip(f"Where the chosen box {word}, along {name}.")
            spin.setAccessibleName(f"{name} {word}")
            ignore_wheel(spin)
            spin.valueChanged.connect(self._on_side_edited)
            self._sides.addWidget(spin, axis, 2 * column + 1)
        self._sides.addWidget(QLabel(name), axis, 0)
        self._sides.addWidget(QLabel(_TO), axis, 2)
        self._sides.addWidget(length, axis, 4)
        self._spins.append(spins)
        self._lengths.append(length)

    def show_facts(self, looked: Looked) -> None:
        """Show what was found out about boxes and network."""
        self._facts, self._reach = looked.facts, looked.reach
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show the boxes as they are now."""
        boxes, current = self._boxes.boxes, self._boxes.current
        reasons = clashes(boxes, self._reach)
        blocker = QSignalBlocker(self.table)
        self.table.setRowCount(len(boxes))
        for row, box in enumerate(boxes):
            self._show_row(row, box, reasons.get(row, ""))
        self.table.setCurrentCell(current, _PLACE)
        blocker.unblock()
        self._fit_height()
        self.delete_button.setEnabled(current >= 0)
        self.undo_button.setEnabled(self._boxes.can_undo)
        self._show_current(reasons)

    def _fit_height(self) -> None:
        rows = min(_VISIBLE_ROWS, max(1, self.table.rowCount()))
        height = self.table.verticalHeader().defaultSectionSize() * rows
        self.table.setFixedHeight(
            height + self.table.horizontalHeader().sizeHint().height() + 4
        )
        self.table.setVisible(self.table.rowCount() > 0)

    def _show_row(self, row: int, box: Box, reason: str) -> None:
        if self.table.cellWidget(row, _USE) is None:
            self.table.setCellWidget(row, _USE, self._use_combo(row))
        combo = self.table.cellWidget(row, _USE)
        if isinstance(combo, QComboBox):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(list(Use).index(box.use))
        facts = self._facts.get(box.roi)
        texts = {
            _PLACE: self._place(box.roi),
            _LABELLED: "…" if facts is None else f"{facts.labelled:.1%}",
        }
        tip = reason or f"{texts[_PLACE]}, {box.roi} nm. A double click flies there."
        for column, text in texts.items():
            item = self.table.item(row, column)
            if item is None:
                item = QTableWidgetItem()
                self.table.setItem(row, column, item)
            item.setText(text)
            item.setToolTip(f"<qt>{tip}</qt>")
            # without one of its own the colour is that of the theme
            brush = QBrush(QColor(error_colour(self))) if reason else None
            item.setData(Qt.ItemDataRole.ForegroundRole, brush)

    def _use_combo(self, row: int) -> QComboBox:
        combo = QComboBox()
        combo.addItems([str(use) for use in Use])
        combo.setToolTip(
            "<qt>train: learned from. validate: the network is checked on it. ignore: "
            "left out of both.</qt>"
        )
        ignore_wheel(combo)
        combo.currentIndexChanged.connect(partial(self._on_use_chosen, row))
        return combo

    def _place(self, roi: Roi) -> str:
        if self._grid is None:
            return ""
        sides = zip(self._grid.axes, self._grid.to_voxels(roi), strict=True)
        return " ".join(f"{name} {a}{_TO}{b}" for name, (a, b) in sides)

    def _show_current(self, reasons: dict[int, str]) -> None:
        index, grid = self._boxes.current, self._grid
        shown = index >= 0 and grid is not None
        for i in range(self._sides.count()):
            item = self._sides.itemAt(i)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.setVisible(shown)
        self.details.setVisible(shown)
        text = reasons.get(index) or next(iter(reasons.values()), "")
        self.reason.setText(text)
        self.reason.setVisible(bool(text))
        if shown and grid is not None:
            box = self._boxes.boxes[index]
            self._show_sides(box.roi, grid)
            self.details.setText(_facts_text(self._facts.get(box.roi)))

    def _show_sides(self, roi: Roi, grid: Grid) -> None:
        limits = grid.to_voxels(grid.roi)
        spans = grid.to_voxels(roi)
        for axis, (spins, (begin, end)) in enumerate(
            zip(self._spins, spans, strict=True)
        ):
            size = limits[axis][1]
            ranges = (0, end - 1), (begin + 1, size)
            values = begin, end
            for spin, (low, high), value in zip(spins, ranges, values, strict=True):
                with QSignalBlocker(spin):
                    spin.setRange(low, high)
                    spin.setValue(value)
            ends = float(roi.begin[axis]), float(roi.end[axis])
            exact = f"Exactly {ends[0]:.10g} to {ends[1]:.10g} nm."
            self._lengths[axis].setToolTip(exact)
            self._lengths[axis].setText(f"{ends[0]:.0f}{_TO}{ends[1]:.0f} nm")

    @Slot()
    def _on_side_edited(self, value: int = 0) -> None:
        index = self._boxes.current
        if index >= 0 and self._grid is not None:
            spans = [(first.value(), last.value()) for first, last in self._spins]
            box = Box(self._boxes.boxes[index].use, self._grid.from_voxels(spans))
            self._boxes.replace(index, box)

    def _on_use_chosen(self, row: int, choice: int) -> None:
        if row < len(self._boxes.boxes):
            box = Box(list(Use)[choice], self._boxes.boxes[row].roi)
            self._boxes.replace(row, box)

    @Slot(int, int, int, int)
    def _on_row_chosen(self, row: int, column: int, *before: int) -> None:
        self._boxes.current = row

    @Slot(int, int)
    def _on_visit(self, row: int, column: int) -> None:
        self.visitWanted.emit(self._boxes.boxes[row].roi)

    @Slot()
    def _on_delete(self) -> None:
        if self._boxes.current >= 0:
            self._boxes.remove([self._boxes.current])


def _facts_text(facts: BoxFacts | None) -> str:
    if facts is None:
        return "Looking at the labels…"
    classes = ", ".join(f"{name} {share:.1%}" for name, share in facts.classes)
    labels = "1 label" if facts.objects == 1 else f"{facts.objects:,} different labels"
    parts = [f"{facts.voxels:,} voxels", f"{facts.labelled:.1%} labelled"]
    parts += [classes] if classes else []
    text = "; ".join([*parts, labels])
    return f"{text} (some of the sections were read)" if facts.sampled else text
