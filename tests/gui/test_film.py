"""The film: snapshots of a real training as layers with an axis of iterations."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
import zarr
from gui_projects import run_config

from napari_dacapo.events import SnapshotSaved
from napari_dacapo.gui._film_button import NO_RUN, NO_SNAPSHOTS
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._layers import find_layer
from napari_dacapo.gui._session import Session
from napari_dacapo.gui.training import TrainingWidget
from napari_dacapo.runs import train
from napari_dacapo.store import Project


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """A project whose run "cells" stored a snapshot at every second iteration."""
    folder = tmp_path_factory.mktemp("filmed")
    config = run_config(folder / "data", num_iterations=5)
    config.trainer_config = attrs.evolve(config.trainer_config, snapshot_interval=2)
    assert list(train(config, project=Project(folder / "project")))
    return folder / "project"


@pytest.fixture
def project_folder(filmed):
    return filmed


@pytest.fixture
def widget(viewer, session):
    widget = TrainingWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Training")
    return widget


def film(viewer, name):
    return find_layer(viewer, f"cells/film/{name}")


def show_film(widget, session, viewer, qtbot):
    session.run_name = "cells"
    widget.film_button.click()
    qtbot.waitUntil(lambda: film(viewer, "prediction") is not None)
    qtbot.waitUntil(lambda: not JobManager.instance().jobs)


def test_it_shows_what_was_stored_left_of_the_volumes(
    widget, session, viewer, filmed, qtbot
):
    viewer.add_image(np.zeros((4, 8, 8)), scale=(40, 8, 4), units="nm")
    show_film(widget, session, viewer, qtbot)
    stored = zarr.open_group(
        Project(filmed).arrays.snapshot_container("cells"), mode="r"
    )
    for name in ("raw", "target", "prediction"):
        np.testing.assert_array_equal(film(viewer, name).data, stored[f"{name}/s0"][:])
        assert film(viewer, name).extent.world[1][-1] < -2, "left of the volume"
        np.testing.assert_allclose(film(viewer, name).scale[1:], (40, 8, 4))
    assert (
        film(viewer, "raw").extent.world[1][-1]
        < film(viewer, "target").extent.world[0][-1]
    ), "side by side"
    count = film(viewer, "raw").data.shape[0]
    assert viewer.dims.point[0] == count - 1, "the newest picture"


def test_a_click_on_the_loss_goes_to_the_nearest_picture(
    widget, session, viewer, qtbot
):
    show_film(widget, session, viewer, qtbot)
    widget.loss_plot.iteration_picked.emit(0)
    assert viewer.dims.point[0] == 0
    widget.loss_plot.iteration_picked.emit(1000)
    assert viewer.dims.point[0] == film(viewer, "raw").data.shape[0] - 1


def test_it_grows_with_the_training(widget, session, viewer, filmed, qtbot, tmp_path):
    show_film(widget, session, viewer, qtbot)
    before = film(viewer, "raw").data.shape[0]
    layer = film(viewer, "raw")
    layer.visible = False
    container = Project(filmed).arrays.snapshot_container("cells")
    for name in ("raw", "target", "prediction"):
        array = zarr.open_array(container / name / "s0", mode="a")
        array.append(np.ones((1, *array.shape[1:]), array.dtype))
        array.attrs["iterations"] = [*array.attrs["iterations"], 900]
    session.monitor.progress.add([SnapshotSaved(900, container)])
    session.monitor.updated.emit()
    qtbot.waitUntil(lambda: layer.data.shape[0] == before + 1)
    assert film(viewer, "raw") is layer
    assert not layer.visible, "the user had hidden it"
    assert viewer.dims.point[0] == before, "it was at the end and follows"


def test_without_run_or_snapshots_it_says_what_to_do(
    widget, viewer, trained_folder, notifications, qtbot
):
    widget.film_button.click()
    session = Session.of(viewer)
    session.project_folder = trained_folder
    session.run_name = "cells"
    widget.film_button.click()
    qtbot.waitUntil(
        lambda: [str(n.message) for n in notifications] == [NO_RUN, NO_SNAPSHOTS]
    )
