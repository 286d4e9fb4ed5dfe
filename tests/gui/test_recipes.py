"""Copied commands and programs do what the window did."""

from __future__ import annotations

import subprocess
import sys

import pytest
from qtpy.QtWidgets import QApplication
from typer.testing import CliRunner

from napari_dacapo.cli._app import app
from napari_dacapo.gui._session import Session
from napari_dacapo.gui.models.recipes import training_recipe
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
