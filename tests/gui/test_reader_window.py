"""Readers as users meet them: in a window that asks, and in scripts without one."""

from __future__ import annotations

import time

import pytest
from container_files import drop, untouched_settings, write_image
from napari.components import ViewerModel
from napari.plugins import _initialize_plugins
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QProgressDialog, QPushButton

from napari_dacapo.errors import DataError
from napari_dacapo.gui._background_call import GivenUpError, call_in_background
from napari_dacapo.gui._image_chooser import ImageChooser
from napari_dacapo.gui._reader_preference import (
    _offered,
    is_preferred,
    offer_preference,
    prefer_dacapo,
)
from napari_dacapo.gui.reader import get_reader, read

PLUGIN = "napari-dacapo"
_initialize_plugins()  # which windows do, and viewers without one do not


@pytest.fixture(autouse=True)
def _settings():
    with untouched_settings():
        yield


# without a window


def test_a_script_gets_layers_without_dialog_and_errors(tmp_path):
    write_image(tmp_path / "a.zarr", "x")
    write_image(tmp_path / "a.zarr", "y")
    viewer = ViewerModel()
    viewer.open(str(tmp_path / "a.zarr"), plugin=PLUGIN)
    assert [layer.name for layer in viewer.layers] == ["x", "y"]
    (tmp_path / "empty.zarr").mkdir()
    with pytest.raises(DataError, match=r"empty\.zarr holds no metadata"):
        read(str(tmp_path / "empty.zarr"))


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        ("a.zarr", True),
        ("a.zarr/em/s0", True),
        ("a.n5", False),  # does not exist
        ("pictures", False),
        ("a.tif", False),
        ("https://host/a.ome.zarr", True),
        ("s3://bucket/a.zarr/raw", True),
        ("https://host/picture.png", False),
        ("https://host/a.zarr?token=1", False),
    ],
)
def test_only_containers_are_claimed(tmp_path, path, is_ours):
    write_image(tmp_path / "a.zarr", "em")
    (tmp_path / "pictures").mkdir()
    full = path if "://" in path else str(tmp_path / path)
    assert (get_reader(full) is not None) == is_ours
    assert (get_reader([full]) is not None) == is_ours
    assert get_reader([full, full]) is None


# the window


def find(kind):
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind)]


def answer(kind, act, seconds=20):
    """Call `act` with the next dialog of this kind."""
    deadline = time.monotonic() + seconds

    def look():
        shown = [each for each in find(kind) if each.isVisible()]
        if shown:
            act(shown[0])
        elif time.monotonic() < deadline:
            QTimer.singleShot(20, look)

    QTimer.singleShot(0, look)


def test_of_several_images_the_user_ticks_what_he_wants(shown_viewer, tmp_path):
    container = tmp_path / "a.zarr"
    for group in ("em/raw", "em/filtered"):
        write_image(container, group)
    write_image(container, "gt/cells", labels=True, dtype="u4")
    (container / "broken").mkdir()
    (container / "broken/zarr.json").write_text("{")
    prefer_dacapo()
    seen = []

    def tick(chooser):
        cells = [
            [chooser.list.topLevelItem(row).text(column) for column in range(6)]
            for row in range(3)
        ]
        seen.append((cells, len(chooser.chosen)))
        chooser.none_button.click()
        seen.append(chooser.open_button.isEnabled())
        chooser.all_button.click()
        chooser.list.topLevelItem(0).setCheckState(0, Qt.CheckState.Unchecked)
        chooser.open_button.click()

    answer(ImageChooser, tick)
    drop(shown_viewer, container)
    (cells, ticked), can_open_nothing = seen
    assert cells[0] == [
        "em/filtered",
        "image",
        "z y x: 6 × 40 × 50",  # noqa: RUF001 - as it is shown
        "uint8",
        "40 × 8 × 4.6",  # noqa: RUF001
        "1",
    ]
    assert (ticked, can_open_nothing) == (3, False)
    assert [layer.name for layer in shown_viewer.layers] == ["raw", "cells"]


def test_cancelling_the_choice_opens_nothing(shown_viewer, tmp_path, notifications):
    write_image(tmp_path / "a.zarr", "x")
    write_image(tmp_path / "a.zarr", "y")
    prefer_dacapo()
    notifications.clear()
    answer(ImageChooser, lambda chooser: chooser.reject())
    drop(shown_viewer, tmp_path / "a.zarr")
    assert not shown_viewer.layers
    assert not notifications


def test_napari_asks_once_and_then_no_more(shown_viewer, tmp_path, notifications):
    """Its builtin reader and napari-ome-zarr claim the same folders."""
    from napari._qt.dialogs.qt_reader_dialog import QtReaderDialog

    pytest.importorskip("napari_ome_zarr")
    _offered.clear()
    write_image(tmp_path / "a.ome.zarr")
    offered = []

    def accept(dialog):
        offered.extend(b.text() for b in dialog.reader_btn_group.buttons())
        assert dialog._get_plugin_choice() == "DaCapo"  # Enter is enough
        dialog.accept()

    answer(QtReaderDialog, accept)
    drop(shown_viewer, tmp_path / "a.ome.zarr")
    assert {"DaCapo", "napari-ome-zarr"} <= set(offered)
    assert len(shown_viewer.layers) == 1
    (hint,) = notifications
    assert not is_preferred()
    ((text, always),) = hint.actions
    assert text == "Always open with DaCapo"
    always(None)
    drop(shown_viewer, tmp_path / "a.ome.zarr")
    drop(shown_viewer, tmp_path / "a.ome.zarr/s0")
    assert [layer.source.reader_plugin for layer in shown_viewer.layers] == [PLUGIN] * 3
    notifications.clear()
    offer_preference()
    assert not notifications


def test_long_work_shows_a_dialog_that_can_be_cancelled(shown_viewer):
    assert call_in_background(lambda: 7, "Counting") == 7
    with pytest.raises(ZeroDivisionError):
        call_in_background(lambda: 1 / 0, "Counting")
    answer(QProgressDialog, lambda dialog: dialog.findChild(QPushButton).click())
    with pytest.raises(GivenUpError, match="Counting"):
        call_in_background(lambda: time.sleep(1.5), "Counting")
