"""Correcting a segmentation by hand, and training with what was corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from qtpy.QtCore import Qt, Slot
from qtpy.QtWidgets import QComboBox, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_dacapo.arraytypes import AnnotationArray

from ._camera import visible_region
from ._latest import Latest
from ._layers import find_layer, show_array
from ._napari_events import EventRelay
from ._napari_status import window_of
from ._regions import Region
from ._result_layers import layer_key
from .arrange import PLUGIN
from .forms._editor import ignore_wheel
from .models import corrections
from .models.editing import edit
from .views.flow import flow
from .views.message_bar import MessageBar

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels

    from napari_dacapo.runs import RunConfig

    from ._session import Session
    from .models.editing import Editing
    from .models.forks import Fork
    from .models.preview import Preview, Segmentation

    #: prediction, its run, parameters, and the labels if all were computed
    Shown = tuple[Preview, RunConfig, Any, Segmentation | None]

KIND = "corrections"
PAINTED, SCREEN, EVERYTHING = "what I painted", "what is on the screen", "all labels"
#: how long it is told where the corrections are trained on
NOTES_SECONDS = 30
HOW_TO_PAINT = (
    "Paint on the new layer: P paints, F fills, E erases, M takes a new label, "
    "Ctrl+Z takes back."
)


class CorrectionBar(QWidget):
    """Buttons that make labels editable, and a fork of their run that learns them.

    Parameters
    ----------
    viewer : napari.Viewer
        Where labels are painted.
    session : Session
        Says where the project is.
    shown : callable
        Returns what is shown at the moment, `None` for nothing.
    """

    def __init__(
        self,
        viewer: Any,
        session: Session,
        shown: Callable[[], Shown | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer, self._session, self._shown = viewer, session, shown
        self._editing: Editing | None = None
        self._layer: Labels | None = None
        self.correct_button = QPushButton("Correct these labels")
        self.train_button = QPushButton("Train with the corrections")
        self.region = QComboBox()
        ignore_wheel(self.region)
        self.hint = QLabel(HOW_TO_PAINT)
        self._editor = Latest("copy labels", self)
        self._saver = Latest("save corrected labels", self)
        self._decorate()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(flow(self.correct_button, self.region, self.train_button))
        layout.addWidget(self.hint)
        self.correct_button.clicked.connect(self._on_correct)
        self._editor.done.connect(self._on_editing)
        self._editor.failed.connect(lambda _: self._update())
        self.train_button.clicked.connect(self._on_train)
        self._saver.done.connect(self._on_saved)
        self._saver.failed.connect(lambda _: self._update())
        removed = EventRelay([viewer.layers.events.removed], self)
        removed.happened.connect(self._on_removed)
        self._update()

    def _decorate(self) -> None:
        self.hint.setWordWrap(True)
        self.correct_button.setToolTip(
            "<qt>Copy the labels that are shown to a layer that you can paint on. Of a "
            "very large prediction, what is on the screen.</qt>"
        )
        self.train_button.setToolTip(
            "<qt>Store the corrected labels, and open the run in the Experiment dock "
            "with them among its training data: it goes on from these weights.</qt>"
        )
        self.region.addItems([PAINTED, SCREEN, EVERYTHING])
        for index, tip in enumerate(
            (
                "The box around everything you painted, at least of the size that the "
                "network puts out.",
                "What you see, in 2D with all sections.",
                "The whole layer: you looked at all of it.",
            )
        ):
            self.region.setItemData(
                index, f"<qt>{tip}</qt>", Qt.ItemDataRole.ToolTipRole
            )
        self.region.setToolTip(
            "<qt>Where the labels are right and are trained on.</qt>"
        )
        self.region.setAccessibleName("Region of the corrections")

    def refresh(self) -> None:
        """Enable the buttons according to what is shown."""
        self._update()

    def _update(self) -> None:
        busy = self._editor.is_busy or self._saver.is_busy
        editing = self._layer is not None
        shown = self._shown() is not None
        self.correct_button.setEnabled(not busy and (shown or editing))
        self.correct_button.setVisible(not editing)
        self.train_button.setVisible(editing)
        self.region.setVisible(editing)
        self.hint.setVisible(editing)
        self.train_button.setEnabled(not busy)
        if self._layer is not None:  # no stroke falls into the copy that is stored
            self._layer.editable = not self._saver.is_busy

    @Slot()
    def _on_correct(self) -> None:
        shown = self._shown()
        if shown is not None:
            self._editor.submit(edit, *shown, visible_region(self._viewer))
            self._update()

    @Slot(object)
    def _on_editing(self, editing: Editing) -> None:
        result = editing.preview.result
        layer = show_array(
            self._viewer,
            editing.before,
            f"corrections of {result.dataset}",
            meaning=AnnotationArray(),
            data=editing.values,
            key=layer_key(result, KIND),
        )
        self._editing, self._layer = editing, layer
        self._hide_original(layer_key(result, "segmentation"))
        self._viewer.layers.selection.active = layer
        layer.mode = "paint"
        self._update()

    def _hide_original(self, key: str) -> None:
        original = find_layer(self._viewer, key)
        if original is not None:
            original.visible = False

    @Slot(object)
    def _on_removed(self, event: Any) -> None:
        if event.value is self._layer:
            self._layer = self._editing = None
            self._update()

    @Slot()
    def _on_train(self) -> None:
        editing, layer = self._editing, self._layer
        if editing is None or layer is None:
            return
        painted = attrs.evolve(editing, values=np.asarray(layer.data))
        folder, region = self._session.project_folder, self._region()
        self._saver.submit(corrections.train_with, painted, folder, region)
        self._update()

    def _region(self) -> Region | None:
        """Return where labels are trusted, `None` for around what was painted."""
        if self.region.currentText() == PAINTED:
            return None
        if self.region.currentText() == EVERYTHING:
            return Region((), EVERYTHING)
        seen = visible_region(self._viewer)
        displayed = self._viewer.dims.displayed
        sides = (s if i in displayed else None for i, s in enumerate(seen.sides))
        return Region(tuple(sides), seen.text)

    @Slot(object)
    def _on_saved(self, saved: tuple[Fork, str]) -> None:
        fork, notes = saved
        if self._layer is not None:
            self._session.settle(self._layer.data)
        self._update()
        wanted = self._session.fork_wanted
        if not self._session.receivers(wanted):
            self._viewer.window.add_plugin_dock_widget(PLUGIN, "Experiment")
        wanted.emit(fork)
        window = window_of(self._viewer)
        if window is not None:
            text = f"{notes} Press Start training in the Experiment dock."
            MessageBar(text, [], window, seconds=NOTES_SECONDS)
