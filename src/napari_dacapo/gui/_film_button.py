"""The button that shows the snapshots of a run as a film."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Slot
from qtpy.QtWidgets import QPushButton, QWidget

from ._film_layers import FilmLayers
from ._latest import Latest
from ._napari_status import show_info
from .models.film import Films, load_films

if TYPE_CHECKING:
    from ._session import Session
    from .models import RunProgress

NO_RUN = "Choose a run whose film to show."
NO_SNAPSHOTS = (
    "This run has no snapshots. The Snapshot button takes one while it trains; the "
    "field 'snapshot interval' of the trainer takes them regularly."
)


class FilmButton(QPushButton):
    """Shows the film of the run that is looked at, and keeps it up to date.

    Parameters
    ----------
    viewer : napari.Viewer
        Where to show it.
    session : Session
        Knows the run.
    """

    def __init__(
        self, viewer: Any, session: Session, parent: QWidget | None = None
    ) -> None:
        super().__init__("Film", parent)
        self._session = session
        self._layers = FilmLayers(viewer)
        self._loader = Latest("read snapshots", self)

        self.setToolTip(
            "Show the snapshots as layers: input, target and prediction, with the "
            "iterations along a slider. A click on a curve goes to the nearest one."
        )
        self.clicked.connect(self._load)
        self._loader.done.connect(self._on_loaded)

    def follow(self, progress: RunProgress) -> None:
        """Read the film again if it is shown and a snapshot was stored since."""
        if self._layers.is_shown and self._layers.is_behind(progress):
            self._load()

    def go_to(self, iteration: int) -> None:
        """Show the pictures nearest to `iteration`, if the film is shown."""
        self._layers.go_to(iteration)

    @Slot()
    def _load(self) -> None:
        if self._session.run_name:
            self._loader.submit(
                load_films, self._session.project_folder, self._session.run_name
            )
        else:
            show_info(NO_RUN)

    @Slot(object)
    def _on_loaded(self, films: Films) -> None:
        if films.run != self._session.run_name:
            return
        if films.films:
            self._layers.show(films)
        elif not self._layers.is_shown:
            show_info(NO_SNAPSHOTS)
