"""Saving and loading configs: buttons, and the work behind them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QFileDialog, QMenu, QPushButton

from napari_dacapo.store import Project
from napari_dacapo.store.yaml_files import read_yaml

from . import _experiment_work as work
from ._experiment_import import ProjectImport
from ._experiment_trash import TrashMenu
from ._latest import Latest
from .models import presets
from .models.presets import Preset
from .models.trash import trash_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

    from ._experiment_work import Contents
    from ._session import Session
    from .models.trash import Deleted

    #: names of what is stored, by kind, and what is in the trash
    _Listed = tuple[dict[str, list[str]], list[Deleted]]

_TITLES = {
    "run": "Run",
    "task": "Task",
    "architecture": "Architecture",
    "trainer": "Trainer",
    "datasplit": "Data split",
    "start": "Start",
}


class ConfigMenu(QObject):
    """Saves configs to the project and loads them from there or from YAML files.

    Parameters
    ----------
    session : Session
        Says which project.
    parent : QWidget
        The dock.
    """

    #: emits kind and object of a config that was loaded
    loaded = Signal(str, object)
    #: emits the `Preset` that was in a file
    presetRead = Signal(object)
    #: emits the kind that is to be saved; answer with `save`
    saveWanted = Signal(str)
    #: emits the `Saved`
    saved = Signal(object)

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._parent = session, parent
        self.load_button = QPushButton("Load…")
        self.load_button.setToolTip(
            "<qt>Load a whole run or a part of one, saved in this project or in a YAML "
            "file, or import a project of the original DaCapo; delete, and restore "
            "what was deleted. You can also drop files here.</qt>"
        )
        self.save_button = QPushButton("Save")
        self.save_button.setToolTip(
            "<qt>Save the whole run or a part of it in this project.</qt>"
        )
        self.save_button.setMenu(self._make_save_menu())
        self.load_menu = QMenu(self.load_button)
        self.imports = ProjectImport(session, parent)
        self.trash = TrashMenu(session, parent)
        self._list = Latest("list the saved settings", self)
        self._loading = Latest("load settings", self)
        self._saving = Latest("save settings", self)

        self.load_button.clicked.connect(self._on_load)
        self._list.done.connect(self._on_listed)
        self._loading.done.connect(self._on_loaded)
        self._saving.done.connect(self.saved)

    def _make_save_menu(self) -> QMenu:
        menu = QMenu(self.save_button)
        for kind, title in _TITLES.items():
            if kind != "start":
                _add(menu, title, self._asker(kind))
        return menu

    def _asker(self, kind: str) -> Callable[[], None]:
        return lambda: self.saveWanted.emit(kind)

    def save(self, kind: str, config: Any, contents: Contents) -> None:
        """Save `config`; `contents` is what the layers among its data show."""
        folder = self._session.project_folder
        self._saving.submit(work.save_config, folder, kind, config, contents)

    def read(self, path: Path) -> None:
        """Load the config in the YAML file `path`."""
        self._loading.submit(_read, path, self._session.project_folder)

    def _on_loaded(self, found: Preset | tuple[str, Any]) -> None:
        if isinstance(found, Preset):
            self.presetRead.emit(found)
        else:
            self.loaded.emit(*found)

    def _on_load(self) -> None:
        self._list.submit(_list, self._session.project_folder)

    def _on_listed(self, listed: _Listed) -> None:
        stored, deleted = listed
        names = {kind: stored[kind] for kind in _TITLES}
        self.load_menu.clear()
        for old in self.load_menu.findChildren(QMenu):
            old.deleteLater()
        for kind, found in names.items():
            menu = self.load_menu.addMenu(_TITLES[kind])
            if menu is not None:
                menu.setEnabled(bool(found))
                for name in found:
                    _add(menu, name, self._loader(kind, name))
        self.load_menu.addSeparator()
        _add(self.load_menu, "From a YAML file…", self._choose_file)
        _add(self.load_menu, "Import a DaCapo project…", self.imports.choose)
        self.load_menu.addSeparator()
        self.trash.fill(self.load_menu, stored, deleted)
        below = self.load_button.rect().bottomLeft()
        self.load_menu.popup(self.load_button.mapToGlobal(below))

    def _loader(self, kind: str, name: str) -> Callable[[], None]:
        folder = self._session.project_folder
        return lambda: self._loading.submit(
            lambda: (kind, work.load_config(folder, kind, name))
        )

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self._parent, "Load settings", "", "YAML (*.yaml *.yml)"
        )
        if path:
            self.read(Path(path))


def _list(folder: Path) -> _Listed:
    configs = Project(folder).configs
    parts = {
        "dataset": configs.retrieve_dataset_config_names(),
        "array": configs.retrieve_array_config_names(),
    }
    return {**work.list_configs(folder), **parts}, trash_of(folder)


def _read(path: Path, folder: Path) -> Preset | tuple[str, Any]:
    doc = read_yaml(path)
    return (
        presets.read(path) if presets.is_preset(doc) else work.read_config(path, folder)
    )


def _add(menu: QMenu, text: str, slot: Callable[[], None]) -> None:
    action = menu.addAction(text.replace("&", "&&"))
    if action is not None:
        action.triggered.connect(slot)
