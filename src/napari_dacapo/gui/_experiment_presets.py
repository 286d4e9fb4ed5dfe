"""Presets and templates: settings of other projects, taken over by a menu."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from qtpy.QtCore import QObject, QUrl, Slot
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QInputDialog, QMenu, QPushButton

from ._latest import Latest
from ._napari_status import show_error, show_info
from .forms._editor import CHECK_ERRORS
from .forms._words import path_label
from .models import presets
from .models.presets import PARTS, Preset, presets_folder, summary
from .models.templates import templates
from .views.message_bar import MessageBar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from qtpy.QtWidgets import QWidget

    from ._experiment_run import RunEditor

UNDO_SECONDS = 20
#: what can be saved, and the fields that belong to it
_SAVED = {
    "Task…": ("task_config",),
    "Architecture…": ("architecture_config",),
    "Trainer…": ("trainer_config",),
    "Everything except the data…": tuple(PARTS),
}


class PresetMenu(QObject):
    """Applies and keeps presets; the data of the run stay as they are.

    Parameters
    ----------
    run_editor : RunEditor
        The form.
    parent : QWidget
        The dock.
    """

    def __init__(self, run_editor: RunEditor, parent: QWidget) -> None:
        super().__init__(parent)
        self._editor, self._widget = run_editor, parent
        self.button = QPushButton("Presets")
        self.menu = QMenu(self.button)
        self._list = Latest("list presets", self)
        self._work = Latest("keep presets", self)
        self._deleting = Latest("delete a preset", self)

        self.button.setToolTip(
            "<qt>Take settings over from a template or from another project, or keep "
            "yours for others. Drop the file of a preset here to use it.</qt>"
        )
        self.menu.setToolTipsVisible(True)
        self.button.clicked.connect(self._on_clicked)
        self._list.done.connect(self._on_listed)
        self._work.done.connect(show_info)
        self._deleting.done.connect(self._on_deleted)

    @Slot()
    def _on_clicked(self) -> None:
        self._list.submit(presets.list_presets, presets_folder())

    @Slot(object)
    def _on_listed(self, found: list[Preset]) -> None:
        self.menu.clear()
        for old in self.menu.findChildren(QMenu):
            old.deleteLater()
        for template in templates():
            self._add_use(self.menu, template.title, template)
        self.menu.addSeparator()
        for preset in found:
            below = _submenu(self.menu, preset.title)
            self._add_use(below, "Apply", preset)
            _add(below, "Rename…", partial(self._ask_rename, preset.title))
            _add(below, "Delete", partial(self.delete, preset.title))
        save = _submenu(self.menu, "Save as preset")
        for title, names in _SAVED.items():
            _add(save, title, partial(self._ask_save, names))
        _add(self.menu, "Show the files…", _show_folder)
        place = self.button.rect().bottomLeft()
        self.menu.popup(self.button.mapToGlobal(place))

    def _add_use(self, menu: QMenu, title: str, preset: Preset) -> None:
        _add(menu, title, partial(self.apply, preset), summary(preset))

    def apply(self, preset: Preset) -> None:
        """Set the fields that `preset` holds; the classes stay those of the data."""
        classes = self._editor.data.classes
        names = [] if classes.errors() else [name for name, _ in classes.value()]
        before = {name: self._value(name) for name in preset.parts}
        self._set(presets.suited(preset, names).parts)
        undo = ("Undo", partial(self._set, before))
        text = f"Applied {preset.title!r}. {preset.reason}"
        MessageBar(text, [undo], self._widget.window(), seconds=UNDO_SECONDS)

    def _value(self, name: str) -> Any:
        try:
            return self._editor.part(name).value()
        except CHECK_ERRORS:
            return _UNKNOWN

    def _set(self, parts: dict[str, Any]) -> None:
        for name, value in parts.items():
            if value is not _UNKNOWN:
                self._editor.part(name).setValue(value)

    def adopt(self, preset: Preset) -> None:
        """Apply a preset that was dropped, and keep it."""
        self.apply(preset)
        self._work.submit(_kept, presets_folder(), preset)

    # keeping

    def _ask_save(self, names: Sequence[str]) -> None:
        for name in names:
            wrong = self._editor.part(name).errors()
            if wrong:
                path, text = next(iter(wrong.items()))
                show_error(f"Not saved. {path_label((name, *path))}: {text}")
                return
        title = self._ask("Save as preset", "")
        if title:
            self.save(title, names)

    def save(self, title: str, names: Sequence[str]) -> None:
        """Keep the fields called `names` as the preset `title`."""
        parts = {name: self._editor.part(name).value() for name in names}
        preset = Preset(title, "", parts)
        self._work.submit(_kept, presets_folder(), preset)

    def _ask_rename(self, title: str) -> None:
        new = self._ask("Rename preset", title)
        if new and new != title:
            self.rename(title, new)

    def rename(self, title: str, new: str) -> None:
        """Give a preset another name."""
        self._work.submit(_renamed, presets_folder(), title, new)

    def delete(self, title: str) -> None:
        """Move a preset to the trash."""
        self._deleting.submit(_deleted, presets_folder(), title)

    def _ask(self, heading: str, text: str) -> str:
        name, accepted = QInputDialog.getText(
            self._widget, heading, "Name of the preset:", text=text
        )
        return name.strip() if accepted else ""

    @Slot(object)
    def _on_deleted(self, deleted: _Deleted) -> None:
        back = partial(self._work.submit, _restored, presets_folder(), deleted.path)
        bar = MessageBar(
            f"Deleted preset {deleted.title!r}.",
            [("Undo delete", back)],
            self._widget.window(),
            seconds=UNDO_SECONDS,
        )
        bar.take_back("Ctrl+Z")


#: the value of a field that holds something invalid
_UNKNOWN = object()


@attrs.frozen
class _Deleted:
    title: str
    path: Any


def _kept(folder: Path, preset: Preset) -> str:
    presets.save(folder, preset)
    return f"Preset {preset.title!r} can be used in all projects now"


def _renamed(folder: Path, title: str, new: str) -> str:
    presets.rename(folder, title, new)
    return f"Preset {title!r} is called {new!r} now"


def _deleted(folder: Path, title: str) -> _Deleted:
    return _Deleted(title, presets.delete(folder, title))


def _restored(folder: Path, path: Path) -> str:
    return f"Restored preset {presets.restore(folder, path).title!r}"


def _show_folder() -> None:
    folder = presets_folder()
    folder.mkdir(parents=True, exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _submenu(menu: QMenu, title: str) -> QMenu:
    below = QMenu(title.replace("&", "&&"), menu)
    below.setToolTipsVisible(True)
    menu.addMenu(below)
    return below


def _add(menu: QMenu, text: str, slot: Callable[[], object], tip: str = "") -> None:
    action = menu.addAction(text.replace("&", "&&"))
    if action is not None:
        action.setToolTip(f"<qt>{tip}</qt>" if tip else "")
        action.triggered.connect(lambda _=False: slot())
