"""Choosing runs whose losses are shown for comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal, Slot
from qtpy.QtWidgets import QMenu, QPushButton, QWidget

from napari_dacapo.gui._latest import Latest
from napari_dacapo.gui.models import load_run

if TYPE_CHECKING:
    from pathlib import Path

    from napari_dacapo.gui._session import Session
    from napari_dacapo.gui.models import Curve


class CompareButton(QPushButton):
    """A menu of runs; the losses of those that are checked are read in a worker.

    Signals
    -------
    loaded
        Emits a dict from the name of a run to the `Curve` of its losses.
    """

    loaded = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Compare", parent)
        self._session = session
        self._loader = Latest("read runs to compare with", self)
        self._menu = QMenu(self)

        self.setToolTip("Show the losses of other runs as well.")
        self.setMenu(self._menu)
        self.setEnabled(False)

        self._loader.done.connect(self._on_loaded)

    @property
    def chosen(self) -> list[str]:
        """Names of the runs that are checked."""
        return [a.text() for a in self._menu.actions() if a.isChecked()]

    @Slot(object)
    def set_names(self, names: list[str]) -> None:
        """Offer the runs called `names`; those that were checked stay so."""
        chosen = self.chosen
        self._menu.clear()
        for name in names:
            action = self._menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(name in chosen)
            action.toggled.connect(self._on_toggled)
        self.setEnabled(bool(names))

    @Slot(bool)
    def _on_toggled(self, checked: bool) -> None:
        self._loader.submit(_load, self._session.project_folder, self.chosen)

    @Slot(object)
    def _on_loaded(self, curves: dict[str, Curve]) -> None:
        self.loaded.emit(curves)


def _load(folder: Path, names: list[str]) -> dict[str, Curve]:
    return {name: load_run(folder, name).loss_curve() for name in names}
