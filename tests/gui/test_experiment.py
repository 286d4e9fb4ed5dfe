"""The Experiment dock in a real napari window."""

import time

import attrs
import numpy as np
import pytest
from experiment_data import VOXEL_SIZE, add_layers, blobs, write_container
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QLabel, QScrollArea
from user import drop_on

from napari_dacapo.arrays import BinarizeArrayConfig, ZarrArrayConfig
from napari_dacapo.errors import DataError
from napari_dacapo.gui._experiment_chooser import ArrayChooser
from napari_dacapo.gui._experiment_splits import configs_in
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._session import Session
from napari_dacapo.gui.experiment import ExperimentWidget
from napari_dacapo.gui.forms._theme import ERROR_COLOURS
from napari_dacapo.store import Project
from napari_dacapo.store.converter import dump_yaml

LONG = 30_000


@pytest.fixture
def container(tmp_path):
    return write_container(tmp_path / "vol.zarr")


def pair(dock, index=0):
    return dock.run_editor.data.train.items[index].editor


def items(source):
    return [source.combo.itemText(i) for i in range(source.combo.count())]


def choose(dock, raw="em", labels="mito"):
    editors = (pair(dock).raw, raw), (pair(dock).labels, labels)
    for source, text in editors:
        source.combo.setCurrentIndex(source.combo.findText(text))


def suggest(dock, qtbot):
    with qtbot.waitSignal(dock._proposal.done, timeout=LONG):
        dock.run_editor.data.suggest_button.click()
    qtbot.waitUntil(lambda: dock.form.is_verified, timeout=LONG)


def test_says_what_is_missing_and_goes_there(dock, qtbot):
    assert not dock.start_button.isEnabled()
    assert dock.reason.text() == (
        "Data / Train / 1 / Raw: choose a layer, or a file by the button beside"
    )
    assert pair(dock).boxes()["raw"].error == "", "nothing was touched yet"
    dock.show_reason.click()
    assert "choose a layer" in pair(dock).boxes()["raw"].error


def test_offers_suitable_layers_as_they_come_and_go(dock, viewer):
    raw, labels = add_layers(viewer)
    mask = viewer.add_image(blobs()[0] > 9, name="mask")
    viewer.add_image(np.zeros((4, 4), np.float32), name="float")
    viewer.add_points(np.zeros((1, 3)), name="points")
    assert items(pair(dock).raw) == ["Choose…", "em", "mask", "float"]
    assert items(pair(dock).labels) == ["Choose…", "em", "mito", "mask"]
    choose(dock)
    viewer.layers.remove(mask)
    assert pair(dock).raw.combo.currentText() == "em"
    viewer.layers.remove(raw)
    assert pair(dock).raw.choice is None
    assert pair(dock).raw.combo.currentText() == "Choose…"
    assert pair(dock).labels.choice.layer is labels


def test_shows_how_layers_are_understood(dock, viewer):
    add_layers(viewer)
    choose(dock)
    info = pair(dock).boxes()["raw"].reasons.text("info")
    assert info.replace("\N{MULTIPLICATION SIGN}", "x") == (
        "z y x, 40 x 8.25 x 8.25 nm, 24 x 64 x 64 voxels, uint8, from the layer"
    )


def test_a_dropped_container_lets_the_array_be_chosen(dock, container, qtbot):
    source = pair(dock).raw
    drop_on(source, container)
    qtbot.waitUntil(lambda: bool(source.findChildren(ArrayChooser)), timeout=LONG)
    [chooser] = source.findChildren(ArrayChooser)
    chooser.filter.setText("raw")
    hidden = [chooser.list.isRowHidden(i) for i in range(chooser.list.count())]
    assert hidden == ["raw" not in each.text for each in chooser._found]
    chooser.list.setCurrentRow(hidden.index(False))
    chooser.accept()
    assert source.value() == ZarrArrayConfig("vol_raw_s0", container, "raw/s0")
    info = pair(dock).boxes()["raw"].reasons
    qtbot.waitUntil(lambda: "from OME-Zarr" in info.text("info"), timeout=LONG)
    assert "vol_raw_s0" in items(pair(dock).labels), "offered everywhere"


def test_the_only_array_is_taken_without_asking(dock, container, qtbot):
    source = pair(dock).labels
    drop_on(source, container / "labels")
    qtbot.waitUntil(lambda: source.choice is not None, timeout=LONG)
    assert source.value().dataset == "labels/s0"
    info = pair(dock).boxes()["labels"].reasons
    qtbot.waitUntil(lambda: "Labels in the middle" in info.text("info"), timeout=LONG)


def test_a_file_that_cannot_be_used_is_explained(dock, tmp_path, qtbot, notifications):
    pair(dock).raw.search(tmp_path / "x.avi")
    qtbot.waitUntil(lambda: bool(notifications), timeout=LONG)
    assert "no .zarr or .n5 container" in notifications[-1].message
    assert pair(dock).raw.choice is None


def test_suggestion_fills_everything_in_with_reasons(dock, viewer, qtbot):
    add_layers(viewer)
    choose(dock)
    dock.run_editor.data.classes.setValue([("mito", [])])
    suggest(dock, qtbot)
    assert dock.form.errors() == {}
    assert dock.start_button.isEnabled()
    assert dock.reason.text() == ""
    run_config = dock.form.value()
    assert run_config.task_config.channels == ["mito"]
    box = dock.run_editor.box_at(("architecture_config", "input_shape"))
    assert "surroundings" in box.note
    assert pair(dock).raw.choice.layer is viewer.layers["em"], "still the layer"
    stored = [c for c in configs_in(run_config) if isinstance(c, ZarrArrayConfig)]
    assert {c.name for c in stored} == {"em", "mito"}
    assert all(c.create_array().voxel_size == VOXEL_SIZE for c in stored)


def test_suggestion_is_refused_without_data(dock, notifications):
    dock.run_editor.data.suggest_button.click()
    assert "Choose raw data and labels first" in notifications[-1].message
    assert "choose a layer" in pair(dock).boxes()["labels"].error


def test_buttons_come_back_after_a_failed_suggestion(
    dock, viewer, qtbot, notifications
):
    add_layers(viewer)
    viewer.layers["mito"].data = np.zeros_like(viewer.layers["mito"].data)
    choose(dock)
    dock.run_editor.data.suggest_button.click()
    assert not dock.run_editor.data.suggest_button.isEnabled()
    assert dock.reason.text() == "Looking at the data…"
    qtbot.waitUntil(dock.run_editor.data.suggest_button.isEnabled, timeout=LONG)
    assert "nothing is labelled" in notifications[-1].message


def test_classes_reach_the_labels_and_the_task(dock, viewer, qtbot):
    add_layers(viewer)
    choose(dock)
    suggest(dock, qtbot)
    before = dock.form.value()
    dock.run_editor.data.classes.setValue([("small", [1, 2]), ("rest", [])])
    run_config = dock.form.value()
    assert run_config.task_config.channels == ["small", "rest"]
    [dataset] = run_config.datasplit_config.train_configs
    assert isinstance(dataset.gt_config, BinarizeArrayConfig)
    assert dataset.gt_config.groupings == [("small", [1, 2]), ("rest", [])]
    [old] = before.datasplit_config.train_configs
    assert dataset.raw_config == old.raw_config, "the proposed range is kept"


def test_wrong_classes_are_red(dock, viewer, qtbot):
    add_layers(viewer)
    choose(dock)
    dock.run_editor.data.classes.items[0].editor._editors[1].line.setText("1, x")
    errors = dock.form.errors()
    assert errors["datasplit_config.classes.0"] == "'x' is not a whole number"


def test_layers_in_memory_are_stored_only_when_training_starts(
    dock, viewer, qtbot, project_folder
):
    add_layers(viewer)
    choose(dock)
    suggest(dock, qtbot)
    viewer.layers["mito"].data[:] = 0
    viewer.layers["mito"].data[8:16, 20:40, 20:40] = 3
    dock.run_editor.part("name").setValue("r1")
    dock.run_editor.part("num_iterations").setValue(100_000)
    with qtbot.waitSignal(JobManager.instance().job_added, timeout=LONG):
        dock.start()
    qtbot.waitUntil(
        lambda: JobManager.instance().find(("train", project_folder, "r1")) is not None,
        timeout=LONG,
    )
    run_config = Session.of(viewer).run_config
    labels = next(
        c
        for c in configs_in(run_config)
        if isinstance(c, ZarrArrayConfig) and c.name == "mito"
    ).create_array()
    assert set(np.unique(labels[labels.roi])) == {0, 3}, "as painted when it started"
    assert dock.form.value() == run_config


def test_nothing_is_written_while_choosing(dock, viewer, project_folder):
    add_layers(viewer)
    choose(dock)
    assert list(project_folder.iterdir()) == []


def test_other_docks_can_start_a_run_on_files(dock, viewer, container, qtbot):
    session = Session.of(viewer)
    pair(dock).raw.setValue(ZarrArrayConfig("raw", container, "raw/s0"))
    pair(dock).labels.setValue(ZarrArrayConfig("labels", container, "labels/s0"))
    suggest(dock, qtbot)
    assert session.run_config == dock.form.value()
    dock.run_editor.part("num_iterations").setValue(0)
    assert not dock.start_button.isEnabled()


def test_a_run_that_does_not_fit_together_does_not_start(
    dock, viewer, qtbot, notifications
):
    add_layers(viewer)
    choose(dock)
    suggest(dock, qtbot)
    shape = dock.run_editor.editor_at(("architecture_config", "input_shape"))
    shape.line.setText("1, 7, 7")
    qtbot.waitUntil(lambda: bool(dock.form.errors()), timeout=LONG)
    box = dock.run_editor.box_at(("architecture_config", "input_shape"))
    assert "shape (1, 7, 7) does not fit" in box.error
    assert dock.reason.text().startswith("Architecture / Input shape: shape (1, 7, 7)")
    assert not dock.start_button.isEnabled()
    dock.start()
    assert not JobManager.instance().find(
        ("train", dock._session.project_folder, "run")
    )


def test_a_taken_name_is_red_before_anything_starts(
    dock, viewer, container, qtbot, project_folder, notifications
):
    pair(dock).raw.setValue(ZarrArrayConfig("raw", container, "raw/s0"))
    pair(dock).labels.setValue(ZarrArrayConfig("labels", container, "labels/s0"))
    suggest(dock, qtbot)
    other = attrs.evolve(dock.form.value(), repetition=5)
    Project.open(project_folder).configs.store_run_config(other)
    with qtbot.waitSignal(dock._preparation.done, timeout=LONG):
        dock.start_button.click()
        assert dock.reason.text() == "Preparing the training…"
    assert "give this one another name" in dock.run_editor.box_at(("name",)).error
    assert "The run cannot start. Name: a run with" in notifications[-1].message
    qtbot.wait(600)
    assert not dock.start_button.isEnabled(), "until the name is changed"
    dock.run_editor.part("name").setValue("run2")
    qtbot.waitUntil(dock.start_button.isEnabled, timeout=LONG)


def test_expert_view_shows_and_changes_the_whole_data_split(dock, viewer, qtbot):
    add_layers(viewer)
    choose(dock)
    suggest(dock, qtbot)
    before = dock.form.value()
    dock.expert.setChecked(True)
    assert dock.form.value() == before
    path = ("datasplit_config", "train_configs", "0", "raw_config", "max")
    dock.run_editor.editor_at(path).box.edit.setText("200")
    assert dock.form.value().datasplit_config.train_configs[0].raw_config.max == 200
    dock.expert.setChecked(False)
    assert dock.form.value().datasplit_config.train_configs[0].raw_config.max == 200
    assert pair(dock).raw.choice.layer is viewer.layers["em"]


def test_other_data_replace_the_proposed_data_split(dock, viewer, container, qtbot):
    add_layers(viewer)
    choose(dock)
    suggest(dock, qtbot)
    raw = ZarrArrayConfig("other", container, "raw/s0")
    pair(dock).raw.setValue(raw)
    [dataset] = dock.form.value().datasplit_config.train_configs
    assert dataset.raw_config == raw


def test_runs_and_parts_are_saved_and_loaded(dock, viewer, qtbot, project_folder):
    add_layers(viewer)
    choose(dock)
    suggest(dock, qtbot)
    run_config = dock.form.value()
    for kind in ("run", "task"):
        with qtbot.waitSignal(dock.configs.saved, timeout=LONG):
            dock.configs.saveWanted.emit(kind)
    assert Project.open(project_folder).configs.retrieve_run_config("run") == run_config
    dock.run_editor.editor_at(("task_config", "scale_factor")).setValue(3)
    with qtbot.waitSignal(dock.configs._list.done, timeout=LONG):
        dock.configs.load_button.click()
    dock.configs.load_menu.hide()
    task, _delete = [
        action
        for menu in dock.configs.load_menu.findChildren(type(dock.configs.load_menu))
        for action in menu.actions()
        if action.text() == run_config.task_config.name
    ]
    with qtbot.waitSignal(dock.configs.loaded, timeout=LONG):
        task.trigger()
    assert dock.form.value() == run_config


def test_invalid_parts_are_not_saved(dock, notifications):
    dock.configs.saveWanted.emit("architecture")
    assert "Not saved. Input shape: numbers are required" in notifications[-1].message


def test_a_dropped_yaml_file_fills_its_part(dock, tmp_path, qtbot):
    from napari_dacapo.tasks import DistanceTaskConfig

    task = DistanceTaskConfig("dropped", ["er"], 80, 8, 40)
    path = tmp_path / "task.yaml"
    path.write_text(dump_yaml(task))
    with qtbot.waitSignal(dock.configs.loaded, timeout=LONG):
        drop_on(dock, path)
    assert dock.run_editor.part("task_config").value() == task


def test_a_damaged_yaml_file_is_explained(dock, tmp_path, qtbot, notifications):
    path = tmp_path / "task.yaml"
    path.write_text("__type__: DistanceTaskConfig\nname: x\nchannels: 3\n")
    drop_on(dock, path)
    qtbot.waitUntil(lambda: bool(notifications), timeout=LONG)
    assert "channels" in notifications[-1].message


def test_docks_share_the_project_folder(dock, viewer, tmp_path):
    Session.of(viewer).project_folder = tmp_path / "a"
    assert dock.folder.value() == tmp_path / "a"
    dock.folder.setValue(tmp_path / "b")
    dock.folder.line.editingFinished.emit()
    assert Session.of(viewer).project_folder == tmp_path / "b"


def test_closed_dock_leaves_the_viewer_alone(dock, viewer, qapp):
    viewer.window.remove_dock_widget(dock)
    dock.deleteLater()
    qapp.processEvents()
    QApplication.sendPostedEvents(None, 52)  # DeferredDelete
    add_layers(viewer)


def test_rotated_layers_are_refused(dock, viewer, qtbot, notifications):
    add_layers(viewer)
    choose(dock)
    viewer.layers["em"].rotate = (0, 0, 20)
    dock.run_editor.data.suggest_button.click()
    assert "rotated" in notifications[-1].message
    with pytest.raises(DataError, match="rotated"):
        dock.choices.contents_in(*pair(dock).value())


def test_layers_without_units_count_as_nm(dock, viewer):
    viewer.add_image(blobs()[0], name="plain")
    choose(dock, raw="plain")
    info = pair(dock).boxes()["raw"].reasons.text("info")
    assert "no scale set: 1 voxel counts as 1 nm" in info


@pytest.mark.parametrize(("theme", "kind"), [("dark", "dark"), ("light", "light")])
def test_errors_are_readable_in_both_themes(dock, viewer, qapp, theme, kind):
    viewer.theme = theme
    qapp.processEvents()
    dock.show_reason.click()
    label = pair(dock).boxes()["raw"].reasons._labels["error"]
    assert label.palette().color(label.foregroundRole()).name() == ERROR_COLOURS[kind]


def test_nothing_is_cut_off_in_a_narrow_dock(shown_viewer, qtbot, project_folder):
    Session.of(shown_viewer).project_folder = project_folder
    dock = ExperimentWidget(shown_viewer)
    shown_viewer.window.add_dock_widget(dock, name="Experiment", area="right")
    add_layers(shown_viewer)
    choose(dock)
    suggest(dock, qtbot)
    for expert in (False, True):
        dock.expert.setChecked(expert)
        area = dock.findChild(QScrollArea)
        assert dock.form.minimumSizeHint().width() <= area.viewport().width()
        assert area.minimumWidth() <= 370
        qtbot.waitUntil(lambda: cut_off(dock) == [], timeout=LONG)


def cut_off(dock):
    """Return the texts of wrapped labels that got fewer lines than they need."""
    labels = (label for label in dock.form.findChildren(QLabel) if label.isVisible())
    return [
        f"{label.text()}: {label.height()} < {label.heightForWidth(label.width())}"
        for label in labels
        if label.height() < label.heightForWidth(label.width())
    ]


@pytest.mark.alone
def test_window_stays_alive_while_looking_at_data(dock, viewer, qtbot):
    add_layers(viewer)
    choose(dock)
    gaps, last = [], [time.perf_counter()]

    def tick():
        now = time.perf_counter()
        gaps.append(now - last[0])
        last[0] = now

    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(10)
    suggest(dock, qtbot)
    timer.stop()
    assert len(gaps) > 5
    assert np.median(gaps) < 0.1
