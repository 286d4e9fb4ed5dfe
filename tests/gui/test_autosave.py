"""Painted labels survive a crash, in a real napari window."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_dacapo.gui import _autosave
from napari_dacapo.gui._recovery_folders import find_abandoned
from napari_dacapo.gui._session import Session
from napari_dacapo.gui.models import recovery
from napari_dacapo.gui.views.message_bar import MessageBar

LONG = 30_000


@pytest.fixture(scope="module")
def crashed(tmp_path_factory):
    """The recovery folder after a session that painted was killed."""
    base = tmp_path_factory.mktemp("recovery")
    script = Path(__file__).with_name("painting_script.py")
    ended = subprocess.run([sys.executable, str(script), str(base)], check=False)
    assert ended.returncode == -9
    return base


@pytest.fixture
def base():
    folder = recovery.recovery_folder()
    folder.mkdir(parents=True)
    return folder


def bars(viewer):
    found = viewer.window._qt_window.findChildren(MessageBar)
    return [bar for bar in found if not bar.isHidden()]


def files(folder):
    return sorted(path.name for path in folder.glob("*/*.npz"))


def saved(session, qtbot):
    session.autosave.save()
    qtbot.waitUntil(lambda: not session.autosave._writer.is_busy, timeout=LONG)


def test_labels_of_a_killed_session_are_restored(viewer, base, crashed, qtbot):
    crashed.rename(base / "moved")
    for folder in (base / "moved").glob("*/"):
        folder.rename(base / folder.name)
    session = Session.of(viewer)
    qtbot.waitUntil(lambda: bool(bars(viewer)), timeout=LONG)
    [bar] = bars(viewer)
    assert bar.label.text().startswith("Recover labels 'mito' painted at ")
    bar.buttons[0].click()
    qtbot.waitUntil(lambda: "mito" in viewer.layers, timeout=LONG)
    layer = viewer.layers["mito"]
    assert layer.data.dtype == np.uint16
    assert set(np.unique(layer.data)) == {0, 7}
    np.testing.assert_allclose(layer.scale, (40, 4.6, 8))
    np.testing.assert_allclose(layer.translate, (80, 2.3, 4))
    assert [str(unit) for unit in layer.units] == ["nanometer"] * 3
    assert layer.axis_labels == ("z", "y", "x")
    qtbot.waitUntil(lambda: not list(base.glob("*/lock.*")), timeout=LONG)
    autosave = session.autosave
    qtbot.waitUntil(lambda: [autosave._folder] == list(base.glob("*-*/")), timeout=LONG)
    assert files(base) == ["0.npz"], "saved again, so another crash loses nothing"
    autosave.end()
    assert not list(base.glob("*-*/")), "a normal end leaves nothing"


def test_only_painted_layers_are_saved_and_only_when_changed(session, viewer, qtbot):
    autosave = session.autosave
    painted = viewer.add_labels(np.zeros((8, 8), int), name="painted")
    viewer.add_labels(np.zeros((8, 8), int), name="not painted")
    painted.paint((3, 3), 1)
    assert autosave._after_stroke.isActive()
    saved(session, qtbot)
    [path] = autosave._folder.glob("*.npz")
    first = path.stat().st_mtime_ns
    saved(session, qtbot)
    assert path.stat().st_mtime_ns == first
    painted.undo()
    saved(session, qtbot)
    [found] = recovery.saved_in(autosave._folder)
    assert not recovery.read(found)[1].any()
    painted.paint((5, 5), 1)
    session.settle(painted.data)
    assert not list(autosave._folder.glob("*.npz")), "the user stored it"
    painted.paint((6, 6), 1)
    saved(session, qtbot)
    viewer.layers.remove(painted)
    assert not list(autosave._folder.glob("*.npz"))


def test_labels_that_cannot_be_saved_are_told_once(
    session, viewer, qtbot, notifications, monkeypatch
):
    monkeypatch.setattr(_autosave, "MOST_BYTES", 100)
    layer = viewer.add_labels(np.zeros((16, 16), np.uint8), name="large")
    for value in (1, 2):
        layer.paint((3, 3), value)
        session.autosave.save()
    told = [n.message for n in notifications if "large" in n.message]
    assert len(told) == 1
    assert "Save the layer yourself" in told[0]
    assert not session.autosave._folder.exists()


def test_a_session_that_lives_is_left_alone_and_damage_does_no_harm(
    session, viewer, qtbot
):
    layer = viewer.add_labels(np.zeros((8, 8), int), name="mine")
    layer.paint((3, 3), 1)
    saved(session, qtbot)
    base = session.autosave._base
    damaged = base / "1-crashed"
    damaged.mkdir()
    (damaged / "0.npz").write_bytes(b"PK not a zip")
    assert find_abandoned(base) == []
    assert not damaged.exists()
    assert files(base) == ["0.npz"]


def test_labels_of_a_crash_stay_until_they_were_saved_again(
    viewer, base, qtbot, notifications
):
    left = base / "1-crashed"
    left.mkdir()
    about = recovery.Painted(0, "mito", np.ones((8, 8), int), {})
    recovery.write(left, [about])
    session = Session.of(viewer)
    qtbot.waitUntil(lambda: bool(bars(viewer)), timeout=LONG)
    whole = (left / "0.npz").read_bytes()
    (left / "0.npz").write_bytes(whole[: len(whole) // 2])
    bars(viewer)[0].buttons[0].click()
    reader = session.autosave._reader
    qtbot.waitUntil(lambda: not reader.is_busy, timeout=LONG)
    assert any("cannot be read" in n.message for n in notifications)
    other = viewer.add_labels(np.zeros((8, 8), int), name="other")
    other.paint((3, 3), 1)
    saved(session, qtbot)
    assert (left / "0.npz").exists(), "nobody has it elsewhere"
