"""Copied commands and programs do what the window did."""

from __future__ import annotations

import runpy
import subprocess
import sys

import pytest
from qtpy.QtWidgets import QApplication
from typer.testing import CliRunner

from napari_dacapo.arrays import CropArrayConfig, ZarrArrayConfig
from napari_dacapo.cli._app import app
from napari_dacapo.events import PredictionDone
from napari_dacapo.geometry import Roi
from napari_dacapo.gui._session import Session
from napari_dacapo.gui.models.recipes import (
    inspection_recipe,
    prediction_recipe,
    scores_recipe,
    segmentation_recipe,
    suggestion_recipe,
    training_recipe,
    validation_recipe,
)
from napari_dacapo.gui.training import TrainingWidget
from napari_dacapo.store import Project


@pytest.fixture
def recipe(trained_folder):
    return training_recipe(trained_folder, "cells", 7)


def trained_to(folder):
    return len(Project(folder).stats.retrieve_training_stats("cells").iteration_stats)


@pytest.mark.skipif(sys.platform == "win32", reason="quoted for another shell")
def test_the_command_trains_on(recipe, trained_folder):
    import shlex

    result = CliRunner().invoke(app, shlex.split(recipe.command)[1:])
    assert result.exit_code == 0, result.output
    assert trained_to(trained_folder) == 7


def test_the_program_trains_on(recipe, trained_folder):
    subprocess.run([sys.executable, "-c", recipe.python], check=True)
    assert trained_to(trained_folder) == 7


def test_the_button_copies(viewer, trained_folder, notifications, qtbot):
    session = Session.of(viewer)
    session.project_folder = trained_folder
    widget = TrainingWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Training")
    QApplication.clipboard().setText("before")
    widget.copy_button.as_command.trigger()
    assert QApplication.clipboard().text() == "before"
    assert "Start the run first" in str(notifications[-1].message)
    session.run_name = "cells"
    qtbot.waitUntil(lambda: session.monitor.data is not None)
    widget.copy_button.as_command.trigger()
    assert (
        QApplication.clipboard().text()
        == training_recipe(trained_folder, "cells", 6).command
    )
    widget.copy_button.as_python.trigger()
    assert "retrieve_run_config('cells')" in QApplication.clipboard().text()


def run_command(recipe):
    import shlex

    result = CliRunner().invoke(app, shlex.split(recipe.command)[1:])
    assert result.exit_code == 0, result.output
    return result.output


def run_program(recipe, tmp_path):
    path = tmp_path / "copied.py"
    path.write_text(recipe.python, encoding="utf-8")
    return runpy.run_path(str(path))


@pytest.fixture
def volume(trained_folder):
    """The stored raw data and labels of the run's training."""
    run = Project(trained_folder).configs.retrieve_run_config("cells")
    [dataset] = run.datasplit_config.train_configs
    return dataset.raw_config, dataset.gt_config.source_array_config


@pytest.mark.skipif(sys.platform == "win32", reason="quoted for another shell")
def test_predictions_validations_and_exports_are_repeated(
    trained_folder, volume, tmp_path
):
    raw, _ = volume
    roi = raw.create_array().roi
    part = Roi(roi.offset, (roi.shape / 2).round_division((40, 8, 4)) * (40, 8, 4))
    arguments = {
        "run": "cells",
        "iteration": 6,
        "input_container": raw.file_name,
        "input_dataset": raw.dataset,
        "output_path": tmp_path / "out put.zarr",
        "output_roi": part,
        "output_dtype": "uint8",
        "pad": True,
        "overwrite": False,
    }
    recipe = prediction_recipe(trained_folder, arguments)
    run_command(recipe)
    [group] = (tmp_path / "out put.zarr").glob("prediction_*")
    again = prediction_recipe(trained_folder, {**arguments, "overwrite": True})
    assert isinstance(run_program(again, tmp_path)["event"], PredictionDone)
    place = tmp_path / "out put.zarr", f"{group.name}/s0"
    run_command(segmentation_recipe(trained_folder, "cells", place))
    assert list((tmp_path / "out put.zarr").glob("segmentation_*"))
    run_command(validation_recipe(trained_folder, "cells", 3))
    for everything in (False, True):
        path = tmp_path / f"{everything}.csv"
        recipe = scores_recipe(trained_folder, "cells", path, everything=everything)
        assert recipe.command == ""
        run_program(recipe, tmp_path)
        assert path.read_text().startswith("run,iteration,dataset")


@pytest.mark.skipif(sys.platform == "win32", reason="quoted for another shell")
def test_suggestions_and_looks_at_files_are_repeated(volume, tmp_path):
    raw, labels = volume
    output = run_command(inspection_recipe(raw))
    assert "40" in output
    roi = labels.create_array().roi
    half = Roi(roi.offset, roi.shape * (1, 1, 0.5))
    rest = Roi(roi.offset + half.shape * (0, 0, 1), half.shape)
    pairs = [[(raw, CropArrayConfig("part", labels, box))] for box in (half, rest)]
    settings = {"task": None, "name": "mine", "classes": [("er", []), ("mito", [2])]}
    recipe = suggestion_recipe(*pairs, **settings)
    assert "--class er --class mito=2" in recipe.command
    assert f"--train-roi '{half}'" in recipe.command
    assert "er" in run_command(recipe)
    assert "task_config" in run_program(recipe, tmp_path)["suggestion"].reasons
    several = suggestion_recipe([*pairs[0], (raw, labels)], [], **settings)
    assert several.command == "", "one option cannot tell several boxes"
    derived = CropArrayConfig("again", pairs[0][0][1], half)
    assert suggestion_recipe([(raw, derived)], [], **settings) is None
    assert inspection_recipe(derived) is None
    assert isinstance(raw, ZarrArrayConfig)


def test_the_experiment_copies_its_proposal_or_else_its_last_file(
    dock, viewer, volume, notifications, qtbot
):
    copy = dock.recipes.button.as_command.trigger
    copy()
    assert "Choose a file" in str(notifications[-1].message)
    raw, labels = volume
    dock.choices.add(raw)
    copy()
    assert QApplication.clipboard().text().startswith("napari-dacapo inspect ")
    pair = dock.run_editor.data.train.items[0].editor
    pair.setValue((raw, labels))
    with qtbot.waitSignal(dock._proposal.done, timeout=30_000):
        dock.suggest()
    copy()
    text = QApplication.clipboard().text()
    assert text.startswith(f"napari-dacapo suggest --raw {raw.file_name}/{raw.dataset}")
