"""A bubble that points at a part of the window and tells what it is for."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal, Slot
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QShortcut,
    QVBoxLayout,
    QWidget,
)

WIDTH = 320
MARGIN = 10
#: seen well on napari's dark and light themes, also by colour-blind people
FRAME_STYLE = "QFrame#tourFrame { border: 3px solid #d55e00; background: transparent; }"
BUBBLE_STYLE = "QFrame#tourBubble { border: 2px solid #d55e00; border-radius: 4px; }"
#: how often the bubble looks where its target went (scrolling, other sizes)
FOLLOW_MILLISECONDS = 150


class TourBubble(QFrame):
    """Shows one step of a tour beside its target; the window stays usable.

    Parameters
    ----------
    window : QWidget
        The main window.

    Signals
    -------
    next_wanted, back_wanted, ended
        What the user pressed: also Right or Enter, Left, and Escape.
    """

    next_wanted = Signal()
    back_wanted = Signal()
    ended = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._target: QWidget | None = None
        self._frame = QFrame(window)
        self.title, self.text = QLabel(), QLabel()
        self.back_button = QPushButton("Back")
        self.next_button = QPushButton("Next")
        self.skip_button = QPushButton("Skip the tour")
        self._follow = QTimer(self)
        self._decorate()
        self._lay_out()
        self.next_button.clicked.connect(self.next_wanted)
        self.back_button.clicked.connect(self.back_wanted)
        self.skip_button.clicked.connect(self.ended)
        self._follow.timeout.connect(self.place)
        for key, signal in (
            ("Right", self.next_wanted),
            ("Left", self.back_wanted),
            ("Esc", self.ended),
        ):
            shortcut = QShortcut(key, self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(signal)
        window.installEventFilter(self)

    def _decorate(self) -> None:
        self.setObjectName("tourBubble")
        self.setStyleSheet(BUBBLE_STYLE)
        self.setAutoFillBackground(True)
        self.setFixedWidth(WIDTH)
        self._frame.setObjectName("tourFrame")
        self._frame.setStyleSheet(FRAME_STYLE)
        self._frame.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.text.setWordWrap(True)
        self.text.setFixedWidth(WIDTH - 4 * MARGIN)
        self.next_button.setAutoDefault(True)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.skip_button)
        buttons.addStretch(1)
        buttons.addWidget(self.back_button)
        buttons.addWidget(self.next_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addLayout(buttons)

    def show_step(
        self, number: int, total: int, text: str, target: QWidget | None
    ) -> None:
        """Show `text` beside `target`, or in the middle of the window."""
        self._target = target
        self.title.setText(f"Step {number} of {total}")
        self.text.setText(text)
        self.setAccessibleName(f"{self.title.text()}. {text}")
        self.back_button.setEnabled(number > 1)
        self.next_button.setText("Done" if number == total else "Next")
        self.skip_button.setVisible(number < total)
        self.place()
        self.show()
        self.raise_()
        self.next_button.setFocus()
        self._follow.start(FOLLOW_MILLISECONDS)

    @Slot()
    def end(self) -> None:
        """Take the bubble away."""
        self._follow.stop()
        for widget in (self, self._frame):
            widget.hide()
            widget.deleteLater()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Resize:
            self.place()
        return False

    @Slot()
    def place(self) -> None:
        """Move beside the target, which may have moved."""
        window = self.parentWidget()
        if window is None:
            return
        # a label that wraps asks for too little height until it has its width and font
        self.text.ensurePolished()
        self.text.setFixedHeight(self.text.heightForWidth(self.text.minimumWidth()))
        self.adjustSize()
        found = self._target_in(window)
        self._frame.setVisible(found is not None)
        if found is not None:
            around = found.adjusted(-4, -4, 4, 4).intersected(window.rect())
            if around != self._frame.geometry():
                self._frame.setGeometry(around)
            self._frame.raise_()
            self.raise_()
        self.move(_beside(found, self.rect(), window.rect()))

    def _target_in(self, window: QWidget) -> QRect | None:
        """Return the part of the target that is seen, in the window's pixels."""
        target = self._target
        if target is None or not target.isVisible():
            return None
        seen = target.visibleRegion().boundingRect()
        if seen.isEmpty():
            return None
        return QRect(target.mapTo(window, seen.topLeft()), seen.size())


def _beside(target: QRect | None, bubble: QRect, window: QRect) -> QPoint:
    """Return where the bubble goes: to the left or right, else below or above."""
    if target is None:
        return window.center() - bubble.center()
    width, height = bubble.width() + MARGIN, bubble.height() + MARGIN
    y = target.center().y() - bubble.height() // 2
    if target.left() >= width:
        place = QPoint(target.left() - width, y)
    elif window.right() - target.right() >= width:
        place = QPoint(target.right() + MARGIN, y)
    elif target.top() >= height:
        place = QPoint(target.left(), target.top() - height)
    else:
        place = QPoint(target.left(), target.bottom() + MARGIN)
    right = window.right() - bubble.width() - MARGIN
    low = window.bottom() - bubble.height() - MARGIN
    return QPoint(max(MARGIN, min(place.x(), right)), max(MARGIN, min(place.y(), low)))
