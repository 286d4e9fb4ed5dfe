"""Fixtures for tests in a real napari window.

Qt's offscreen platform gives napari no OpenGL, so on Linux a display is needed; without
one a virtual display (Xvfb) is started for the session.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import sys
import time
import warnings

import pytest

from napari_dacapo.errors import MissingDependencyError
from napari_dacapo.system import display

_session = contextlib.ExitStack()
try:
    _session.enter_context(display())
except MissingDependencyError as reason:
    pytest.skip(str(reason), allow_module_level=True)
atexit.register(_session.close)

os.environ.setdefault("OMP_NUM_THREADS", "1")
# napari raises when a layer or viewer is changed from another thread than the GUI's
os.environ["NAPARI_ENSURE_PLUGIN_MAIN_THREAD"] = "1"

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of napari, npe2 and vispy while they are imported
    import napari
    import napari.layers
    import napari.qt
    import pyqtgraph  # noqa: F401

#: warnings of other packages that a napari window raises and we cannot avoid
FOREIGN_WARNINGS = (
    # napari 0.9 with Qt 5: its default theme "system" needs Qt 6
    "ignore:System theme detection requires a Qt6 backend:UserWarning",
    # napari's outlines of labels do without them in 3D, and say so
    "ignore:Contours are not displayed during 3D rendering:UserWarning",
    # napari and npe2 still use idioms of pydantic 1
    "ignore::pydantic.warnings.PydanticDeprecatedSince20",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/gui" in item.path.as_posix():
            for spec in FOREIGN_WARNINGS:
                item.add_marker(pytest.mark.filterwarnings(spec))


@pytest.fixture(autouse=True)
def _clean_session(qapp, tmp_path, monkeypatch):
    """Keep user folders out of tests; leave no job, thread or session behind."""
    # not XDG_CACHE_HOME: napari looks there for its icons once per process
    for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "user" / variable))
    from napari_dacapo.gui import _tour

    monkeypatch.setattr(_tour.Tour, "offer", lambda self: None)
    yield
    jobs = sys.modules.get("napari_dacapo.gui._jobs")  # not imported: nothing to stop
    if jobs is not None:
        manager = jobs.JobManager.instance()
        deadline = time.monotonic() + 10
        while manager.jobs and time.monotonic() < deadline:
            manager.stop_and_wait(timeout=10)
            qapp.processEvents()
        assert not manager.jobs, [job.title for job in manager.jobs]
    session = sys.modules.get("napari_dacapo.gui._session")
    if session is not None:
        session.Session.forget_all()


@pytest.fixture
def viewer(make_napari_viewer):
    """A napari viewer whose window is not shown."""
    return make_napari_viewer()


@pytest.fixture
def shown_viewer(make_napari_viewer):
    """A napari viewer on screen, of the size of a small laptop."""
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1366, 768)
    return viewer


@pytest.fixture
def notifications():
    """Notifications that napari received since the test began, newest last."""
    manager = napari.utils.notifications.notification_manager
    manager.records.clear()
    return manager.records


@pytest.fixture
def project_folder(tmp_path):
    """An empty folder for a project."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def project(project_folder):
    """An empty project."""
    from napari_dacapo.store import Project

    return Project.open(project_folder)


@pytest.fixture
def session(viewer, project_folder):
    """What the docks of the viewer share; the project is `project_folder`."""
    from napari_dacapo.gui._session import Session

    session = Session.of(viewer)
    session.project_folder = project_folder
    return session


@pytest.fixture
def dock(viewer, session, qtbot):
    """The Experiment dock of the viewer."""
    from napari_dacapo.gui.experiment import ExperimentWidget

    widget = ExperimentWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Experiment", area="right")
    return widget


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory):
    """A project folder with the run "cells", trained for 6 iterations."""
    from gui_projects import run_config

    from napari_dacapo.runs import train
    from napari_dacapo.store import Project

    folder = tmp_path_factory.mktemp("trained")
    events = train(run_config(folder / "data"), project=Project(folder / "project"))
    assert list(events)
    return folder / "project"


@pytest.fixture
def trained_folder(trained_once, tmp_path):
    """A copy of a project folder with the run "cells", trained for 6 iterations."""
    return shutil.copytree(trained_once, tmp_path / "trained")
