"""What is said about two compared results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal, Slot
from qtpy.QtWidgets import QComboBox, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_dacapo.gui.forms._editor import ignore_wheel

from .flow import flow

if TYPE_CHECKING:
    from collections.abc import Iterable

BLINK = "Blink"


class ComparisonPanel(QWidget):
    """Names two results, tells their difference and explains its colours.

    Signals
    -------
    criterion_chosen
        Emits the name of the criterion to compare by.
    blink_toggled
        Emits whether to show both results in turns.
    close_requested
        The user has seen enough.
    """

    criterion_chosen = Signal(str)
    blink_toggled = Signal(bool)
    close_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names = QLabel()
        self.criterion = QComboBox()
        ignore_wheel(self.criterion)
        self.blink_button = QPushButton(BLINK)
        self.close_button = QPushButton("Close")
        self.sentence = QLabel()
        self.legend = QLabel()

        self.criterion.setToolTip("The criterion by which A and B are compared.")
        self.criterion.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.criterion.setMinimumContentsLength(16)
        self.blink_button.setCheckable(True)
        self.blink_button.setToolTip(
            "Show A and B in turns, instead of the difference."
        )
        self.close_button.setToolTip("End the comparison and remove its layers.")
        self.sentence.setToolTip(
            "<qt>Mean difference of the scores of blocks of the volume, with a "
            "bootstrap interval: blocks are drawn anew in pairs. It may differ from "
            "the difference in the table, which is that of the volume as a whole.</qt>"
        )
        self.legend.setToolTip("Colours of the layer “difference of A and B”.")
        for label in (self.names, self.sentence, self.legend):
            label.setWordWrap(True)
        for label in (self.names, self.sentence):  # names come from the user
            label.setTextFormat(Qt.TextFormat.PlainText)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.names)
        layout.addLayout(flow(self.criterion, self.blink_button, self.close_button))
        layout.addWidget(self.sentence)
        layout.addWidget(self.legend)

        self.criterion.textActivated.connect(self._on_criterion)
        self.blink_button.toggled.connect(self.blink_toggled)
        self.close_button.clicked.connect(self.close_requested)

    def begin(self, names: str) -> None:
        """Tell which results are compared, before anything is known about them."""
        self.names.setText(names)
        self.tell("Reading both results…")
        self.set_legend("")
        self.blink_button.setEnabled(False)
        self.criterion.setEnabled(False)

    def offer(self, criteria: Iterable[str]) -> str:
        """Offer `criteria`; return the chosen one, empty if there are none."""
        before = self.criterion.currentData()
        blocker = QSignalBlocker(self.criterion)
        self.criterion.clear()
        for name in criteria:
            self.criterion.addItem(name.replace("__", " "), name)
        self.criterion.setCurrentIndex(max(0, self.criterion.findData(before)))
        blocker.unblock()
        self.criterion.setEnabled(self.criterion.count() > 0)
        self.blink_button.setEnabled(True)
        return self.criterion.currentData() or ""

    def tell(self, text: str) -> None:
        """Say `text` about the difference."""
        self.sentence.setText(text)

    def set_legend(self, html: str) -> None:
        """Explain the colours, or nothing."""
        self.legend.setText(html)
        self.legend.setVisible(bool(html))

    @Slot(str)
    def show_blink(self, name: str) -> None:
        """Tell which of both is on the screen; nothing after the last."""
        self.blink_button.setText(f"{BLINK}: {name}" if name else BLINK)
        self.blink_button.setChecked(bool(name))

    @Slot(str)
    def _on_criterion(self, text: str) -> None:
        self.criterion_chosen.emit(self.criterion.currentData())
