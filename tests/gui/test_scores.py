"""The Scores dock on a run that was really trained and validated."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest
import zarr
from gui_engines import training
from qtpy.QtCore import Qt

from napari_dacapo.events import ScoresComputed
from napari_dacapo.gui._comparison_layers import DIFFERENCE_KEY, KEYS
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._layers import find_layer
from napari_dacapo.gui._session import Session
from napari_dacapo.gui.forms._theme import INVALID
from napari_dacapo.gui.models.comparison import BOTH, ONLY_A, ONLY_B
from napari_dacapo.gui.models.score_items import RUN_COLUMN
from napari_dacapo.gui.scores import ScoresWidget
from napari_dacapo.tasks.post_processors import ThresholdPostProcessorParameters

ENDS = Qt.MatchFlag.MatchEndsWith


@pytest.fixture
def project_folder(trained_folder):
    return trained_folder


@pytest.fixture
def widget(viewer, session, qtbot):
    widget = ScoresWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Scores")
    session.run_name = "cells"
    qtbot.waitUntil(lambda: widget.table.items.rowCount() == 6)
    return widget


def names(viewer):
    return [layer.name for layer in viewer.layers]


def test_without_scores_the_dock_says_when_they_come(viewer, tmp_path):
    Session.of(viewer).project_folder = tmp_path
    widget = ScoresWidget(viewer)
    assert "first validation" in widget.message.text()
    assert not widget.export_button.isEnabled()
    widget.deleteLater()


def test_only_criteria_that_keep_weights_are_shown_at_first(widget):
    assert widget.table.items.columnCount() == 4 + 2
    widget.all_criteria.setChecked(True)
    assert widget.table.items.columnCount() == 4 + len(widget._monitor.scores.criteria)


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
    qtbot.waitUntil(lambda: widget.table.items.rowCount() == 7)
    assert session.result == chosen, "the choice stays"
    assert widget.table.chosen_rows()[0].key == chosen


@pytest.fixture
def two_runs(widget, trained_folder, qtbot):
    """The widget, listing the runs "cells" and "more", which are alike."""
    for kind in ("runs/cells", "configs/runs/cells.yaml"):
        source = trained_folder / kind
        target = source.with_name(source.name.replace("cells", "more"))
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    widget.all_runs.setChecked(True)
    qtbot.waitUntil(lambda: widget.table.items.rowCount() == 12)
    return widget


def shown_runs(widget):
    model = widget.table.sorted_items
    return [model.index(i, RUN_COLUMN).data() for i in range(model.rowCount())]


def test_a_row_of_another_run_looks_at_that_run(two_runs, viewer, session, qtbot):
    assert not two_runs.table.isColumnHidden(RUN_COLUMN)
    two_runs.table.sortByColumn(RUN_COLUMN, Qt.SortOrder.DescendingOrder)
    assert shown_runs(two_runs) == ["more"] * 6 + ["cells"] * 6
    two_runs.table.selectRow(0)
    row = two_runs.table.chosen_rows()[0]
    qtbot.waitUntil(lambda: session.run_name == "more")
    qtbot.waitUntil(lambda: "iterations" in two_runs.message.text())
    assert session.result == row.key
    assert two_runs.table.chosen_rows()[0].identity == row.identity
    qtbot.waitUntil(lambda: session.monitor.scores is not None)
    assert session.result == row.key

    two_runs.all_runs.setChecked(False)
    assert two_runs.table.items.rowCount() == 6
    assert two_runs.table.chosen_rows()[0].key == row.key, "the choice stays"


def test_the_filter_narrows_the_table_and_the_best(two_runs, qtbot):
    field = two_runs.filter_field
    qtbot.keyClicks(field, "more iteration>3")
    assert shown_runs(two_runs) == ["more"] * 3
    assert "3 of 12" in two_runs.message.text()
    two_runs.show_best()
    assert two_runs.table.chosen_rows()[0].run == "more"
    assert two_runs.table.chosen_rows()[0].iteration == 6
    field.setText("iteratio > 3")
    assert field.property(INVALID)
    assert "no number called" in field.toolTip()
    assert len(shown_runs(two_runs)) == 3, "the last valid filter stays"
    field.clear()
    assert len(shown_runs(two_runs)) == 12
    assert not field.property(INVALID)


def test_two_rows_are_compared_in_a_picture_and_a_sentence(widget, viewer, qtbot):
    widget.table.selectRow(3)
    qtbot.waitUntil(lambda: "iterations" in widget.message.text())
    a = widget.table.chosen_rows()[0]
    widget.compare_button.click()
    assert "row to compare with" in widget.message.text()
    widget.table.selectRow(5)
    panel = widget.comparison.panel
    assert panel.isVisibleTo(widget)
    assert not widget.compare_button.isChecked()
    qtbot.waitUntil(lambda: "blocks)" in panel.sentence.text(), timeout=20_000)
    assert widget.comparison.pair[0].key == a.key
    assert panel.names.text().startswith("A: cells, crop, iteration 6, threshold")
    assert panel.legend.text().startswith("Wrong:")

    difference = find_layer(viewer, DIFFERENCE_KEY)
    truth, first, second = (
        np.asarray(find_layer(viewer, key).data) != 0
        for key in ("cells/crop/ground truth", *KEYS.values())
    )
    wrong_a, wrong_b = first != truth, second != truth
    assert (first != second).any()
    np.testing.assert_array_equal(difference.data == BOTH, wrong_a & wrong_b)
    np.testing.assert_array_equal(difference.data == ONLY_A, wrong_a & ~wrong_b)
    np.testing.assert_array_equal(difference.data == ONLY_B, wrong_b & ~wrong_a)
    np.testing.assert_allclose(difference.translate[-3:], (420, 84, 42))

    sentence = panel.sentence.text()
    panel.criterion.setCurrentIndex(panel.criterion.findText("hausdorff", ENDS))
    panel.criterion.textActivated.emit(panel.criterion.currentText())
    qtbot.waitUntil(lambda: "hausdorff" in panel.sentence.text())
    assert panel.sentence.text() != sentence

    before = list(viewer.layers)
    panel.close_button.click()
    assert len(viewer.layers) == len(before) - 3
    assert not panel.isVisibleTo(widget)
    assert widget.table.chosen_rows()[0].key == a.key


def test_blinking_shows_both_in_turns_and_leaves_no_trace(widget, viewer, qtbot):
    widget.table.selectRow(3)
    qtbot.waitUntil(lambda: "iterations" in widget.message.text())
    widget.table.choose([widget.items.row_at(widget.items.index(i, 0)) for i in (3, 4)])
    comparison = widget.comparison
    qtbot.waitUntil(lambda: find_layer(viewer, DIFFERENCE_KEY) is not None)
    before = {layer.name: layer.visible for layer in viewer.layers}
    assert before["difference of A and B"]
    assert not before["segmentation of crop"], "colours would mix"

    layers = [find_layer(viewer, key) for key in KEYS.values()]
    comparison.panel.blink_button.click()
    shown = [[layer.visible for layer in layers]]
    with qtbot.waitSignal(comparison.layers.blinked):
        pass
    shown.append([layer.visible for layer in layers])
    assert shown == [[True, False], [False, True]]
    assert comparison.panel.blink_button.text() == "Blink: B"
    assert not find_layer(viewer, DIFFERENCE_KEY).visible
    comparison.panel.blink_button.click()
    assert {layer.name: layer.visible for layer in viewer.layers} == before

    comparison.panel.blink_button.click()
    widget.table.selectRow(0)
    assert comparison.pair is None
    assert not comparison.layers.is_blinking
    assert find_layer(viewer, "cells/crop/segmentation").visible


def test_closing_the_dock_ends_a_comparison(widget, viewer, qtbot):
    widget.table.selectRow(3)
    qtbot.waitUntil(lambda: "iterations" in widget.message.text())
    widget.table.choose([widget.items.row_at(widget.items.index(i, 0)) for i in (3, 4)])
    qtbot.waitUntil(lambda: find_layer(viewer, DIFFERENCE_KEY) is not None)
    viewer.window.remove_dock_widget(widget)
    assert find_layer(viewer, DIFFERENCE_KEY) is None
    assert find_layer(viewer, "cells/crop/segmentation").visible


def test_results_of_different_volumes_are_not_compared(two_runs, trained_folder, qtbot):
    raw = next((trained_folder / "runs/more/validation.zarr/inputs").rglob("*raw*"))
    stored = zarr.open(raw, mode="r+")
    array = stored if isinstance(stored, zarr.Array) else stored[next(iter(stored))]
    array[...] = 255 - array[...]
    rows = [two_runs.items.row_at(two_runs.items.index(i, 0)) for i in (5, 11)]
    two_runs.table.choose(rows)
    panel = two_runs.comparison.panel
    qtbot.waitUntil(lambda: "another volume" in panel.sentence.text())
    assert not panel.blink_button.isEnabled()
