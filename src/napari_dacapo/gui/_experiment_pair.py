"""Choosing one volume to learn from: raw data and the labels that belong to it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
)

from napari_dacapo.errors import DataError

from ._experiment_chooser import ArrayChooser
from ._experiment_sources import arrays_at, describe, describe_layer
from ._latest import Latest
from ._layer_content import layer_content
from ._napari_status import show_error
from .forms._choice_editors import (
    add_menu,
    choose_button,
    compact_combo,
    dropped_paths,
)
from .forms._editor import Editor
from .forms._field_box import FieldBox
from .forms._labels import FieldLabel

if TYPE_CHECKING:
    from qtpy.QtGui import QDragEnterEvent, QDropEvent

    from ._experiment_choices import Choice, DataChoices
    from ._experiment_sources import Found

_NOTHING_CHOSEN = "Choose…"


class SourceEditor(Editor):
    """Chooses a layer or an array in a file, and tells how it is understood.

    Its value is the config that stands for the choice.

    Parameters
    ----------
    choices : DataChoices
        What can be chosen.
    labels : bool
        Whether labels are chosen, rather than raw data.
    """

    #: emits how the choice is understood, as text
    described = Signal(str)

    def __init__(self, choices: DataChoices, *, labels: bool) -> None:
        super().__init__()
        self._choices, self._labels = choices, labels
        self._offered: list[Choice] = []
        self._problem = ""
        self.choice: Choice | None = None
        self.combo = compact_combo()
        self.button = choose_button(
            "Choose a file or container; you can also drop it here"
        )
        add_menu(
            self.button,
            {
                "TIFF file…": self._choose_file,
                "Zarr or N5 folder…": self._choose_folder,
            },
        )
        self._search = Latest("look for arrays", self)
        self._description = Latest("open the data", self)

        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        line.addWidget(self.combo, 1)
        line.addWidget(self.button)
        self.setFocusProxy(self.combo)
        self.setAcceptDrops(True)

        self._offer()
        choices.changed.connect(self._offer)
        self.combo.currentIndexChanged.connect(self._on_index_changed)
        self._search.done.connect(self._on_found)
        self._search.failed.connect(self.refuse)
        self._description.done.connect(self._on_described)

    def value(self) -> Any:
        if self._problem:
            raise DataError(self._problem)
        if self.choice is None:
            raise DataError("choose a layer, or a file by the button beside")
        return self.choice.config

    def setValue(self, value: Any) -> None:
        self._choose(None if value is None else self._choices.add(value))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen yet."""
        return self.choice is None and not self._search.is_busy

    def refuse(self, problem: str) -> None:
        """Choose nothing, and say why what was tried cannot be used."""
        self._choose(None)
        self._problem = problem
        self.valueChanged.emit()

    def _choose(self, choice: Choice | None) -> None:
        self.choice, self._problem = choice, ""
        self._offer()
        self._describe()
        self.valueChanged.emit()

    def _offer(self) -> None:
        """Fill the combo box, keeping what is chosen as far as it still exists."""
        before = self.choice
        if self.choice is not None:
            self.choice = self._choices.keep(self.choice)
        self._offered = self._choices.offered(labels=self._labels)
        if self.choice is not None and self.choice not in self._offered:
            self._offered.append(self.choice)
        with QSignalBlocker(self.combo):
            self.combo.clear()
            self.combo.addItem(_NOTHING_CHOSEN)
            self.combo.addItems([each.text for each in self._offered])
            index = 0 if self.choice is None else self._offered.index(self.choice) + 1
            self.combo.setCurrentIndex(index)
        if self.choice is not before:
            self._describe()
            self.valueChanged.emit()

    def _on_index_changed(self, index: int) -> None:
        self.choice = self._offered[index - 1] if index > 0 else None
        self._problem = ""
        self._describe()
        self.valueChanged.emit()

    def _describe(self) -> None:
        self.described.emit("")
        choice, labels = self.choice, self._labels
        if choice is None:
            return
        if choice.layer is None:
            config = choice.config
            self._description.submit(
                lambda: (choice, *_description(config, labels=labels))
            )
            return
        try:
            text = describe_layer(layer_content(choice.layer))
        except DataError as error:
            text = str(error)
        self.described.emit(text)

    def _on_described(self, described: tuple[Choice, str, bool]) -> None:
        choice, text, usable = described
        if choice is not self.choice:
            return
        if usable:
            self.described.emit(text)
            return
        self._problem = text
        show_error(text)
        self.valueChanged.emit()

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Choose a TIFF file", "", "TIFF (*.tif *.tiff);;All files (*)"
        )
        if path:
            self.search(path)

    def _choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Choose a zarr or N5 container")
        if path:
            self.search(path)

    def search(self, path: Path | str) -> None:
        """Look for arrays at `path`; take the only one or let the user choose."""
        self._search.submit(_search, path)

    def _on_found(self, result: tuple[str, list[Found]]) -> None:
        where, found = result
        if len(found) == 1:
            self._take(found[0])
            return
        chooser = ArrayChooser(found, where, self)
        chooser.chosen.connect(self._take)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _take(self, found: Found) -> None:
        if found.problem:
            self.refuse(found.problem)
            show_error(found.problem)
        else:
            self.setValue(found.config)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        if event is not None and dropped_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        if event is not None and (paths := dropped_paths(event)):
            event.acceptProposedAction()
            self.search(paths[0])


def _search(path: Path | str) -> tuple[str, list[Found]]:
    return Path(path).name, arrays_at(path)


def _description(config: Any, *, labels: bool) -> tuple[str, bool]:
    """Return how data are understood, or why they cannot be used, and which it is."""
    from napari_dacapo.errors import DaCapoError

    try:
        return describe(config, labels=labels), True
    except (DaCapoError, OSError) as error:
        return str(error), False


class PairEditor(Editor):
    """Chooses raw data and labels; its value is the pair of their configs."""

    full_width = True

    def __init__(self, choices: DataChoices) -> None:
        super().__init__()
        self.raw = SourceEditor(choices, labels=False)
        self.labels = SourceEditor(choices, labels=True)
        self._boxes = {"raw": FieldBox(self.raw), "labels": FieldBox(self.labels)}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        texts = {"raw": "Raw", "labels": "Labels"}
        for row, (key, box) in enumerate(self._boxes.items()):
            label = FieldLabel(texts[key], indent=0)
            label.setBuddy(box.editor.focus_target())
            box.editor.focus_target().setAccessibleName(texts[key])
            grid.addWidget(label, 2 * row, 0)
            grid.addWidget(box, 2 * row, 1)
            grid.addWidget(box.reasons, 2 * row + 1, 1)
            box.editor.valueChanged.connect(self.valueChanged)
        for source, box in zip(
            (self.raw, self.labels), self._boxes.values(), strict=True
        ):
            source.described.connect(partial(box.reasons.show_text, "info"))

    def value(self) -> tuple[Any, Any]:
        return self.raw.value(), self.labels.value()

    def setValue(self, value: Any) -> None:
        self.raw.setValue(value[0])
        self.labels.setValue(value[1])

    def boxes(self) -> dict[str, FieldBox]:
        return self._boxes
