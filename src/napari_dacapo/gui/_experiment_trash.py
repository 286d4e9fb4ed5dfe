"""Deleting runs and configs of the project, with a way back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Slot
from qtpy.QtWidgets import QMenu

from ._jobs import JobManager
from ._latest import Latest
from ._napari_status import show_error, show_info
from .models import trash
from .views.message_bar import MessageBar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtWidgets import QWidget

    from ._session import Session
    from .models.trash import Deleted

#: how long a deletion can be undone by one click; the trash keeps it for good
UNDO_SECONDS = 20
#: how many deleted things the menu lists
LISTED = 15


class TrashMenu(QObject):
    """Menus that delete from the session's project and restore what was deleted.

    Parameters
    ----------
    session : Session
        Says which project.
    parent : QWidget
        The dock; messages appear in its window.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._widget = session, parent
        self._deleting = Latest("delete", self)
        self._restoring = Latest("restore", self)
        self._deleting.done.connect(self._on_deleted)
        self._restoring.done.connect(self._on_restored)

    def fill(
        self, menu: QMenu, names: dict[str, list[str]], deleted: Sequence[Deleted]
    ) -> None:
        """Add the menus "Delete" and "Restore from trash" to `menu`.

        Parameters
        ----------
        menu : QMenu
            The menu of the store.
        names : dict
            Names of what is stored, by kind.
        deleted : sequence of Deleted
            What is in the trash, the latest first.
        """
        delete = _submenu(menu, "Delete", enabled=any(names.values()))
        for kind, found in names.items():
            if found:
                below = _submenu(delete, kind.capitalize())
                for name in found:
                    _add(below, name, partial(self.delete, kind, name))
        back = _submenu(menu, "Restore from trash…", enabled=bool(deleted))
        for each in deleted[:LISTED]:
            _add(back, each.text, partial(self.restore, each))

    def delete(self, kind: str, name: str) -> None:
        """Move a config, or a run with its results, to the trash."""
        folder = self._session.project_folder
        if kind == "run" and JobManager.instance().find(("train", folder, name)):
            show_error(f"Run {name!r} is being trained; stop it, then delete it.")
            return
        if kind == "run" and self._session.run_name == name:
            self._session.run_name = ""
        self._deleting.submit(trash.delete, folder, kind, name)

    def restore(self, deleted: Deleted) -> None:
        """Bring back what was deleted."""
        self._restoring.submit(trash.restore, self._session.project_folder, deleted)

    @Slot(object)
    def _on_deleted(self, deleted: Deleted) -> None:
        self._session.runs_changed.emit()
        text = f"Deleted {deleted.kind} {deleted.name!r}; it is in the trash."
        undo = ("Undo delete", partial(self.restore, deleted))
        window = self._widget.window()
        if window is not None:
            bar = MessageBar(text, [undo], window, seconds=UNDO_SECONDS)
            bar.take_back("Ctrl+Z")

    @Slot(object)
    def _on_restored(self, deleted: Deleted) -> None:
        self._session.runs_changed.emit()
        show_info(f"Restored {deleted.kind} {deleted.name!r}")


def _submenu(menu: QMenu, title: str, *, enabled: bool = True) -> QMenu:
    below = QMenu(title, menu)
    below.setEnabled(enabled)
    menu.addMenu(below)
    return below


def _add(menu: QMenu, text: str, slot: Callable[[], None]) -> None:
    action = menu.addAction(text.replace("&", "&&"))
    if action is not None:
        action.triggered.connect(lambda _=False: slot())
