"""A list of the errors of a segmentation, to be visited one after the other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from qtpy.QtCore import QItemSelection, QModelIndex, Qt, Signal, Slot
from qtpy.QtWidgets import (
    QComboBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QShortcut,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_dacapo.gui.forms._editor import ignore_wheel
from napari_dacapo.gui.models.error_items import WORDS, ErrorItemModel

from .flow import flow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo.tasks.evaluators import ObjectError

NO_ERRORS = "Every object of the ground truth was found, and no other."


class ErrorTour(QWidget):
    """Lists the wrong objects of a segmentation, the largest first.

    Signals
    -------
    visited
        Emits the `ObjectError` that was chosen.
    box_wanted
        Emits the `ObjectError` whose place is to be trained on.
    """

    visited = Signal(object)
    box_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kinds = QComboBox()
        ignore_wheel(self.kinds)
        self.previous_button = QPushButton("Previous")
        self.next_button = QPushButton("Next")
        self.box_button = QPushButton("Box to train on")
        self.message = QLabel()
        self.items = ErrorItemModel(self)
        self.table = QTableView()

        self.kinds.setToolTip("Which errors to list.")
        self.kinds.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.previous_button.setToolTip("Fly to the error before this one.")
        self.next_button.setToolTip("Fly to the next smaller error.")
        self.box_button.setToolTip(
            "<qt>Add the place of the chosen error to the training boxes of the "
            "Experiment dock (B). Do not validate on it any more then.</qt>"
        )
        shortcut = QShortcut("B", self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self._on_box)
        self.message.setWordWrap(True)
        self.table.setModel(self.items)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self.table.setToolTip("Enter or a click flies there.")

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(
            flow(self.kinds, self.previous_button, self.next_button, self.box_button)
        )
        layout.addWidget(self.message)
        layout.addWidget(self.table, stretch=1)

        self.kinds.currentIndexChanged.connect(self._on_kind_chosen)
        self.previous_button.clicked.connect(self._on_previous)
        self.next_button.clicked.connect(self._on_next)
        self.box_button.clicked.connect(self._on_box)
        self.table.selectionModel().selectionChanged.connect(self._on_selected)
        self.table.activated.connect(self._visit)
        self.show_errors([], ())
        self.show_message("")

    def show_errors(
        self, errors: Sequence[ObjectError], channels: Sequence[str]
    ) -> None:
        """List `errors`, of classes that are called `channels`."""
        self.items.set_errors(errors, channels)
        counts = Counter(error.kind for error in errors)
        chosen = self.kinds.currentData()
        self.kinds.blockSignals(True)
        self.kinds.clear()
        self.kinds.addItem(f"all errors: {len(errors):,}", None)
        for kind, words in WORDS.items():
            if counts[kind]:
                self.kinds.addItem(f"{words}: {counts[kind]:,}", kind)
        self.kinds.setCurrentIndex(max(0, self.kinds.findData(chosen)))
        self.kinds.blockSignals(False)
        self._on_kind_chosen()
        self.show_message("" if errors else NO_ERRORS)

    def show_message(self, text: str) -> None:
        """Tell why there is nothing to list, or that it is looked for."""
        self.message.setText(text)
        self.message.setVisible(bool(text))

    @Slot()
    def _on_kind_chosen(self, index: int = 0) -> None:
        self.items.set_kind(self.kinds.currentData())
        some = self.items.rowCount() > 0
        self.previous_button.setEnabled(some)
        self.next_button.setEnabled(some)
        self.box_button.setEnabled(some)

    @Slot()
    def _on_previous(self) -> None:
        self._step(-1)

    @Slot()
    def _on_next(self) -> None:
        self._step(1)

    def _step(self, by: int) -> None:
        current = self.table.currentIndex()
        rows = self.items.rowCount()
        row = (current.row() + by) % rows if current.isValid() else 0
        self.table.setCurrentIndex(self.items.index(row, 0))

    @Slot()
    def _on_box(self) -> None:
        error = self.items.error_at(self.table.currentIndex())
        if error is not None:
            self.box_wanted.emit(error)

    @Slot(QItemSelection)
    def _on_selected(self, selected: QItemSelection) -> None:
        for index in selected.indexes()[:1]:
            self._visit(index)

    @Slot(QModelIndex)
    def _visit(self, index: QModelIndex) -> None:
        error = self.items.error_at(index)
        if error is not None:
            self.visited.emit(error)
