"""The Post-processing dock on the predictions of a run that was really trained."""

from __future__ import annotations

import shutil

import attrs
import numpy as np
import pytest

from napari_dacapo.gui._array_views import ProcessedView
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._layers import find_layer
from napari_dacapo.gui._session import Session
from napari_dacapo.gui.post_processing import PostProcessingWidget
from napari_dacapo.store import Project
from napari_dacapo.tasks.post_processors import ThresholdPostProcessorParameters


@pytest.fixture
def project_folder(trained_folder):
    return trained_folder


@pytest.fixture
def widget(viewer, session, qtbot):
    widget = PostProcessingWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Post-processing")
    session.run_name = "cells"
    qtbot.waitUntil(lambda: widget._preview is not None, timeout=10_000)
    qtbot.waitUntil(lambda: layer_of(viewer, "segmentation") is not None)
    qtbot.waitUntil(lambda: not JobManager.instance().jobs)
    return widget


def layer_of(viewer, kind):
    return find_layer(viewer, f"cells/crop/{kind}")


def slider(widget):
    return widget.parameters.editors["threshold"]


def prediction(widget):
    return widget._preview.result.get("prediction").values


def settled(widget):
    return not widget._segmenter.is_busy


def test_it_opens_with_the_last_prediction_and_the_first_parameters(widget, viewer):
    assert widget.prediction.count() == 2, "of both validations"
    assert widget.prediction.currentText() == "crop, iteration 6"
    assert slider(widget).value() == 100
    expected = (prediction(widget) > 100).astype("u1")
    np.testing.assert_array_equal(layer_of(viewer, "segmentation").data, expected)


def test_the_slider_has_the_limits_and_help_of_its_field(widget):
    assert (slider(widget).minimum(), slider(widget).maximum()) == (0, 255)
    assert "foreground" in slider(widget).toolTip()


def test_while_it_moves_only_the_slice_on_the_screen_is_computed(widget, viewer, qtbot):
    layer = layer_of(viewer, "segmentation")
    viewer.dims.set_current_step(0, 5)
    slider(widget).setValue(120)
    qtbot.waitUntil(lambda: isinstance(layer.data, ProcessedView))
    expected = prediction(widget)[5] > 120
    np.testing.assert_array_equal(layer.data[5], expected)
    assert layer_of(viewer, "segmentation") is layer


def test_keys_move_the_slider_and_the_labels_follow(widget, viewer, qtbot):
    layer = layer_of(viewer, "segmentation")
    slider(widget).setValue(124)  # as an arrow key does: there is no release
    expected = (prediction(widget) > 124).astype("u1")
    qtbot.waitUntil(
        lambda: (
            isinstance(layer.data, np.ndarray) and np.array_equal(layer.data, expected)
        )
    )


def test_fifty_quick_moves_the_last_value_wins(widget, viewer, qtbot):
    started = []
    JobManager.instance().job_added.connect(started.append)
    values = np.linspace(60, 180, 50).round()
    for value in values:
        slider(widget).setValue(value)
        widget.parameters.released.emit()
        qtbot.wait(2)
    assert len(JobManager.instance().jobs) <= 1, "no queue behind the slider"
    layer = layer_of(viewer, "segmentation")
    qtbot.waitUntil(lambda: settled(widget) and isinstance(layer.data, np.ndarray))
    expected = (prediction(widget) > values[-1]).astype("u1")
    np.testing.assert_array_equal(layer.data, expected)
    assert len(started) < 50
    JobManager.instance().job_added.disconnect(started.append)


def test_in_3d_the_prediction_is_drawn_with_the_threshold_as_limit(
    widget, viewer, qtbot
):
    labels = layer_of(viewer, "segmentation")
    viewer.dims.ndisplay = 3
    slider(widget).setValue(121)
    qtbot.waitUntil(lambda: layer_of(viewer, "live volume") is not None)
    volume = layer_of(viewer, "live volume")
    assert volume.contrast_limits == [121, 122]
    assert volume.visible
    assert not labels.visible
    np.testing.assert_allclose(volume.scale, labels.scale)
    widget.parameters.released.emit()
    qtbot.waitUntil(lambda: labels.visible)
    assert not volume.visible
    np.testing.assert_array_equal(labels.data, prediction(widget) > 121)


def test_labels_that_the_user_hid_stay_hidden(widget, viewer, qtbot):
    labels = layer_of(viewer, "segmentation")
    labels.visible = False
    viewer.dims.ndisplay = 3
    slider(widget).setValue(122)
    qtbot.waitUntil(lambda: layer_of(viewer, "live volume") is not None)
    widget.parameters.released.emit()
    qtbot.waitUntil(lambda: not layer_of(viewer, "live volume").visible)
    assert not labels.visible


def test_the_score_of_the_nearest_stored_parameters_follows_the_slider(widget):
    criterion = widget.sweep.criterion.currentText()
    rows = {r.parameters.threshold: r for r in widget._scores.sweep(6, "crop")}
    for value, nearest in ((101, 100), (126, 127), (200, 150)):
        slider(widget).setValue(value)
        expected = f"threshold {nearest}: {rows[nearest].value(criterion):.4g}"
        assert widget.sweep.read_out.text() == expected


def test_on_release_the_true_score_is_computed(widget, qtbot):
    slider(widget).setValue(127)
    widget.parameters.released.emit()
    qtbot.waitUntil(lambda: settled(widget))
    stored = {r.parameters.threshold: r for r in widget._scores.sweep(6, "crop")}[127]
    computed = widget.sweep._computed.values()
    row = next(row for row in computed if row.parameters.threshold == 127)
    for criterion, value in stored.scores.items():
        assert row.value(criterion) == pytest.approx(value, nan_ok=True), criterion


def test_a_click_on_the_score_curve_takes_those_parameters(widget):
    widget.sweep.plot_widget.picked.emit(149.0)
    assert slider(widget).value() == 150


def test_it_follows_the_row_chosen_in_the_scores_dock(widget, session, qtbot):
    parameters = ThresholdPostProcessorParameters(2, 150)
    session.result = (3, "crop", parameters)
    qtbot.waitUntil(lambda: widget.prediction.currentText() == "crop, iteration 3")
    qtbot.waitUntil(lambda: slider(widget).value() == 150)
    session.result = (3, "crop", ThresholdPostProcessorParameters(1, 127))
    assert slider(widget).value() == 127


def test_a_removed_layer_comes_back_with_the_next_move(widget, viewer, qtbot):
    viewer.layers.remove(layer_of(viewer, "segmentation"))
    slider(widget).setValue(111)
    qtbot.waitUntil(lambda: layer_of(viewer, "segmentation") is not None)


def test_the_prediction_that_was_deleted_is_told(
    widget, trained_folder, qtbot, notifications
):
    import shutil

    shutil.rmtree(trained_folder / "runs" / "cells" / "validation.zarr" / "3")
    widget.prediction.setCurrentIndex(0)
    qtbot.waitUntil(lambda: bool(notifications))
    assert "not stored any more" in notifications[-1].message


def test_without_predictions_the_dock_says_why(viewer, tmp_path, qtbot):
    Session.of(viewer).project_folder = tmp_path
    widget = PostProcessingWidget(viewer)
    qtbot.waitUntil(lambda: "Nothing to post-process yet" in widget.message.text())
    widget.deleteLater()


def test_long_names_do_not_widen_the_dock(widget, viewer, qtbot):
    longest = max(widget.sweep.criterion.itemText(i) for i in range(21))
    widget.sweep.read_out.setText(longest * 5)
    viewer.theme = "light"  # lays out anew
    qtbot.wait(50)
    assert widget.minimumSizeHint().width() < 320


def test_another_run_is_shown_from_the_result_that_was_chosen(
    widget, session, trained_folder, qtbot
):
    project = Project(trained_folder)
    config = project.configs.retrieve_run_config("cells")
    shutil.copytree(project.run_folder("cells"), project.run_folder("twin"))
    project.configs.store_run_config(attrs.evolve(config, name="twin"))
    session.run_name = "twin"
    session.result = (3, "crop", widget._preview.defaults)
    qtbot.waitUntil(lambda: widget._shown_run == "twin")
    assert widget.prediction.currentText() == "crop, iteration 3"
