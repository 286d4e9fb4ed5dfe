"""Labels of fields, headings of groups, and headings that hide what is below."""

from __future__ import annotations

from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

#: width of the column of labels in average characters
_COLUMN_CHARACTERS = 17
#: pixels that styles put around text
_PADDING = 8


class Disclosure(QWidget):
    """A heading that shows or hides what is below it.

    Parameters
    ----------
    title : str
        The heading.
    section : bool
        Whether it heads a section of the window: bold, and open at first.
    """

    def __init__(self, title: str, *, section: bool = False) -> None:
        super().__init__()
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setToolTip("Show or hide what is below.")
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setChecked(section)
        arrow = Qt.ArrowType.DownArrow if section else Qt.ArrowType.RightArrow
        self.button.setArrowType(arrow)
        if section:
            _embolden(self.button)
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        self.button.setToolButtonStyle(style)
        self._content: QWidget | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.button)
        self.button.toggled.connect(self._on_toggled)

    def set_content(self, content: QWidget) -> None:
        """Put `content` below the heading."""
        self._content = content
        layout = self.layout()
        if layout is not None:
            layout.addWidget(content)
        content.setVisible(self.button.isChecked())

    def open(self) -> None:
        """Show the content."""
        self.button.setChecked(True)

    def _on_toggled(self, checked: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if checked else Qt.ArrowType.RightArrow
        self.button.setArrowType(arrow)
        if self._content is not None:
            self._content.setVisible(checked)


class FieldLabel(QLabel):
    """The label of a field in the column of labels.

    As wide as the column whatever the font, which is napari's only once the form is in
    its window; long labels wrap.

    Parameters
    ----------
    text : str
        The label.
    indent : int
        Pixels by which the label is indented: the column is narrower by that, so that
        all editors of a form begin at one line.
    """

    def __init__(self, text: str, indent: int) -> None:
        super().__init__(text)
        self._indent = indent
        self._fit()

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        metrics = self.fontMetrics()
        column = metrics.averageCharWidth() * _COLUMN_CHARACTERS
        words = [metrics.horizontalAdvance(word) for word in self.text().split()]
        width = max(column - self._indent, max(words, default=0) + _PADDING)
        self.setWordWrap(metrics.horizontalAdvance(self.text()) > width - _PADDING)
        self.setFixedWidth(width)
        # layouts inside layouts forget that lower lines follow from the width
        self.setMinimumHeight(max(0, self.heightForWidth(width)))


def heading_label(text: str) -> QLabel:
    """Return a label that starts a group of rows."""
    label = QLabel(text)
    _embolden(label)
    label.setContentsMargins(0, 6, 0, 0)
    return label


def _embolden(widget: QWidget) -> None:
    font = widget.font()
    font.setBold(True)
    widget.setFont(font)
