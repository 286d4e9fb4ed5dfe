"""The Predict dock with a run that was really trained."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QLabel, QMessageBox

from napari_dacapo.arrays import ZarrArray
from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.events import BlockDone, PredictionStarted, RunStarted
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._layers import find_layer
from napari_dacapo.gui._session import Session
from napari_dacapo.gui._state import RunState
from napari_dacapo.gui.models import load_run
from napari_dacapo.gui.models.prediction import PredictionProgress, count
from napari_dacapo.gui.predict import PredictWidget
from napari_dacapo.runs import _inference as inference

LONG = 60_000
FAR_BOX = np.array([(0, 0, 0), (0, 9, 0), (0, 9, 9), (0, 0, 9)]) - 5000.0


@pytest.fixture
def project_folder(trained_folder):
    return trained_folder


@pytest.fixture
def raw(trained_folder):
    """The config of the volume that the run was trained on."""
    datasplit = load_run(trained_folder, "cells").config.datasplit_config
    return datasplit.train_configs[0].raw_config


@pytest.fixture
def widget(viewer, session, qtbot):
    widget = PredictWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Predict", area="right")
    session.run_name = "cells"
    qtbot.waitUntil(lambda: widget.form.weights.count() > 0, timeout=LONG)
    weights = widget.form.weights
    weights.setCurrentIndex(weights.findText("latest, iteration 6"))
    return widget


@pytest.fixture
def many_blocks(monkeypatch):
    monkeypatch.setattr(inference, "TARGET_BLOCK_VOXELS", 1)


def target(folder, container="train"):
    place = folder / "predictions" / f"{container}.zarr"
    return place, "prediction_cells_6/s0"


def stored(place):
    array = ZarrArray.open_from_array_identifier(LocalArrayIdentifier(*place))
    return array[array.roi]


def finish(widget, qtbot):
    """Wait until the prediction that was begun has ended."""
    monitor = widget._monitor
    qtbot.waitUntil(lambda: monitor.state is RunState.DONE, timeout=LONG)
    qtbot.waitUntil(lambda: not JobManager.instance().jobs, timeout=LONG)


def begin(widget, qtbot):
    with qtbot.waitSignal(widget._planner.done, timeout=LONG):
        widget.start_button.click()


def answer(widget, text):
    [box] = widget.findChildren(QMessageBox)
    next(b for b in box.buttons() if b.text() == text).click()
    return box


def test_it_says_what_is_missing(viewer, session, qtbot):
    widget = PredictWidget(viewer)
    qtbot.addWidget(widget)
    assert widget.status.text() == "Choose a run that was trained."
    session.run_name = "cells"
    qtbot.waitUntil(lambda: "Volume: choose a layer" in widget.status.text())
    assert not widget.start_button.isEnabled()
    texts = [widget.form.weights.itemText(i) for i in range(2)]
    assert "best" in texts[0]
    assert any(w.text == "latest" and w.iteration == 6 for w in widget.form._weights)


def test_a_volume_is_predicted_and_shown_while_it_fills(
    widget, viewer, raw, trained_folder, qtbot, many_blocks
):
    widget.form.volume.setValue(raw)
    assert widget.start_button.isEnabled()
    begin(widget, qtbot)
    place = target(trained_folder)
    qtbot.waitUntil(
        lambda: find_layer(viewer, str(place[0] / place[1])) is not None, timeout=LONG
    )
    layer = find_layer(viewer, str(place[0] / place[1]))
    finish(widget, qtbot)
    assert "blocks" in widget.status.text()
    values = stored(place)
    viewer.dims.set_current_step(0, 9)
    qtbot.waitUntil(
        lambda: np.array_equal(layer._slice.image.raw, values[9]), timeout=LONG
    )
    np.testing.assert_allclose(layer.scale, (40, 8, 4))
    widget.segment_button.click()
    labels = str(place[0] / "segmentation_cells_6/s0")
    qtbot.waitUntil(lambda: find_layer(viewer, labels) is not None, timeout=LONG)
    segmented = stored((place[0], "segmentation_cells_6/s0"))
    assert segmented.shape == values.shape
    assert set(np.unique(segmented)) <= {0, 1}


def test_a_stopped_prediction_is_continued_after_a_question(
    widget, raw, trained_folder, qtbot, many_blocks
):
    widget.form.volume.setValue(raw)
    control = widget._monitor
    control.written.connect(widget.cancel_button.click)
    begin(widget, qtbot)
    finish(widget, qtbot)
    assert control.progress.finished is None
    assert "Start goes on where it was" in widget.status.text()
    control.written.disconnect(widget.cancel_button.click)

    begin(widget, qtbot)
    box = answer(widget, "Continue")
    assert "An unfinished prediction is there" in box.text()
    finish(widget, qtbot)
    assert control.progress.started.done > 0
    assert control.progress.finished is not None
    assert not list((trained_folder / "predictions").glob("*.unfinished"))


def test_a_finished_one_is_never_replaced_silently(widget, raw, trained_folder, qtbot):
    widget.form.volume.setValue(raw)
    begin(widget, qtbot)
    finish(widget, qtbot)
    first = target(trained_folder)[0].stat().st_mtime_ns

    begin(widget, qtbot)
    assert "was predicted with these weights before" in answer(widget, "Cancel").text()
    assert not JobManager.instance().jobs
    assert target(trained_folder)[0].stat().st_mtime_ns == first

    begin(widget, qtbot)
    answer(widget, "Other name")
    finish(widget, qtbot)
    np.testing.assert_array_equal(
        stored(target(trained_folder, "train 2")), stored(target(trained_folder))
    )


def test_a_box_drawn_in_a_layer_is_predicted(
    widget, viewer, raw, trained_folder, qtbot
):
    roi = raw.create_array().roi
    (y, x), units = roi.offset[1:], ("nm", "nm", "nm")
    z = float(roi.offset[0])
    corners = [(z, y + a, x + b) for a, b in ((80, 40), (80, 120), (240, 120))]
    viewer.add_shapes(
        [np.array([*corners, (z, y + 240, x + 40)], float)], name="box", units=units
    )
    widget.form.volume.setValue(raw)
    widget.form.region.setValue("box")
    begin(widget, qtbot)
    finish(widget, qtbot)
    place = LocalArrayIdentifier(*target(trained_folder))
    found = ZarrArray.open_from_array_identifier(place).roi
    assert found == Roi((z, y + 80, x + 40), (roi.shape[0], 160, 80))


@pytest.mark.parametrize(
    ("field", "spoil", "match"),
    [
        ("volume", "volume", "4 x 4"),
        ("region", "region", "outside of the volume"),
        ("output", "output", "is a file"),
    ],
)
def test_bad_input_is_told_at_its_field(
    widget, viewer, raw, tmp_path, qtbot, notifications, field, spoil, match
):
    widget.form.volume.setValue(raw)
    if spoil == "volume":
        layer = viewer.add_image(np.zeros((4, 4), np.uint8), name="flat")
        widget.form.volume.combo.setCurrentText(layer.name)
        match = "2 spatial axes"
    elif spoil == "region":
        viewer.add_shapes([FAR_BOX], name="far", units=("nm",) * 3)
        widget.form.region.setValue("far")
    else:
        (tmp_path / "x.zarr").write_text("")
        widget.form.output.setValue(tmp_path / "x.zarr")
    begin(widget, qtbot)
    assert match in widget.form.boxes[field].error
    assert match in notifications[-1].message
    assert not JobManager.instance().jobs
    assert widget.start_button.isEnabled()


def test_a_new_dock_takes_over(widget, viewer, raw, qtbot, many_blocks):
    widget.form.volume.setValue(raw)
    begin(widget, qtbot)
    widget._monitor.job.pause()
    qtbot.waitUntil(lambda: widget._monitor.state is RunState.PAUSED, timeout=LONG)
    viewer.window.remove_dock_widget(widget)
    widget.deleteLater()
    other = PredictWidget(viewer)
    viewer.window.add_dock_widget(other, name="Predict", area="right")
    assert other.pause_button.text() == "Resume"
    other.pause_button.click()
    finish(other, qtbot)
    assert other.segment_button.isEnabled()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_is_cut_off(shown_viewer, session_of_shown, qtbot, theme):
    shown_viewer.theme = theme
    widget = PredictWidget(shown_viewer)
    shown_viewer.window.add_dock_widget(widget, name="Predict", area="right")
    widget.form.show_complaint(
        type("C", (), {"field": "volume", "text": "a long reason " * 12})
    )
    qtbot.wait(100)
    for label in widget.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width())
    assert widget.minimumSizeHint().width() <= 400


@pytest.fixture
def session_of_shown(shown_viewer, trained_folder):
    session = Session.of(shown_viewer)
    session.project_folder = trained_folder
    return session


def test_speed_and_time_left():
    now = [0.0]
    progress = PredictionProgress(lambda: now[0])
    roi = Roi((0, 0), (100, 100))
    size = Coordinate(1, 2)
    progress.add(
        [
            RunStarted("r", 6, 6, "cpu", ""),
            PredictionStarted(None, "p/s0", roi, size, 1, 5),
        ]
    )
    now[0] = 2.0
    assert len(progress.add([BlockDone("predict", 2, 5, Roi((0, 0), (10, 10)))])) == 1
    assert progress.voxels_per_second == pytest.approx(25)
    assert progress.seconds_left == pytest.approx(6)
    assert str(progress) == "predict: 2 of 5 blocks · 6 s left · 25 voxels/s"
    progress.hold()
    now[0] = 100.0
    progress.add([BlockDone("predict", 3, 5, Roi((0, 0), (10, 10)))])
    assert progress.seconds_left == pytest.approx(4), "a pause does not count"
    assert (count(123), count(45_600), count(1.23e6)) == (
        "123",
        "46 thousand",
        "1.2 million",
    )
