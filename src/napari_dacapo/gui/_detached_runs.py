"""The runs of a project that other processes train."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer, Slot
from qtpy.QtWidgets import QLabel, QWidget

from ._jobs import JobManager
from ._latest import Latest

if TYPE_CHECKING:
    from pathlib import Path

    from qtpy.QtGui import QColor

    from ._session import Session

#: how often to look for other processes
LOOK_MILLISECONDS = 3000


class DetachedRuns(QLabel):
    """Names the runs that other processes train; a click on one looks at it.

    The run that is looked at is followed as soon as another process is found to train
    it. Where no run is looked at, that is the first one found.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._looker = Latest("look for trainings in other processes", self)
        self._timer = QTimer(self)
        self._names: list[str] = []
        self._colour = ""

        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.setWordWrap(True)
        self.setToolTip(
            "These runs go on by themselves, whether napari is open or not. Click on "
            "one to see it and to pause or stop it."
        )
        self.hide()

        self._timer.timeout.connect(self.look)
        self._looker.done.connect(self._on_found)
        self.linkActivated.connect(self._on_link)
        session.project_folder_changed.connect(self._on_changed)
        session.run_name_changed.connect(self._on_changed)

    def set_colour(self, colour: QColor) -> None:
        """Follow a change of theme; Qt's own colour of links is too dark for some."""
        self._colour = colour.name()
        self._show()

    def watch(self) -> None:
        """Look for other processes, now and from time to time."""
        self._timer.start(LOOK_MILLISECONDS)
        self.look()

    def rest(self) -> None:
        """Do not look any more: nobody sees it."""
        self._timer.stop()

    @Slot()
    def look(self) -> None:
        """Look in the background for processes that train runs of the project."""
        self._looker.submit(_names, self._session.project_folder)

    @Slot(object)
    @Slot(str)
    def _on_changed(self, what: object) -> None:
        if self._timer.isActive():
            self.look()

    @Slot(object)
    def _on_found(self, found: tuple[Path, list[str]]) -> None:
        folder, names = found
        session = self._session
        if folder != session.project_folder:
            return
        self._names = names
        self._show()
        if names and not session.run_name and session.run_config is None:
            session.run_name = names[0]
        if session.run_name in names:
            JobManager.instance().follow(session.run_name, folder)

    def _show(self) -> None:
        links = (
            f'<a href="{name}" style="color: {self._colour}">{name}</a>'
            for name in map(html.escape, self._names)
        )
        self.setText(f"training in other processes: {', '.join(links)}")
        self.setVisible(bool(self._names))

    @Slot(str)
    def _on_link(self, name: str) -> None:
        self._session.run_name = name
        self.look()


def _names(folder: Path) -> tuple[Path, list[str]]:
    from napari_dacapo.runs import live_runs
    from napari_dacapo.store import Project

    return folder, [run.name for run in live_runs(Project(folder))]
