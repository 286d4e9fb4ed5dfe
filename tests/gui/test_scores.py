"""The Scores dock on a run that was really trained and validated."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from gui_engines import training

from napari_dacapo.events import ScoresComputed
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._session import Session
from napari_dacapo.gui.scores import ScoresWidget
from napari_dacapo.tasks.post_processors import ThresholdPostProcessorParameters


@pytest.fixture
def session(viewer, trained_folder):
    session = Session.of(viewer)
    session.project_folder = trained_folder
    return session


@pytest.fixture
def widget(viewer, session, qtbot):
    widget = ScoresWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Scores")
    session.run_name = "cells"
    qtbot.waitUntil(lambda: widget.items.rowCount() == 6)
    return widget


def names(viewer):
    return [layer.name for layer in viewer.layers]


def test_without_scores_the_dock_says_when_they_come(viewer, project_folder):
    Session.of(viewer).project_folder = project_folder
    widget = ScoresWidget(viewer)
    assert "first validation" in widget.message.text()
    assert not widget.export_button.isEnabled()
    widget.deleteLater()


def test_only_criteria_that_keep_weights_are_shown_at_first(widget):
    assert widget.items.columnCount() == 3 + 2
    widget.all_criteria.setChecked(True)
    assert widget.items.columnCount() == 3 + len(widget._monitor.scores.criteria)


def test_a_click_shows_what_lies_behind_the_row(widget, viewer, session, qtbot):
    shown = [
        "raw of crop",
        "prediction of crop",
        "segmentation of crop",
        "ground truth of crop",
    ]
    widget.table.selectRow(5)
    qtbot.waitUntil(lambda: names(viewer) == shown)
    assert session.result[:2] == (6, "crop")
    raw, prediction, segmentation, truth = viewer.layers
    for layer in viewer.layers:
        np.testing.assert_allclose(layer.scale[-3:], (40, 8, 4))
        np.testing.assert_allclose(layer.translate[-3:], (420, 84, 42))
    assert truth.contour > 0
    assert segmentation.data.max() <= 1

    raw.contrast_limits = (10, 90)
    prediction.visible = False
    widget.table.selectRow(0)
    qtbot.waitUntil(lambda: session.result[0] == 3)
    qtbot.waitUntil(lambda: "after 3 iterations" in widget.message.text())
    assert list(viewer.layers) == [raw, prediction, segmentation, truth]
    assert raw.contrast_limits == [10, 90]
    assert not prediction.visible


def test_results_that_were_deleted_are_named(widget, viewer, trained_folder, qtbot):
    import shutil

    shutil.rmtree(trained_folder / "runs" / "cells" / "validation.zarr" / "3")
    widget.table.selectRow(0)
    qtbot.waitUntil(lambda: "Not stored any more" in widget.message.text())
    assert "prediction, segmentation" in widget.message.text()
    assert names(viewer) == ["raw of crop", "ground truth of crop"]


def test_the_best_by_a_criterion_is_one_choice_away(widget, session, qtbot):
    criterion = widget.best_by.itemText(1)
    widget.best_by.textActivated.emit(criterion)
    best = widget._monitor.scores.best_row(criterion)
    assert session.result == best.key
    assert widget.best_by.currentIndex() == 0


def test_export_writes_every_score(widget, tmp_path, qtbot, notifications):
    path = tmp_path / "scores.csv"
    widget.export(path)
    qtbot.waitUntil(lambda: bool(notifications))
    assert str(path) in notifications[-1].message
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert set(widget._monitor.scores.criteria) < set(rows[0])


def test_scores_of_a_running_validation_come_at_once(widget, session, qtbot):
    parameters = ThresholdPostProcessorParameters(0, 100.0)
    place = (session.project_folder, "s0")
    scores = dict.fromkeys(widget._monitor.scores.criteria, 0.5)

    def source(control):
        yield ScoresComputed(9, "crop", parameters, scores, place, place)
        yield from training(total=3)(control)

    widget.table.selectRow(2)
    chosen = session.result
    key = ("train", session.project_folder, "cells")
    JobManager.instance().enqueue(source, "train cells", key)
    qtbot.waitUntil(lambda: widget.items.rowCount() == 7)
    assert session.result == chosen, "the choice stays"
    assert widget._selected_row().key == chosen
