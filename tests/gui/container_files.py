"""Containers for tests of readers and writers, and dropping them on napari."""

from __future__ import annotations

import contextlib

import numpy as np
from napari.settings import get_settings
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent

from napari_dacapo.arrays._ome_zarr import add_pyramid, create_image
from napari_dacapo.geometry import Coordinate, Roi


@contextlib.contextmanager
def untouched_settings():
    """Napari's settings as they are before a user chose a reader, and again after."""
    settings = get_settings()
    before, settings._save_on_change = settings.plugins.extension2reader, False
    settings.plugins.extension2reader = {}
    yield
    settings.plugins.extension2reader = before
    settings._save_on_change = True


def drop(viewer, *paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromUserInput(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    viewer.window._qt_viewer.dropEvent(event)


def write_image(container, group="", *, labels=False, dtype="u1", shape=(6, 40, 50)):
    """Write an OME-Zarr image with a pyramid; 8 x 4 nm in plane, off the origin."""
    size = Coordinate(40, 8, 4.6)
    roi = Roi(size * (2, 3, 4), size * shape)
    values = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    arguments = {"axes": "zyx", "roi": roi, "voxel_size": size, "num_channels": None}
    array = create_image(container, group, **arguments, dtype=dtype, labels=labels)
    array[roi] = values
    add_pyramid(container, group)
    return values
