"""Boxes drawn on a volume, in a real napari window, as far as the training."""

import numpy as np
import pytest
from experiment_data import VOXEL_SIZE, add_layers, write_container
from qtpy.QtCore import Qt

from napari_dacapo.arrays import CropArrayConfig, ZarrArrayConfig
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._session import Session
from napari_dacapo.gui.models.boxes import Box, Use

LONG = 30_000
TO = "\N{EN DASH}"


@pytest.fixture
def drawn(dock, viewer, qtbot):
    """The boxes of two layers, ready to be drawn."""
    add_layers(viewer)
    pair = dock.run_editor.data.train.items[0].editor
    for source, name in ((pair.raw, "em"), (pair.labels, "mito")):
        source.combo.setCurrentIndex(source.combo.findText(name))
    drawn = dock.run_editor.data.drawn
    drawn.button.click()
    qtbot.waitUntil(lambda: drawn.drawing.layer is not None, timeout=LONG)
    return drawn


def box(use, *spans):
    begin, end = (Coordinate(side) * VOXEL_SIZE for side in zip(*spans, strict=True))
    return Box(use, Roi(begin - VOXEL_SIZE / 2, end - begin))


TRAIN = box(Use.TRAIN, (0, 24), (0, 64), (0, 40))
VALIDATE = box(Use.VALIDATE, (0, 24), (0, 64), (44, 64))
IGNORE = box(Use.IGNORE, (4, 8), (10, 20), (10, 50))


def settled(drawn, qtbot):
    qtbot.waitUntil(
        lambda: not (drawn._looker.is_busy or drawn.drawing._timer.isActive()),
        timeout=LONG,
    )


def test_a_drawn_rectangle_becomes_a_box_of_whole_voxels(drawn, viewer, qtbot):
    layer = drawn.drawing.layer
    assert layer.mode == "add_rectangle"
    viewer.dims.set_point(0, 7 * 40)
    layer.add([[7, 9.6, 19.7], [7, 9.6, 40.2], [7, 30.3, 40.2], [7, 30.3, 19.7]])
    [first] = drawn.boxes.boxes
    assert first == box(Use.TRAIN, (0, 24), (10, 31), (20, 41))
    settled(drawn, qtbot)
    assert drawn.list.table.item(0, 1).text().split() == [
        *("z", f"0{TO}24"),
        *("y", f"10{TO}31"),
        *("x", f"20{TO}41"),
    ]
    np.testing.assert_array_equal(layer.data[0][0], [7, 9.5, 19.5])
    labels = viewer.layers["mito"].data[:, 10:31, 20:41]
    assert drawn.list.table.item(0, 2).text() == f"{(labels > 0).mean():.1%}"
    assert f"{labels.size:,} voxels" in drawn.list.details.text()


def test_layer_and_list_stay_in_step(drawn, viewer, qtbot):
    emitted = []
    drawn.boxes.changed.connect(lambda: emitted.append(drawn.boxes.boxes))
    drawn.boxes.add(TRAIN, VALIDATE)
    settled(drawn, qtbot)
    layer = drawn.drawing.layer
    assert layer.nshapes == 2
    last = drawn.list._spins[0][1]
    drawn.boxes.current = 0
    last.setValue(6)
    assert drawn.boxes.boxes[0] == box(Use.TRAIN, (0, 6), (0, 64), (0, 40))
    viewer.dims.set_point(0, 10 * 40)
    settled(drawn, qtbot)
    assert layer.data[0][0, 0] == 0, "not in this section"
    assert layer.data[1][0, 0] == 10, "follows the section"
    layer.selected_data = {0}
    layer.remove_selected()
    settled(drawn, qtbot)
    assert drawn.boxes.boxes == (VALIDATE,)
    assert drawn.list.table.rowCount() == layer.nshapes == 1
    drawn.list.undo_button.click()
    settled(drawn, qtbot)
    assert drawn.list.table.rowCount() == layer.nshapes == 2
    drawn.list.table.cellWidget(0, 0).setCurrentIndex(2)
    assert drawn.boxes.boxes[0].use is Use.IGNORE
    settled(drawn, qtbot)
    assert len(emitted) == 5, "no view answers another"
    layer.mode = "select"
    for chosen in (0, 1):
        layer.selected_data = {chosen}
        assert drawn.list.table.currentRow() == chosen
    viewer.dims.ndisplay = 3
    settled(drawn, qtbot)
    assert layer.shape_type == ["path", "path"]


def test_boxes_that_clash_are_red_and_say_why(drawn, dock, viewer, qtbot):
    drawn.boxes.add(TRAIN, box(Use.VALIDATE, (0, 24), (0, 64), (30, 64)))
    settled(drawn, qtbot)
    red = [1, 0x3B / 255, 0x30 / 255, 1]
    np.testing.assert_allclose(drawn.drawing.layer.edge_color, [red, red], atol=1e-3)
    assert "Overlaps with box 2" in drawn.list.table.item(0, 1).toolTip()
    assert not drawn.list.reason.isHidden()
    colour = Qt.ItemDataRole.ForegroundRole
    assert drawn.list.table.item(0, 1).data(colour) is not None
    drawn.boxes.replace(1, IGNORE)
    settled(drawn, qtbot)
    assert drawn.list.table.item(0, 1).data(colour) is None, "that of the theme"
    drawn.boxes.replace(1, VALIDATE)
    settled(drawn, qtbot)
    assert drawn.list.reason.isHidden() or "Too close" in drawn.list.reason.text()


def test_training_from_boxes(drawn, dock, viewer, qtbot, project_folder):
    data = dock.run_editor.data
    drawn.boxes.add(VALIDATE)
    assert "none to train on" in next(iter(data.errors().values()))
    second = box(Use.TRAIN, (0, 12), (0, 64), (0, 30))
    drawn.boxes.add(TRAIN, IGNORE, second)
    with qtbot.waitSignal(dock._proposal.done, timeout=LONG):
        data.suggest_button.click()
    qtbot.waitUntil(lambda: dock.form.is_verified, timeout=LONG)
    assert dock.form.errors() == {}
    assert len(data.train.items) == 1, "one volume, however many boxes"
    assert set(drawn.boxes.boxes) == {TRAIN, VALIDATE, IGNORE, second}
    dock.run_editor.part("num_iterations").setValue(2)
    dock.run_editor.part("validation_interval").setValue(2)
    run_config = dock.form.value()
    split = run_config.datasplit_config
    assert [c.name for c in split.train_configs] == ["train_0", "train_1"]
    assert [c.name for c in split.validate_configs] == ["validate_0"]
    opened = split.train_configs[0].create_dataset()
    assert TRAIN.roi.contains(opened.gt.roi)
    assert not TRAIN.roi.contains(opened.raw.roi), "the network looks around the box"
    grid = opened.gt.voxel_size, "shrink", opened.gt.roi.begin
    ignored = IGNORE.roi.intersect(TRAIN.roi).snap_to_grid(*grid)
    assert not opened.mask[ignored].any()
    assert opened.mask[opened.gt.roi].any()
    qtbot.waitUntil(lambda: dock.check.checker.is_done, timeout=LONG)
    assert dock.check.checker.errors == []
    manager = JobManager.instance()
    with qtbot.waitSignal(manager.job_added, timeout=LONG):
        dock.start()
    key = ("train", project_folder, run_config.name)
    qtbot.waitUntil(lambda: manager.find(key) is not None, timeout=LONG)
    job = manager.find(key)
    with qtbot.waitSignal(job.finished, timeout=LONG):
        pass
    assert job.error in (None, "")


def test_the_place_of_an_error_is_added_with_a_warning(drawn, qtbot, notifications):
    session = Session.of(drawn._viewer)
    drawn.boxes.add(VALIDATE)
    settled(drawn, qtbot)
    drawn.drawing.reach = None
    session.box_wanted.emit(box(Use.TRAIN, (2, 4), (10, 20), (46, 50)).roi)
    assert drawn.boxes.boxes[1] == box(Use.TRAIN, (2, 4), (10, 20), (46, 50))
    assert "It was validated on so far" in notifications[-1].message
    settled(drawn, qtbot)
    assert "Overlaps with box 1" in drawn.list.reason.text()
    session.box_wanted.emit(Roi((9e6,) * 3, (40,) * 3))
    assert "not in the volume" in notifications[-1].message
    assert len(drawn.boxes.boxes) == 2


def test_boxes_of_a_stored_run_are_shown_again(dock, tmp_path, viewer, qtbot):
    container = write_container(tmp_path / "vol.zarr")
    data = dock.run_editor.data
    raw = ZarrArrayConfig("raw", container, "raw/s0")
    labels = ZarrArrayConfig("labels", container, "labels/s0")
    data.train.setValue([(raw, labels)])
    drawn = data.drawn
    drawn.button.click()
    qtbot.waitUntil(lambda: drawn.drawing.layer is not None, timeout=LONG)
    assert {"raw", "labels"} <= {layer.name for layer in viewer.layers}
    corner = drawn.drawing.grid.roi.begin
    boxes = [
        Box(use, Roi(corner + VOXEL_SIZE * begin, VOXEL_SIZE * (20, 30, 30)))
        for use, begin in (
            (Use.TRAIN, (0, 0, 0)),
            (Use.TRAIN, (4, 34, 0)),
            (Use.VALIDATE, (4, 0, 34)),
            (Use.IGNORE, (2, 20, 20)),
        )
    ]
    drawn.boxes.add(*boxes)
    stored = data.value()
    crops = [c.gt_config.source_array_config for c in stored.train_configs]
    assert all(isinstance(crop, CropArrayConfig) for crop in crops)
    drawn.boxes.load(())
    data.setValue(None)
    data.setValue(stored)
    qtbot.waitUntil(lambda: not drawn._opener.is_busy, timeout=LONG)
    assert list(drawn.boxes.boxes) == boxes
    assert data.value() == stored
    assert len(data.train.items) == 1
    assert data.validate.items == []
