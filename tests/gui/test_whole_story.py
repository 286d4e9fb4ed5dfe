"""The whole way from data to a segmentation, as a user goes it, in a real window."""

from __future__ import annotations

import numpy as np
import pytest
import zarr
from container_files import drop, untouched_settings
from experiment_data import blobs, write_container, write_volume
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from user import (
    LONG,
    Docks,
    answer_save_dialog,
    click,
    click_cell,
    click_menu,
    drag,
    drop_on,
    pick,
    type_into,
    unfold,
)

from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._layers import find_layer
from napari_dacapo.gui._reader_preference import prefer_dacapo
from napari_dacapo.gui._session import Session
from napari_dacapo.gui._state import RunState
from napari_dacapo.gui.models.boxes import Use

#: a network and a training of seconds, typed over what is suggested
TINY = {
    ("architecture_config", "num_fmaps"): 4,
    ("architecture_config", "fmaps_out"): 4,
    ("trainer_config", "batch_size"): 1,
    ("num_iterations",): 100,
    ("validation_interval",): 50,
}


class Story:
    """The steps that both stories share."""

    def __init__(self, viewer, qtbot, folder):
        self.viewer, self.qtbot, self.folder = viewer, qtbot, folder
        self.docks = Docks(viewer, qtbot)
        self.session = Session.of(viewer)
        self.monitor = self.session.monitor
        type_into(self.docks.experiment.folder.line, folder)
        assert self.session.project_folder == folder

    def until(self, condition):
        self.qtbot.waitUntil(condition, timeout=LONG)

    @property
    def data(self):
        return self.docks.experiment.run_editor.data

    @property
    def drawn(self):
        return self.data.drawn

    def begin_boxes(self):
        click(self.drawn.button)
        self.until(lambda: self.drawn.drawing.layer is not None)

    def draw_box(self, begin, end, use=Use.TRAIN):
        """Drag a box on the slice; return it."""
        click(self.viewer.window._qt_viewer.viewerButtons.resetViewButton)
        known = len(self.drawn.boxes.boxes)
        if known:
            click(self.drawn.list.draw_button)
        drag(self.viewer, begin, end)
        self.until(lambda: len(self.drawn.boxes.boxes) == known + 1)
        if use is not Use.TRAIN:
            pick(self.drawn.list.table.cellWidget(known, 0), str(use))
        box = self.drawn.boxes.boxes[known]
        assert box.use is use
        for side, low, high in zip((-2, -1), begin, end, strict=True):
            size = float(box.roi.shape[side]) / 4
            assert abs(float(box.roi.begin[side]) - low) < size, "where it was drawn"
            assert abs(float(box.roi.end[side]) - high) < size
        return box

    def suggest(self):
        experiment = self.docks.experiment
        with self.qtbot.waitSignal(experiment._proposal.done, timeout=LONG):
            click(self.data.suggest_button)
        self.until(lambda: experiment.form.is_verified)
        assert experiment.form.errors() == {}
        patch = experiment.run_editor.box_at(("architecture_config", "input_shape"))
        assert len(patch.note) > 20, "the reason of the value is told"
        return experiment.form.value()

    def make_tiny(self):
        """Type the settings of a short training into the form."""
        experiment = self.docks.experiment
        for path, value in TINY.items():
            editor = experiment.run_editor.editor_at(path)
            unfold(editor)
            type_into(editor, value)
            assert editor.value() == value
        self.until(lambda: experiment.form.is_verified)
        assert experiment.form.errors() == {}

    def begin_training(self):
        experiment = self.docks.experiment
        self.until(experiment.start_button.isEnabled)
        click(experiment.start_button)
        self.until(lambda: self.monitor.state is RunState.TRAINING)
        assert self.monitor.name == experiment.form.value().name

    def losses(self):
        """Return the points of the curve on the screen."""
        raw = self.docks.training.loss_plot.plot_widget.plot.listDataItems()[0]
        x, y = raw.getOriginalDataset()
        return (np.array([]),) * 2 if x is None else (np.asarray(x), np.asarray(y))

    def pause_and_resume(self, after):
        training = self.docks.training
        self.until(lambda: self.monitor.progress.iteration >= after)
        click(training.pause_button)
        self.until(lambda: self.monitor.state is RunState.PAUSED)
        assert training.status.state.text() == "paused"
        done = self.monitor.progress.iteration
        assert len(self.losses()[0]) == done
        assert training.pause_button.text() == "Resume"
        click(training.pause_button)
        self.until(lambda: self.monitor.progress.iteration > done)

    def finish_training(self, num_iterations=100):
        """Wait for the end; every iteration has a point in the curve."""
        self.until(lambda: self.monitor.state is RunState.DONE)
        self.until(lambda: not JobManager.instance().jobs)
        x, y = self.losses()
        np.testing.assert_array_equal(x, np.arange(num_iterations))
        assert np.isfinite(y).all()
        assert y[-20:].mean() < y[:20].mean(), "it learned"
        assert self.docks.training.status.bar.format() == (
            f"{num_iterations} of {num_iterations} iterations"
        )

    def layer(self, kind, dataset):
        key = f"{self.monitor.name}/{dataset}/{kind}"
        return find_layer(self.viewer, key)

    def move_slider(self, dataset, roi):
        """Move the threshold with the arrow key; the labels on the screen follow."""
        dock = self.docks.show(self.docks.post_processing)
        self.until(lambda: dock._preview is not None and not dock._segmenter.is_busy)
        slider = dock.parameters.editors["threshold"]
        layer = self.layer("segmentation", dataset)
        before, labels = slider.value(), np.array(layer.data)
        wanted = int(np.median(dock._preview.values))
        if "seed_threshold" in dock.parameters.editors:  # which is no less
            wanted = min(wanted, dock.parameters.editors["seed_threshold"].value())
        key = Qt.Key.Key_Right if wanted > before else Qt.Key.Key_Left
        slider.setFocus()
        for _ in range(round(abs(wanted - before))):
            QTest.keyClick(slider.focusProxy(), key)
        assert slider.value() == wanted
        parameters = dock.parameters.value()
        expected = dock._preview.segment(parameters, with_scores=False).array.data
        assert not np.array_equal(expected, labels)
        assert self.layer("segmentation", dataset) is layer, "not one per move"
        self.until(
            lambda: (
                isinstance(layer.data, np.ndarray)
                and np.array_equal(layer.data, expected)
            )
        )
        assert_place(layer, roi)
        assert "threshold" in dock.sweep.read_out.text()

    def move_slider_too_far(self):
        """Move the threshold beyond that of the seeds, and back: the dock says why."""
        dock = self.docks.post_processing
        slider = dock.parameters.editors["threshold"].focusProxy()
        QTest.keyClick(slider, Qt.Key.Key_End)
        assert "seeds lie inside objects" in dock.message.text()
        QTest.keyClick(slider, Qt.Key.Key_Home)
        assert dock.message.text() == ""

    def choose_score(self, iterations, dataset, roi):
        """Click a row of the scores: its layers are shown."""
        dock = self.docks.show(self.docks.scores)
        rows = dock.table.shown_rows()
        assert {row.iteration for row in rows} == set(iterations)
        criteria = dock._shown_criteria()
        last = [row for row in rows if row.iteration == max(iterations)]
        scores = np.array([[row.value(name) for name in criteria] for row in last])
        assert scores.size
        assert np.isfinite(scores).any(axis=0).all(), criteria
        click_cell(dock.table, dock.table.model().rowCount() - 1, 1)
        [row] = dock.table.chosen_rows()
        self.until(lambda: f"after {row.iteration:,} iterations" in dock.message.text())
        assert self.session.result == row.key
        for kind in ("prediction", "segmentation", "ground truth"):
            assert_place(self.layer(kind, dataset), roi)

    def predict(self, volume, roi):
        """Predict a volume and make objects of it; return both layers."""
        dock = self.docks.show(self.docks.predict)
        pick(dock.form.volume.combo, volume)
        self.until(dock.start_button.isEnabled)
        assert "best" in dock.form.weights.itemText(0)
        with self.qtbot.waitSignal(dock._planner.done, timeout=LONG):
            click(dock.start_button)
        self.until(lambda: dock._monitor.state is RunState.DONE)
        finished = dock._monitor.progress.finished
        place = finished.container / finished.dataset
        self.until(lambda: find_layer(self.viewer, str(place)) is not None)
        click(dock.segment_button)
        labels = finished.container / f"segmentation_{place.parent.name[11:]}/s0"
        self.until(lambda: find_layer(self.viewer, str(labels)) is not None)
        layers = [find_layer(self.viewer, str(key)) for key in (place, labels)]
        for layer in layers:
            assert_place(layer, roi)
        return layers

    def export(self, layers, path):
        """Save layers by the menu of napari; they are where they were when opened."""
        self.viewer.layers.selection = set(layers)
        answer_save_dialog(path, "DaCapo OME-Zarr 0.5")
        click_menu(self.viewer, "File", "Save Selected Layers...")
        assert path.is_dir()
        models = pytest.importorskip("ome_zarr_models")
        models.open_ome_zarr(zarr.open_group(str(path), mode="r"))
        opened = self.viewer.open(str(path), plugin="napari-dacapo")
        assert len(opened) == len(layers)
        for layer, saved in zip(layers, opened, strict=True):
            assert type(saved) is type(layer)
            np.testing.assert_allclose(saved.extent.world, layer.extent.world)


def assert_place(layer, roi):
    """The corners of the voxels of a layer are those of `roi` (nm)."""
    assert [str(unit) for unit in layer.units] == ["nanometer"] * 3
    begin, end = layer.extent.world[:, -3:]
    half = np.asarray(layer.scale[-3:]) / 2
    np.testing.assert_allclose(begin - half, roi.begin.as_floats())
    np.testing.assert_allclose(end + half, roi.end.as_floats())


def test_from_sample_data_to_an_exported_segmentation(shown_viewer, qtbot, tmp_path):
    viewer = shown_viewer
    click_menu(
        viewer, "File", "Open Sample", "DaCapo", "Cells with organelles (volume)"
    )
    story = Story(viewer, qtbot, tmp_path / "project")
    pair = story.data.train.items[0].editor
    pick(pair.raw.combo, "cells raw")
    pick(pair.labels.combo, "cells instances")
    name, _ = story.data.classes.items[0].editor._editors
    type_into(name, "cell")
    story.begin_boxes()
    story.draw_box((100, 180), (600, 940))
    checked = story.draw_box((660, 180), (860, 940), Use.VALIDATE)

    run_config = story.suggest()
    assert run_config.task_config.channels == ["cell"]
    [validate] = run_config.datasplit_config.validate_configs
    assert validate.gt_config.create_array().roi == checked.roi
    story.make_tiny()
    story.begin_training()
    story.pause_and_resume(after=10)
    click(story.docks.training.validate_button)
    story.finish_training()
    extra = {row.iteration for row in story.monitor.scores.rows} - {50, 100}
    assert extra, "validated when asked"
    story.move_slider("validate_0", checked.roi)
    story.choose_score(extra | {50, 100}, "validate_0", checked.roi)
    raw = viewer.layers["cells raw"]
    half = np.asarray(raw.scale) / 2
    begin, end = raw.extent.world + np.array([-half, half])
    whole = Roi(Coordinate(begin.tolist()), Coordinate((end - begin).tolist()))
    layers = story.predict("cells raw", whole)
    story.export(layers, tmp_path / "result.zarr")


def test_from_dropped_files_to_a_slider(shown_viewer, qtbot, tmp_path):
    viewer = shown_viewer
    story = Story(viewer, qtbot, tmp_path / "project")
    size, far = Coordinate(40, 8, 4), Coordinate(4000, 800, 400)
    container = write_container(tmp_path / "train.zarr", 0, (400, 80, 40), size)
    drop_on(story.docks.experiment, container)
    pair = story.data.train.items[0].editor
    story.until(lambda: not (pair.raw.is_empty or pair.labels.is_empty))
    info = pair.boxes()["raw"].reasons
    story.until(lambda: "40 \N{MULTIPLICATION SIGN} 8" in info.text("info"))
    assert "from OME-Zarr" in info.text("info")

    files = [tmp_path / "em.zarr", tmp_path / "mito.zarr"]
    for file, values in zip(files, blobs(1), strict=True):
        place = write_volume(file, "", values, far, size)
    with untouched_settings():
        prefer_dacapo()
        for file in files:
            drop(viewer, file)
            story.until(lambda name=file.stem: name in viewer.layers)
            assert_place(viewer.layers[file.stem], place)
    click(story.data.validate.add_button)
    checked = story.data.validate.items[0].editor
    pick(checked.raw.combo, "em")
    pick(checked.labels.combo, "mito")

    run_config = story.suggest()
    [dataset] = run_config.datasplit_config.validate_configs
    assert dataset.raw_config.create_array().roi == place, "the file, not a copy"
    story.make_tiny()
    story.begin_training()
    training = story.docks.training
    story.until(lambda: story.monitor.progress.iteration >= 10)
    click(training.stop_button)
    story.until(lambda: story.monitor.state is RunState.DONE)
    kept = story.monitor.progress.iteration
    assert 10 <= kept < 100
    story.until(lambda: training.start_button.isEnabled())
    assert training.start_button.text() == "Continue"
    click(training.start_button)
    story.finish_training()
    story.move_slider("validate_0", place)
    assert_place(viewer.layers["em"], place)
    story.move_slider_too_far()
