"""The tour of the first run, in a real window."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_dacapo.gui import _tour
from napari_dacapo.gui.arrange import open_all_docks

_offer = _tour.Tour.offer


@pytest.fixture
def tour(shown_viewer):
    return open_all_docks(shown_viewer)["Experiment"].tour


def test_it_begins_once_by_itself(tour, monkeypatch, qtbot):
    monkeypatch.setattr(_tour, "DELAY_MILLISECONDS", 10)
    monkeypatch.setattr(_tour.Tour, "offer", _offer)
    tour.offer()
    qtbot.waitUntil(lambda: tour.bubble is not None)
    tour.bubble.skip_button.click()
    assert tour.bubble is None
    tour.is_offered = True  # as in the next session
    tour.offer()
    qtbot.wait(50)
    assert tour.bubble is None
    tour._dock.tour_button.click()
    assert tour.bubble is not None, "whenever it is asked for"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_five_steps_by_keyboard_each_beside_what_it_tells(
    tour, shown_viewer, qtbot, theme
):
    shown_viewer.theme = theme
    window = shown_viewer.window._qt_window
    tour.begin()
    bubble = tour.bubble
    for step in range(len(_tour.STEPS)):
        assert bubble.title.text() == f"Step {step + 1} of 5"
        qtbot.waitUntil(lambda: not bubble._frame.isHidden())
        target = bubble._target
        assert target.visibleRegion().boundingRect().height() > 10
        inside = window.rect().contains(bubble.geometry())
        assert inside, "nothing is clipped on a laptop"
        assert not bubble.geometry().intersects(bubble._frame.geometry())
        needed = bubble.text.heightForWidth(bubble.text.width())
        assert bubble.text.height() >= needed
        QTest.keyClick(bubble.next_button, Qt.Key.Key_Space)
    assert tour.bubble is None
