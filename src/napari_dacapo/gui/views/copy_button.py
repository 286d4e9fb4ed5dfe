"""A button that copies what the window does as a command or as Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_info
from qtpy.QtCore import Slot
from qtpy.QtWidgets import QApplication, QMenu, QPushButton, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_dacapo.gui.models.recipes import Recipe


class CopyButton(QPushButton):
    """Copies a recipe to the clipboard.

    Parameters
    ----------
    recipe : callable
        Returns the recipe of this moment, `None` if there is nothing to repeat.
    """

    def __init__(
        self, recipe: Callable[[], Recipe | None], parent: QWidget | None = None
    ) -> None:
        super().__init__("Copy", parent)
        self._recipe = recipe
        menu = QMenu(self)

        self.setToolTip(
            "Copy what this dock does, to do it again elsewhere: on a cluster, in a "
            "script."
        )
        self.as_command = menu.addAction("as command")
        self.as_python = menu.addAction("as Python")
        self.setMenu(menu)

        self.as_command.triggered.connect(self._on_command)
        self.as_python.triggered.connect(self._on_python)

    @Slot()
    def _on_command(self) -> None:
        recipe = self._recipe()
        if recipe is not None and recipe.command:
            QApplication.clipboard().setText(recipe.command)
        elif recipe is not None:
            show_info("There is no command for this; copy it as Python.")

    @Slot()
    def _on_python(self) -> None:
        recipe = self._recipe()
        if recipe is not None:
            QApplication.clipboard().setText(recipe.python)
