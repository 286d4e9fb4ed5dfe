"""The data check of the Experiment dock, files dropped on it, and the import."""

from __future__ import annotations

import zipfile
from pathlib import Path

import attrs
import numpy as np
import pytest
from experiment_data import add_layers, write_container
from gui_projects import run_config
from user import drop_on

from napari_dacapo.arrays import (
    CropArrayConfig,
    IntensitiesArrayConfig,
    ResampledArrayConfig,
    ZarrArrayConfig,
)
from napari_dacapo.arrays._ome_zarr import create_image
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.gui._camera import camera_of, focus_of
from napari_dacapo.gui._data_check import summary
from napari_dacapo.gui._experiment_import import ImportDialog
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._layers import find_layer
from napari_dacapo.gui._session import Session
from napari_dacapo.gui.views.run_picker import RunPicker
from napari_dacapo.runs import Severity

LONG = 60_000
GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def base(tmp_path):
    """A run whose data are fine."""
    return run_config(tmp_path / "data")


def write(folder, name, values, voxel_size=(40, 8, 4), offset=(400, 80, 40)):
    size = Coordinate(voxel_size)
    roi = Roi(offset, size * values.shape)
    array = create_image(
        folder / f"{name}.zarr",
        "",
        axes=["z", "y", "x"],
        roi=roi,
        voxel_size=size,
        num_channels=None,
        dtype=values.dtype,
    )
    array[roi] = values
    return ZarrArrayConfig(name, folder / f"{name}.zarr", "s0")


def with_train(run, **parts):
    """Return `run` with other parts of its training data."""
    datasplit = run.datasplit_config
    train = [attrs.evolve(datasplit.train_configs[0], **parts)]
    return attrs.evolve(
        run, datasplit_config=attrs.evolve(datasplit, train_configs=train)
    )


def checked(dock, qtbot):
    """Wait until the data were checked; return the findings."""
    qtbot.waitUntil(lambda: dock.check.checker.is_done, timeout=LONG)
    return dock.check.checker.findings


def show(dock, run, qtbot):
    dock.show_run(run)
    return checked(dock, qtbot)


def raw_of(run):
    return run.datasplit_config.train_configs[0].raw_config


def test_good_data_are_told_so(dock, base, qtbot):
    found = show(dock, base, qtbot)
    assert not any(f.severity is Severity.ERROR for f in found)
    assert dock.check.list.heading.text().startswith("Data check: ")
    qtbot.waitUntil(dock.start_button.isEnabled, timeout=LONG)


def test_errors_come_first_and_forbid_a_start(dock, viewer, base, tmp_path, qtbot):
    values = np.random.default_rng(0).random((16, 64, 64)).astype(np.float32)
    values[3, 10:12, 20] = np.nan
    broken = with_train(base, raw_config=write(tmp_path, "em", values))
    found = show(dock, broken, qtbot)
    order = ["error", "warning", "note"]
    assert [f.severity for f in found] == sorted(
        (f.severity for f in found), key=lambda s: order.index(str(s))
    )
    assert "NaN" in found[0].what
    assert "1 error" in summary(dock.check.checker)
    assert not dock.start_button.isEnabled()
    assert dock.reason.text().startswith("Data check: train")

    dock.show_reason.click()
    finding = dock.check.list.current
    assert finding is found[0]
    middle = (400 + 3.5 * 40, 80 + 11 * 8, 40 + 20.5 * 4)
    qtbot.waitUntil(lambda: len(viewer.layers) == 1, timeout=LONG)
    [layer] = viewer.layers
    assert np.allclose(focus_of(viewer), middle, atol=21)
    assert layer.name == "em"
    assert viewer.layers.selection.active is layer
    assert find_layer(viewer, str(tmp_path / "em.zarr" / "s0")) is layer

    camera_of(viewer).center = (0.0, 0.0)
    dock.check.list.list.itemActivated.emit(dock.check.list.list.item(0))
    assert np.allclose(focus_of(viewer), middle, atol=21), "shown at once this time"
    assert len(viewer.layers) == 1

    dock.show_run(base)
    assert dock.reason.text() == "", "forgotten as soon as the data change"
    qtbot.waitUntil(dock.start_button.isEnabled, timeout=LONG)


@pytest.mark.parametrize("kind", ["resample", "crop", "scale"])
def test_fixes(dock, base, tmp_path, qtbot, kind):
    values = (np.indices((16, 64, 64)).sum(0) // 8 % 2).astype(np.uint8)
    if kind == "resample":
        labels = write(tmp_path, "gt", values[:, ::2, ::2], (40, 16, 8))
        broken, expected = with_train(base, gt_config=labels), ResampledArrayConfig
    elif kind == "crop":
        wide = np.concatenate([values, values])
        labels = write(tmp_path, "gt", wide)
        broken, expected = with_train(base, gt_config=labels), CropArrayConfig
    else:
        raw = write(tmp_path, "em", values.astype(np.uint16) * 900 + 300)
        broken, expected = with_train(base, raw_config=raw), IntensitiesArrayConfig
    found = show(dock, broken, qtbot)
    finding = next(f for f in found if f.remedy is not None)
    dock.check.list.choose(finding)
    assert dock.check.list.fix_button.isEnabled()
    dock.check.list.fix_button.click()
    [dataset] = dock.form.value().datasplit_config.train_configs
    name = "raw_config" if kind == "scale" else "gt_config"
    mended = getattr(dataset, name)
    assert isinstance(mended, expected)
    if kind == "scale":
        assert (mended.min, mended.max) == (300, 1200)
    elif kind == "crop":
        assert mended.create_array().roi == raw_of(base).create_array().roi
    assert all(f.what != finding.what for f in checked(dock, qtbot))


def test_a_newer_check_replaces_the_one_that_runs(dock, base, tmp_path, qtbot):
    started = []
    JobManager.instance().job_added.connect(started.append)
    for number in range(4):
        task = attrs.evolve(base.task_config, scale_factor=10.0 + number)
        dock.show_run(attrs.evolve(base, task_config=task))
        qtbot.wait(20)
    checked(dock, qtbot)
    JobManager.instance().job_added.disconnect(started.append)
    assert sum(job.title == "check the data" for job in started) == 1, "debounced"
    dock.show_run(attrs.evolve(base, num_iterations=77))
    job = dock.check.checker._job
    dock.show_run(base)
    assert job is None, "what does not concern data is not checked again"


def test_layers_are_checked_when_the_training_starts(
    dock, viewer, base, qtbot, notifications
):
    _, labels = add_layers(viewer)
    pair = dock.run_editor.data.train.items[0].editor
    for source, text in ((pair.raw, "em"), (pair.labels, "mito")):
        source.combo.setCurrentIndex(source.combo.findText(text))
    with qtbot.waitSignal(dock._proposal.done, timeout=LONG):
        dock.run_editor.data.suggest_button.click()
    qtbot.waitUntil(dock.start_button.isEnabled, timeout=LONG)
    labels.translate = (1e6, 0, 0)  # far away from raw
    labels.data = labels.data.copy()
    with qtbot.waitSignal(dock._preparation.done, timeout=LONG):
        dock.start()
    assert not JobManager.instance().find(
        ("train", dock._session.project_folder, "run")
    )
    assert any("cannot start" in n.message for n in notifications)
    labels.translate = (0, 0, 0)
    assert dock.start_button.isEnabled() or dock.form.errors(), "a layer can be mended"


def test_a_container_dropped_anywhere_becomes_a_pair(dock, tmp_path, qtbot):
    first, second = (write_container(tmp_path / f"v{i}.zarr", i) for i in (1, 2))
    items = dock.run_editor.data.train.items
    drop_on(dock, first)
    qtbot.waitUntil(lambda: items[0].editor.labels.choice is not None, timeout=LONG)
    assert [c.dataset for c in items[0].editor.value()] == ["raw/s0", "labels/s0"]
    drop_on(dock, second)
    qtbot.waitUntil(lambda: len(dock.run_editor.data.train.items) == 2, timeout=LONG)
    assert [c.file_name for c in dock.run_editor.data.train.value()[1]] == [second] * 2


def test_several_files_dropped_fill_the_free_fields(dock, tmp_path, qtbot):
    container = write_container(tmp_path / "v.zarr")
    editor = dock.run_editor.data.train.items[0].editor
    drop_on(dock, container / "raw", container / "labels")
    qtbot.waitUntil(lambda: editor.labels.choice is not None, timeout=LONG)
    qtbot.waitUntil(lambda: editor.raw.choice is not None, timeout=LONG)
    assert [c.dataset for c in editor.value()] == ["raw/s0", "labels/s0"]


def test_what_cannot_be_used_is_red(dock, tmp_path, qtbot, notifications):
    drop_on(dock, tmp_path / "movie.avi")
    editor = dock.run_editor.data.train.items[0].editor
    qtbot.waitUntil(lambda: bool(notifications), timeout=LONG)
    qtbot.waitUntil(lambda: bool(editor.boxes()["raw"].error), timeout=LONG)
    assert "no .zarr or .n5 container" in editor.boxes()["raw"].error
    assert editor.raw.combo.property("faulty")
    editor.raw.setValue(
        ZarrArrayConfig("x", write_container(tmp_path / "v.zarr"), "raw/s0")
    )
    assert editor.boxes()["raw"].error == ""


def test_a_dacapo_project_is_imported(dock, viewer, tmp_path, qtbot, notifications):
    with zipfile.ZipFile(GOLDEN / "project_a.zip") as archive:
        archive.extractall(tmp_path / "old")
    [configs] = (tmp_path / "old").rglob("configs")
    source = configs.parent
    picker = RunPicker(Session.of(viewer))
    qtbot.addWidget(picker)
    dock.configs.imports.start(source)
    qtbot.waitUntil(lambda: not dock.configs.imports.is_busy, timeout=LONG)
    [dialog] = dock.findChildren(ImportDialog)
    assert "run" in dialog.details.toPlainText()
    qtbot.waitUntil(lambda: picker.count() > 0, timeout=LONG)
    dialog.reject()


def test_a_folder_that_is_no_project_is_refused(dock, tmp_path, qtbot, notifications):
    dock.configs.imports.start(tmp_path)
    qtbot.waitUntil(lambda: not dock.configs.imports.is_busy, timeout=LONG)
    qtbot.waitUntil(lambda: "no DaCapo project" in notifications[-1].message)
