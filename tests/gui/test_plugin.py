"""The plugin as napari sees it: manifest, docks, samples, the finished demo."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from npe2 import PluginManifest
from npe2.manifest.utils import import_python_name
from qtpy.QtWidgets import QDockWidget, QMainWindow

from napari_dacapo.gui._layer_content import layer_content
from napari_dacapo.gui.arrange import BOTTOM, RIGHT, open_all_docks
from napari_dacapo.gui.sample_data import cells_plane, cells_volume

MANIFEST = PluginManifest.from_distribution("napari-dacapo")


@pytest.mark.parametrize("command", MANIFEST.contributions.commands, ids=lambda c: c.id)
def test_every_command_can_be_imported(command):
    assert callable(import_python_name(command.python_name))


def test_every_dock_is_offered():
    offered = {widget.display_name for widget in MANIFEST.contributions.widgets}
    assert offered == {*RIGHT, BOTTOM}


def dock_of(widget):
    while not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    return widget


def test_all_docks_open_arranged_on_a_laptops_screen(shown_viewer, qtbot):
    widgets = open_all_docks(shown_viewer)
    qtbot.wait(300)
    assert list(widgets) == [*RIGHT, BOTTOM]
    docks = {name: dock_of(widget) for name, widget in widgets.items()}
    main = docks[BOTTOM].parent()
    assert isinstance(main, QMainWindow)
    assert (main.width(), main.height()) == (1366, 768)
    tabs = main.tabifiedDockWidgets(docks[RIGHT[0]])
    assert set(tabs) == {docks[name] for name in RIGHT[1:]}
    right, bottom = docks[RIGHT[0]].geometry(), docks[BOTTOM].geometry()
    assert right.left() > bottom.right()
    assert bottom.top() > main.centralWidget().geometry().top()
    assert main.centralWidget().height() > 300


def test_opening_all_docks_again_opens_no_second_ones(shown_viewer, qtbot):
    first = open_all_docks(shown_viewer)
    assert open_all_docks(shown_viewer) == first


@pytest.mark.parametrize(("make", "dims"), [(cells_volume, 3), (cells_plane, 2)])
def test_samples_have_a_place_and_ground_truth(viewer, make, dims):
    layers = [viewer._add_layer_from_data(*layer) for layer in make()]
    raw, *labels = [layer_content(layer) for group in layers for layer in group]
    assert len(labels) == 2
    for content in (raw, *labels):
        assert content.voxel_size == (40, 8.25, 8.25)[-dims:]
        assert content.roi == raw.roi
    assert [content.is_labels for content in labels] == [True, True]
    assert np.unique(labels[1].data).size == 4


@pytest.mark.slow
def test_a_finished_run_is_shown_and_photographed(trained_folder, tmp_path):
    picture = tmp_path / "picture.png"
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "napari_dacapo.gui.demo",
            str(trained_folder),
            "cells",
            "--screenshot",
            str(picture),
        ],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    assert picture.stat().st_size > 50_000
