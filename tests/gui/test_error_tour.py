"""Visiting the errors of a segmentation in the Post-processing dock."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_dacapo.gui._camera import camera_of
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._session import Session
from napari_dacapo.gui.post_processing import (
    NO_EXPERIMENT,
    NO_TRUTH,
    PostProcessingWidget,
)
from napari_dacapo.tasks.evaluators import ObjectKind


@pytest.fixture
def widget(viewer, trained_folder, qtbot):
    session = Session.of(viewer)
    session.project_folder = trained_folder
    widget = PostProcessingWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Post-processing")
    session.run_name = "cells"
    qtbot.waitUntil(lambda: widget._segmentation is not None, timeout=10_000)
    return widget


def list_errors(widget, qtbot):
    widget.tabs.setCurrentWidget(widget.errors)
    qtbot.waitUntil(lambda: not JobManager.instance().jobs)
    return widget.errors.items.errors


def test_errors_are_looked_for_only_when_they_are_shown(widget, qtbot):
    assert widget.errors.items.errors == []
    errors = list_errors(widget, qtbot)
    sizes = [error.voxels for error in errors]
    assert sizes
    assert sizes == sorted(sizes, reverse=True)
    assert widget.errors.kinds.itemText(0) == f"all errors: {len(errors):,}"


def test_they_follow_the_slider(widget, qtbot):
    list_errors(widget, qtbot)
    widget.parameters.editors["threshold"].setValue(255)
    widget.parameters.released.emit()
    qtbot.waitUntil(
        lambda: {e.kind for e in widget.errors.items.errors} == {ObjectKind.MISSED}
    )


def test_next_and_enter_fly_to_an_error(widget, viewer, qtbot):
    errors = list_errors(widget, qtbot)
    tour = widget.errors
    qtbot.mouseClick(tour.next_button, Qt.MouseButton.LeftButton)
    np.testing.assert_allclose(
        viewer.dims.point, errors[0].center.as_floats(), atol=20.1
    )
    np.testing.assert_allclose(
        camera_of(viewer).center[-2:], errors[0].center.as_floats()[1:]
    )
    last = tour.items.index(tour.items.rowCount() - 1, 0)
    tour.table.setCurrentIndex(last)
    np.testing.assert_allclose(
        camera_of(viewer).center[-2:], errors[-1].center.as_floats()[1:]
    )
    qtbot.mouseClick(tour.next_button, Qt.MouseButton.LeftButton)
    assert tour.table.currentIndex().row() == 0, "after the last comes the first"
    camera_of(viewer).center = (0, 0, 0)
    qtbot.keyClick(tour.table, Qt.Key.Key_Return)
    np.testing.assert_allclose(
        camera_of(viewer).center[-2:], errors[0].center.as_floats()[1:]
    )


def test_b_asks_for_a_box_at_the_error(widget, qtbot, notifications):
    errors = list_errors(widget, qtbot)
    tour = widget.errors
    qtbot.mouseClick(tour.next_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(tour.box_button, Qt.MouseButton.LeftButton)
    assert notifications[-1].message == NO_EXPERIMENT
    with qtbot.waitSignal(widget._session.box_wanted) as asked:
        tour.box_button.click()
    assert asked.args == [errors[0].roi]


def test_one_kind_can_be_listed(widget, qtbot):
    errors = list_errors(widget, qtbot)
    tour = widget.errors
    kind = errors[-1].kind
    tour.kinds.setCurrentIndex(tour.kinds.findData(kind))
    assert tour.items.rowCount() == sum(error.kind is kind for error in errors)
    assert tour.items.error_at(tour.items.index(0, 0)).kind is kind


def test_without_the_ground_truth_it_says_so(widget, qtbot):
    widget._preview.dataset.gt = None
    assert list_errors(widget, qtbot) == []
    assert widget.errors.message.text() == NO_TRUTH
