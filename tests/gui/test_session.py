"""What the docks of one viewer share."""

from __future__ import annotations

import gc

import pytest
from gui_engines import training
from napari.components import ViewerModel
from napari.utils._proxies import PublicOnlyProxy

from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._session import Session
from napari_dacapo.gui._state import RunState


@pytest.fixture
def model():
    return ViewerModel()


def test_one_session_per_viewer_also_through_a_proxy(model, qapp):
    session = Session.of(model)
    assert Session.of(model) is session
    assert Session.of(PublicOnlyProxy(model)) is session
    assert Session.of(ViewerModel()) is not session


def test_the_session_goes_with_its_viewer(model, qapp):
    key = id(model)
    Session.of(model)
    assert key in Session._sessions


def test_sessions_do_not_keep_viewers_alive(qapp):
    viewer = ViewerModel()
    key = id(viewer)
    Session.of(viewer)
    del viewer
    gc.collect()
    assert key not in Session._sessions


def test_by_default_the_project_of_the_options(model, qapp, tmp_path):
    assert Session.of(model).project_folder.is_relative_to(tmp_path)


def test_changes_are_told_once(model, qtbot, tmp_path):
    session = Session.of(model)
    heard = []
    session.project_folder_changed.connect(heard.append)
    session.run_name_changed.connect(heard.append)
    session.result_changed.connect(heard.append)
    session.project_folder = tmp_path
    session.project_folder = tmp_path
    session.run_name = "a"
    session.run_name = "a"
    session.result = (1, "crop", None)
    assert heard == [tmp_path, "a", (1, "crop", None)]


def test_another_run_or_folder_has_no_chosen_result(model, qapp, tmp_path):
    session = Session.of(model)
    session.project_folder = tmp_path
    session.run_name = "a"
    session.result = (1, "crop", None)
    session.run_name = "b"
    assert session.result is None
    session.project_folder = tmp_path / "other"
    assert session.run_name == ""


def test_the_monitor_joins_stored_and_live_losses(model, qtbot, trained_folder):
    session = Session.of(model)
    session.project_folder = trained_folder
    session.run_name = "cells"
    monitor = session.monitor
    qtbot.waitUntil(lambda: monitor.data is not None)
    assert len(monitor.progress.loss) == 6
    assert monitor.state is RunState.IDLE
    job = JobManager.instance().enqueue(
        training(total=12, start=6), "train cells", ("train", trained_folder, "cells")
    )
    assert monitor.job is job
    qtbot.waitUntil(lambda: monitor.state is RunState.DONE)
    assert list(monitor.progress.loss.x) == list(range(12))


def test_looking_at_another_run_leaves_the_job_alone(model, qtbot, project_folder):
    session = Session.of(model)
    session.project_folder = project_folder
    session.run_name = "a"
    key = ("train", project_folder, "a")
    job = JobManager.instance().enqueue(training(total=100_000), "train a", key)
    qtbot.waitUntil(lambda: job.progress.iteration > 3)
    session.run_name = "b"
    assert session.monitor.job is None
    assert session.monitor.state is RunState.IDLE
    session.run_name = "a"
    assert session.monitor.job is job
    assert job.state is RunState.TRAINING
