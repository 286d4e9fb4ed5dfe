"""A message with buttons at the top of a window's canvas; nothing waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt, QTimer, Slot
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QShortcut,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MARGIN = 12
WIDEST = 640
#: seen well on napari's dark and light themes
STYLE = "QFrame#messageBar { border: 2px solid #d55e00; border-radius: 4px; }"


class MessageBar(QFrame):
    """Asks something without stopping the user; stays above the other widgets.

    Parameters
    ----------
    text : str
        What to say.
    buttons : sequence of (str, callable)
        Titles, and what to do; a click closes the bar.
    parent : QWidget
        The window.
    seconds : float, optional
        When to close by itself.
    """

    def __init__(
        self,
        text: str,
        buttons: Sequence[tuple[str, Callable[[], object]]],
        parent: QWidget,
        *,
        seconds: float | None = None,
    ) -> None:
        super().__init__(parent)
        self.label = QLabel(text)
        self.buttons = [self._make_button(*each) for each in buttons]
        close = QPushButton("\N{MULTIPLICATION SIGN}")
        close.setToolTip("Close (Esc)")
        close.setAccessibleName("Close")
        close.setFixedWidth(26)
        close.clicked.connect(self.dismiss)
        escape = QShortcut("Esc", self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.dismiss)
        self.label.setWordWrap(True)
        self.setObjectName("messageBar")
        self.setStyleSheet(STYLE)
        self.setAutoFillBackground(True)
        self.setAccessibleName(text)
        layout = QHBoxLayout(self)
        layout.addWidget(self.label, 1)
        for button in (*self.buttons, close):
            layout.addWidget(button)
        parent.installEventFilter(self)
        self.place()
        self.show()
        self.raise_()
        if seconds is not None:
            QTimer.singleShot(round(seconds * 1000), self.dismiss)

    def _make_button(self, title: str, action: Callable[[], object]) -> QPushButton:
        button = QPushButton(title)

        def act() -> None:
            self.dismiss()
            action()

        button.clicked.connect(act)
        return button

    def take_back(self, key: str) -> None:
        """Focus the first button, which undoes something; `key` presses it, too."""
        shortcut = QShortcut(key, self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.buttons[0].click)
        self.buttons[0].setToolTip(key)
        self.buttons[0].setFocus()

    @Slot()
    def dismiss(self) -> None:
        """Close the bar."""
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Resize:
            self.place()
        return False

    def place(self) -> None:
        """Move to the top of the canvas, below other messages."""
        window = self.parentWidget()
        if window is None:
            return
        area = window.rect()
        if isinstance(window, QMainWindow) and window.centralWidget() is not None:
            area = window.centralWidget().geometry()
        width = min(WIDEST, area.width() - 2 * MARGIN)
        self.setFixedWidth(max(0, width))
        self.label.ensurePolished()
        self.adjustSize()
        others = [
            bar.geometry().bottom()
            for bar in window.findChildren(MessageBar)
            if bar is not self and not bar.isHidden()
        ]
        above = max(others, default=area.top())
        self.move(area.center().x() - width // 2, above + MARGIN)
