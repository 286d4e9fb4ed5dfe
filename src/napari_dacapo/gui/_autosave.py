"""Saving labels while they are painted, and offering them again after a crash."""

from __future__ import annotations

import itertools
import os
import shutil
import uuid
import weakref
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from napari.layers import Labels
from qtpy.QtCore import QLockFile, QObject, QTimer, Slot
from qtpy.QtWidgets import QApplication

from napari_dacapo.options import DaCapoConfig

from ._latest import Latest
from ._napari_events import EventRelay
from ._napari_status import show_warning, window_of
from ._recovery_folders import Abandoned, find_abandoned, lock_of, remove_all
from .models import recovery
from .views.message_bar import MessageBar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .models.recovery import Painted, Saved

    #: folders of a crash, and what was in them
    _Read = tuple[Sequence[Abandoned], list[tuple[Saved, Any, dict[str, Any]]]]

#: labels up to this size are copied and packed by a worker within seconds
MOST_BYTES = 256 * 2**20
#: labels are saved when nothing was painted for so long
STROKE_MILLISECONDS = 5000
TOO_LARGE = (
    "Labels {name!r} take {size:,} MB; only up to {most} MB are saved while you paint. "
    "Save the layer yourself from time to time (File > Save selected layers)."
)
NOT_IN_MEMORY = (
    "Labels {name!r} are not in memory: what you paint goes where they come from, and "
    "is not saved for recovery."
)


@attrs.define(eq=False)
class _Watched:
    """A Labels layer; `state` is what was saved of it last, by its history."""

    layer: weakref.ref[Labels]
    number: int
    relay: EventRelay
    is_painted: bool = False
    was_told: bool = False
    state: Any = None


class Autosave(QObject):
    """Saves the labels that are painted in a viewer, every minute and after strokes.

    Each session has a folder with a lock, which ends with its process: what is in a
    folder without an owner was left by a crash and is offered again. A normal end
    removes the folder.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose labels are watched; it is not kept alive.
    base : Path, optional
        Where the folders of all sessions are.
    """

    def __init__(
        self, viewer: Any, parent: QObject | None = None, base: Path | None = None
    ) -> None:
        super().__init__(parent)
        self._viewer = weakref.ref(viewer)
        self._base = recovery.recovery_folder() if base is None else base
        self._folder = self._base / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._lock: QLockFile | None = None
        self._has_failed = False
        self._numbers = itertools.count()
        self._watched: dict[int, _Watched] = {}
        self._pending: dict[int, Any] = {}
        self._restored: Sequence[Abandoned] = ()
        self._unsaved: set[int] = set()
        self._writer = Latest("save painted labels", self)
        self._finder = Latest("look for labels of a crash", self)
        self._reader = Latest("recover labels", self)
        self._after_stroke, self._regular = QTimer(self), QTimer(self)
        self._connect(viewer)

    def _connect(self, viewer: Any) -> None:
        seconds = DaCapoConfig.load().autosave_seconds
        self._after_stroke.setSingleShot(True)
        self._after_stroke.setInterval(STROKE_MILLISECONDS)
        self._regular.setInterval(seconds * 1000)
        self._after_stroke.timeout.connect(self.save)
        self._regular.timeout.connect(self.save)
        self._writer.done.connect(self._on_written)
        self._writer.failed.connect(self._on_failed)
        self._finder.done.connect(self._on_found)
        self._reader.done.connect(self._on_read)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.end)
        if seconds > 0:
            events = viewer.layers.events
            EventRelay([events.inserted], self).happened.connect(self._on_inserted)
            EventRelay([events.removed], self).happened.connect(self._on_removed)
            for layer in viewer.layers:
                self._watch(layer)
        if self._base.is_dir():
            self._finder.submit(find_abandoned, self._base)

    # watching

    @Slot(object)
    def _on_inserted(self, event: Any) -> None:
        self._watch(event.value)

    def _watch(self, layer: Any) -> None:
        if isinstance(layer, Labels) and id(layer) not in self._watched:
            relay = EventRelay([layer.events.paint], self)
            relay.happened.connect(self._on_painted)
            self._watched[id(layer)] = _Watched(
                weakref.ref(layer), next(self._numbers), relay
            )

    @Slot(object)
    def _on_painted(self, event: Any) -> None:
        watched = self._watched.get(id(event.source))
        if watched is None or self._has_failed:
            return
        watched.is_painted = True
        watched.state = None
        self._after_stroke.start()
        if not self._regular.isActive():
            self._regular.start()

    @Slot(object)
    def _on_removed(self, event: Any) -> None:
        watched = self._watched.pop(id(event.value), None)
        if watched is not None:
            watched.relay.deleteLater()
            self.forget(watched.number)

    def forget(self, number: int) -> None:
        """Remove what was saved of a layer: it is not needed any more."""
        self._pending.pop(number, None)
        self._unsaved.discard(number)
        (self._folder / f"{number}{recovery.SUFFIX}").unlink(missing_ok=True)

    def settle(self, data: Any) -> None:
        """Take note that the user stored the layer of `data`: it cannot be lost now."""
        for watched in self._watched.values():
            layer = watched.layer()
            if layer is not None and layer.data is data:
                watched.is_painted = False
                self.forget(watched.number)

    # saving

    @Slot()
    def save(self) -> None:
        """Save, in a worker, every layer that was changed since it was saved."""
        if self._writer.is_busy:
            return  # the next time will do
        changed = [w for w in self._watched.values() if w.is_painted]
        painted = [
            p for watched in changed if (p := self._changed(watched)) is not None
        ]
        if painted and self._own_folder():
            self._writer.submit(recovery.write, self._folder, painted)

    def _changed(self, watched: _Watched) -> Painted | None:
        layer = watched.layer()
        if layer is None:
            return None
        state = _history(layer)
        if state == watched.state:
            return None
        obstacle = _obstacle(layer)
        if obstacle:
            if not watched.was_told:
                show_warning(obstacle)
            watched.was_told, watched.state = True, state
            return None
        self._pending[watched.number] = state
        place = {
            "scale": [float(s) for s in layer.scale],
            "translate": [float(t) for t in layer.translate],
            "units": [str(unit) for unit in layer.units],
            "axis_labels": [str(label) for label in layer.axis_labels],
        }
        # the worker copies them: a stroke that falls into it is saved with the next
        return recovery.Painted(watched.number, str(layer.name), layer.data, place)

    def _own_folder(self) -> bool:
        """Make this session's folder and its lock; return whether that worked."""
        if self._lock is None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                self._on_failed("")
                show_warning(f"Labels are not saved while you paint: {error}")
                return False
            self._lock = lock_of(self._folder)
            self._lock.tryLock(0)
        return True

    @Slot(object)
    def _on_written(self, numbers: list[int]) -> None:
        for watched in self._watched.values():
            if watched.number in numbers and watched.number in self._pending:
                watched.state = self._pending.pop(watched.number)
        known = {watched.number for watched in self._watched.values()}
        for number in set(numbers) - known:  # removed while it was written
            self.forget(number)
        self._unsaved -= set(numbers)
        self._drop_restored()

    def _drop_restored(self) -> None:
        """Remove what a crash left, once all of it was saved again."""
        if not self._unsaved:
            remove_all(self._restored)
            self._restored = ()

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        """Give up: the user was told why, once is enough."""
        self._has_failed = True
        self._regular.stop()
        self._after_stroke.stop()

    @Slot()
    def end(self) -> None:
        """Remove what was saved: the session ends as the user wanted."""
        self._drop_restored()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None
            shutil.rmtree(self._folder, ignore_errors=True)

    # recovering

    @Slot(object)
    def _on_found(self, found: Sequence[Abandoned]) -> None:
        saved = [each for abandoned in found for each in abandoned.saved]
        viewer = self._viewer()
        window = None if viewer is None else window_of(viewer)
        if not saved or window is None:
            return
        MessageBar(
            recovery.question(saved),
            [
                ("Restore", lambda: self._restore(found)),
                ("Discard", lambda: remove_all(found)),
            ],
            window,
        )

    def _restore(self, found: Sequence[Abandoned]) -> None:
        self._reader.submit(_read, found)

    @Slot(object)
    def _on_read(self, read: _Read) -> None:
        viewer = self._viewer()
        if viewer is None:
            return
        self._restored, labels = read
        for _, values, keywords in labels:
            layer = viewer.add_labels(values, **keywords)
            self._watch(layer)
            watched = self._watched[id(layer)]
            watched.is_painted = True
            self._unsaved.add(watched.number)
        self.save()  # what was left by the crash is removed after this only


def _read(found: Sequence[Abandoned]) -> _Read:
    return found, [recovery.read(s) for abandoned in found for s in abandoned.saved]


def _obstacle(layer: Labels) -> str:
    """Return why a layer cannot be saved while it is painted."""
    if not isinstance(layer.data, np.ndarray):
        return NOT_IN_MEMORY.format(name=layer.name)
    if layer.data.nbytes > MOST_BYTES:
        sizes = {"size": layer.data.nbytes // 2**20, "most": MOST_BYTES // 2**20}
        return TOO_LARGE.format(name=layer.name, **sizes)
    return ""


def _history(layer: Labels) -> Any:
    """Return something that differs when the layer was painted on or undone.

    Napari tells of strokes only, not of undoing; where a version lacks the attributes,
    undoing alone is not noticed.
    """
    done = getattr(layer, "_undo_history", ())
    undone = getattr(layer, "_redo_history", ())
    return len(done), id(done[-1]) if done else 0, len(undone)
