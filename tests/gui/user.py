"""What a user does with keyboard and mouse, for tests in a real window."""

from __future__ import annotations

import time

from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
)

from napari_dacapo.gui._camera import camera_of
from napari_dacapo.gui.arrange import raise_dock
from napari_dacapo.gui.forms._labels import Disclosure

LEFT = Qt.MouseButton.LeftButton
#: milliseconds for work in the background; other tests may run beside it
LONG = 60_000


def click_menu(viewer, *texts):
    """Choose an entry of the menu bar by its path, e.g. "File", "Open Sample", ..."""
    actions = viewer.window._qt_window.menuBar().actions()
    for text in texts:
        menus = {a.text().replace("&", "").split(" (DaCapo)")[0]: a for a in actions}
        action = menus[text]
        if action.menu() is None:
            action.trigger()
            return
        action.menu().aboutToShow.emit()
        actions = action.menu().actions()


def click(button):
    """Click a button or checkbox, which has to be shown and enabled."""
    assert button.isVisible(), button.text()
    assert button.isEnabled(), f"{button.text()}: {button.toolTip()}"
    # not in the middle: a checkbox may be wider than what can be clicked
    QTest.mouseClick(button, LEFT, pos=QPoint(10, button.height() // 2))


def click_cell(table, row, column):
    """Click a cell of a table."""
    place = table.visualRect(table.model().index(row, column)).center()
    QTest.mouseClick(table.viewport(), LEFT, pos=place)


def pick(combo, text):
    """Choose an entry of a combo box with the arrow keys."""
    QApplication.processEvents()  # it may have been added just now
    assert combo.isVisible()
    assert combo.isEnabled()
    texts = [combo.itemText(i) for i in range(combo.count())]
    assert text in texts, texts
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Home)
    for _ in texts:
        if combo.currentText() == text:
            return
        QTest.keyClick(combo, Qt.Key.Key_Down)
    raise AssertionError(f"{text!r} cannot be reached by keys")


def type_into(field, text):
    """Replace the content of a line or a spin box by typing."""
    line = field if isinstance(field, QLineEdit) else field.findChild(QLineEdit)
    assert line.isVisible()
    assert line.isEnabled()
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, str(text))
    is_spin = isinstance(field, QAbstractSpinBox)
    QTest.keyClick(field if is_spin else line, Qt.Key.Key_Return)


def unfold(widget):
    """Click all closed headings above a widget."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, Disclosure) and not parent.button.isChecked():
            unfold(parent)
            click(parent.button)
        parent = parent.parentWidget()


def drag(viewer, begin, end):
    """Drag with the left button between two world positions (y, x) of the 2D view."""
    canvas = viewer.window._qt_viewer.canvas.native
    a, b = (_on_canvas(viewer, canvas, place) for place in (begin, end))
    QTest.mouseMove(canvas, a)
    QTest.mousePress(canvas, LEFT, pos=a)
    for share in (0.3, 0.7, 1.0, 1.0):
        QTest.mouseMove(canvas, a + (b - a) * share)
        QApplication.processEvents()
    QTest.mouseRelease(canvas, LEFT, pos=b)


def _on_canvas(viewer, canvas, place):
    camera, size = camera_of(viewer), canvas.size()
    y, x = (
        camera.zoom * (p - c) for p, c in zip(place, camera.center[-2:], strict=True)
    )
    point = QPoint(round(size.width() / 2 + x), round(size.height() / 2 + y))
    assert canvas.rect().contains(point), "outside of the canvas"
    return point


def drop_on(widget, *paths):
    """Drop files on a widget, as a file manager does."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    button, modifier = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    action = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(3, 3), action, mime, button, modifier)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(3, 3), action, mime, button, modifier)
    QApplication.sendEvent(widget, event)
    assert event.isAccepted()


def answer_save_dialog(path, kind, seconds=20):
    """Choose a type in the file dialog that comes next, type `path`, and save."""
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    deadline = time.monotonic() + seconds

    def look():
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QFileDialog):
            try:
                [chosen] = [f for f in dialog.nameFilters() if f.startswith(kind)]
                dialog.selectNameFilter(chosen)
                # typed text would open a list that takes the click
                dialog.findChild(QLineEdit, "fileNameEdit").setText(str(path))
                buttons = dialog.findChild(QDialogButtonBox)
                click(buttons.button(QDialogButtonBox.StandardButton.Save))
            except BaseException:
                dialog.reject()  # the test would wait for ever
                raise
        elif time.monotonic() < deadline:
            QTimer.singleShot(20, look)

    QTimer.singleShot(0, look)


class Docks:
    """All docks of the plugin in one window; `show` brings one to the front."""

    def __init__(self, viewer, qtbot):
        self._qtbot = qtbot
        click_menu(
            viewer, "Layers", "Segment", "Train a segmentation network (open all docks)"
        )
        found = {
            name.split(" (")[0]: dock
            for name, dock in viewer.window.dock_widgets.items()
        }
        self.experiment = found["Experiment"]
        self.training = found["Training"]
        self.scores = found["Scores"]
        self.post_processing = found["Post-processing"]
        self.predict = found["Predict"]
        self.show(self.experiment)

    def show(self, dock):
        def is_shown():
            raise_dock(dock)
            return dock.isVisible()

        self._qtbot.waitUntil(is_shown, timeout=LONG)
        return dock
