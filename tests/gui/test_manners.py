"""What every control of every dock has to do, found by walking through the widgets."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QScrollBar,
    QTabBar,
)

from napari_dacapo.gui._session import Session
from napari_dacapo.gui.arrange import BOTTOM, RIGHT, open_all_docks, raise_dock
from napari_dacapo.store import Project

LONG = 30_000
NAMES = (*RIGHT, BOTTOM)
#: WCAG 2.1, 1.4.3, for text of normal size
LEAST_CONTRAST = 4.5
#: controls that somebody can change
CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)


@pytest.fixture
def docks(shown_viewer, trained_folder, qtbot):
    """All docks in a window of 1366 x 768, with a run that was trained."""
    session = Session.of(shown_viewer)
    session.project_folder = trained_folder
    docks = open_all_docks(shown_viewer)
    session.run_name = "cells"
    config = Project(trained_folder).configs.retrieve_run_config("cells")
    docks["Experiment"].show_run(config)
    docks["Scores"].show_best()
    panel = docks["Post-processing"].parameters
    qtbot.waitUntil(lambda: bool(panel.editors), timeout=LONG)
    qtbot.waitUntil(lambda: len(shown_viewer.layers) > 2, timeout=LONG)
    return docks


def in_front(docks, name, qtbot):
    raise_dock(docks[name])
    qtbot.waitUntil(docks[name].isVisible, timeout=LONG)
    QApplication.processEvents()
    return docks[name]


def controls(dock, kinds=CONTROLS):
    """Return what can be changed, without the parts that Qt makes of it."""
    inside = (QAbstractSpinBox, QComboBox)
    return [
        widget
        for widget in dock.findChildren(kinds)
        if not isinstance(widget, (QScrollBar, QTabBar))
        and not isinstance(widget.parent(), (*inside, QTabBar))
        and not widget.objectName().startswith("qt_")
        # the number beside a slider, which is reached itself
        and not type(widget).__module__.startswith("superqt")
    ]


def name_of(widget):
    """Return words that find a widget in the code."""
    text = getattr(widget, "text", lambda: "")()
    path = [type(widget).__name__, widget.accessibleName() or text]
    parent = widget.parent()
    while parent is not None and type(parent).__module__.startswith("napari_dacapo"):
        path.append(type(parent).__name__)
        parent = parent.parent()
    return " < ".join(filter(None, path))


def state_of(widget):
    if isinstance(widget, QComboBox):
        return widget.currentIndex()
    return widget.text() if isinstance(widget, QAbstractSpinBox) else widget.value()


def turn_wheel(widget):
    place = QPointF(widget.rect().center())
    event = QWheelEvent(
        place,
        QPointF(widget.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_the_wheel_changes_no_value(docks, qtbot):
    changed = []
    for name in NAMES:
        dock = in_front(docks, name, qtbot)
        for widget in controls(dock, (QAbstractSlider, QAbstractSpinBox, QComboBox)):
            if isinstance(widget, QAbstractSlider) and not _scrolls(widget, dock):
                continue  # the wheel is meant to move it, and nothing else is there
            before = state_of(widget)
            turn_wheel(widget)
            if state_of(widget) != before:
                changed.append(name_of(widget))
    assert changed == []


def _scrolls(widget, dock):
    """Whether the widget is inside something that the wheel scrolls."""
    return any(area.isAncestorOf(widget) for area in dock.findChildren(QScrollArea))


def test_every_control_is_reached_by_keys_and_explains_itself(docks, qtbot):
    unreachable, silent = [], []
    for name in NAMES:
        dock = in_front(docks, name, qtbot)
        for widget in filter(lambda w: w.isVisible(), controls(dock)):
            if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                unreachable.append(name_of(widget))
            if not _tool_tip(widget, dock):
                silent.append(name_of(widget))
    assert unreachable == []
    assert "\n".join(silent) == ""


def _tool_tip(widget, dock):
    """Return the help that appears over a widget: its own, or that of what it is in."""
    while widget is not dock:
        if widget.toolTip():
            return widget.toolTip()
        widget = widget.parentWidget()
    return ""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_everything_can_be_read_on_a_laptop(docks, shown_viewer, theme, qtbot):
    shown_viewer.theme = theme
    found = {}
    for name in NAMES:
        dock = in_front(docks, name, qtbot)
        found[name] = cut_off(dock), pale(dock), is_empty(dock)
    assert found == dict.fromkeys(NAMES, ([], [], False))


def cut_off(dock):
    """Return buttons and texts that have less room than they need."""
    found = []
    for widget in dock.findChildren((QAbstractButton, QLabel)):
        if not widget.isVisible() or not widget.text():
            continue
        if isinstance(widget, QLabel) and widget.wordWrap():
            lacks = widget.height() < widget.heightForWidth(widget.width())
        elif isinstance(widget, QLabel):  # the padding of the style may be cut
            needed = widget.fontMetrics().horizontalAdvance(widget.text())
            lacks = widget.width() < min(needed, widget.minimumSizeHint().width())
        else:
            lacks = widget.width() < widget.minimumSizeHint().width()
        outside = widget.visibleRegion().isEmpty() and not _scrolls(widget, dock)
        if lacks or outside:
            found.append(name_of(widget))
    return found


def pale(dock):
    """Return texts that are hard to tell from their background, as painted."""
    found = []
    for widget in dock.findChildren((QAbstractButton, QLabel)):
        if not (widget.isVisible() and widget.isEnabled() and widget.text()):
            continue
        if widget.visibleRegion().isEmpty():
            continue
        contrast = painted_contrast(widget)
        if contrast < LEAST_CONTRAST:
            found.append(f"{name_of(widget)}: {contrast:.1f}")
    return found


def painted_contrast(widget):
    """Return the contrast between the lightest and darkest of what is painted."""
    image = (
        widget.window()
        .grab(widget.rect().translated(widget.mapTo(widget.window(), QPoint())))
        .toImage()
    )
    lights = [
        luminance(image.pixelColor(x, y))
        for y in range(image.height())
        for x in range(0, image.width(), max(1, image.width() // 200))
    ]
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def luminance(colour):
    """Return the relative luminance (WCAG 2.1) of a colour, 0 to 1."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def is_empty(dock):
    """Whether few of the rows of pixels of a dock show anything."""
    image = dock.grab().toImage()
    rows = [
        len({image.pixel(x, y) for x in range(0, image.width(), 3)}) > 1
        for y in range(image.height())
    ]
    return sum(rows) < 0.3 * len(rows)
