"""Deleting runs and configs, and taking it back, in a real window."""

import json

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_dacapo.errors import DuplicateNameError, RunError
from napari_dacapo.gui.models.trash import delete, restore, trash_of
from napari_dacapo.gui.views.message_bar import MessageBar
from napari_dacapo.store import Project

LONG = 30_000


@pytest.fixture
def project_folder(trained_folder):
    return trained_folder


def choose(menu, *titles):
    """Trigger an action by the titles on the way to it; beginnings are enough."""
    for title in titles[:-1]:
        [menu] = [a.menu() for a in menu.actions() if a.text().startswith(title)]
    [action] = [a for a in menu.actions() if a.text().startswith(titles[-1])]
    assert action.isEnabled()
    action.trigger()


def opened(dock, qtbot):
    menu = dock.configs.load_menu
    dock.configs.load_button.click()
    qtbot.waitUntil(menu.isVisible, timeout=LONG)
    menu.close()
    return menu


def test_a_deleted_run_comes_back_with_its_results(dock, session, qtbot):
    project = Project(session.project_folder)
    session.run_name = "cells"
    losses = project.stats.retrieve_training_stats("cells").iteration_stats
    choose(opened(dock, qtbot), "Delete", "Run", "cells")
    qtbot.waitUntil(lambda: project.run_names == [], timeout=LONG)
    assert session.run_name == ""
    window = dock.window()
    qtbot.waitUntil(lambda: bool(window.findChildren(MessageBar)), timeout=LONG)
    [bar] = window.findChildren(MessageBar)
    assert "in the trash" in bar.label.text()
    bar.buttons[0].click()
    qtbot.waitUntil(lambda: project.run_names == ["cells"], timeout=LONG)
    assert project.configs.retrieve_run_config_names() == ["cells"]
    stats = project.stats.retrieve_training_stats("cells")
    assert stats.iteration_stats == losses
    choose(opened(dock, qtbot), "Delete", "Run", "cells")
    qtbot.waitUntil(lambda: project.run_names == [], timeout=LONG)
    choose(opened(dock, qtbot), "Restore", "run 'cells'")
    qtbot.waitUntil(lambda: project.run_names == ["cells"], timeout=LONG)


def test_ctrl_z_takes_a_deletion_back(shown_viewer, qtbot):
    undone = []
    window = shown_viewer.window._qt_window
    bar = MessageBar("Deleted.", [("Undo", lambda: undone.append(True))], window)
    bar.take_back("Ctrl+Z")
    with qtbot.waitActive(window):
        window.activateWindow()
    bar.buttons[0].setFocus()
    QTest.keyClick(bar.buttons[0], Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: undone == [True])
    assert bar.isHidden()


def test_a_run_that_another_process_trains_is_not_deleted(project_folder):
    lock = project_folder / "runs/cells/live/lock.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    trainer = {"session": "s", "pid": 1, "started": 0.0, "host": "another"}
    lock.write_text(json.dumps(trainer))
    with pytest.raises(RunError, match="trained by process 1 on another; stop it"):
        delete(project_folder, "run", "cells")
    assert Project(project_folder).run_names == ["cells"]


def test_restoring_is_all_or_nothing(project_folder):
    project = Project(project_folder)
    task = project.configs.retrieve_run_config("cells").task_config
    project.configs.store_task_config(task)
    delete(project_folder, "task", task.name)
    deleted = delete(project_folder, "run", "cells")
    listed = trash_of(project_folder)
    assert [(each.kind, each.name) for each in listed] == [
        ("run", "cells"),
        ("task", task.name),
    ]
    assert set(listed[0].paths) == set(deleted.paths)
    project.run_folder("cells").mkdir()
    with pytest.raises(DuplicateNameError, match="exists again"):
        restore(project_folder, deleted)
    assert project.configs.retrieve_run_config_names() == []
