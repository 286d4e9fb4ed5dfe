"""The tour of the first run: five things to do, pointed at one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import platformdirs
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer, Slot
from qtpy.QtWidgets import QDockWidget, QScrollArea, QWidget

from ._napari_status import unproxied, window_of
from .arrange import open_all_docks, raise_dock
from .views.tour_bubble import TourBubble

if TYPE_CHECKING:
    from pathlib import Path

    import napari.viewer

    from .experiment import ExperimentWidget

#: the window is given time to take its size
DELAY_MILLISECONDS = 800
STEPS = (
    "<b>Choose data.</b> Drop a zarr or TIFF file here, or choose layers: the picture, "
    "and labels that somebody drew in it.",
    "<b>Draw boxes</b>, if only parts of the volume are labelled: green ones are "
    "trained on, blue ones validated on, grey ones ignored.",
    "<b>Suggest from data</b> looks at the volume and fills in everything below, with "
    "the reason at every value. Change what you know better.",
    "<b>Start training.</b> The window stays usable; the Training dock shows the loss, "
    "and pauses or stops the run. Nothing is lost.",
    "<b>Scores and sliders.</b> Every validation becomes a row of the Scores dock: a "
    "click shows its layers. Move the sliders of the Post-processing dock to see what "
    "becomes of the segmentation.",
)


class Tour(QObject):
    """Shows the tour once by itself, and whenever it is asked for.

    Parameters
    ----------
    dock : ExperimentWidget
        The dock that most of the steps are about.
    viewer : napari.Viewer
        Its viewer.

    Attributes
    ----------
    is_offered : bool
        Whether the tour may begin by itself.
    bubble : TourBubble or None
        What is shown.
    """

    def __init__(self, dock: ExperimentWidget, viewer: Any) -> None:
        super().__init__(dock)
        self._dock, self._viewer = dock, viewer
        self._step = 0
        self.is_offered = True
        self.bubble: TourBubble | None = None

    def offer(self) -> None:
        """Begin soon, if the user never saw the tour."""
        if self.is_offered and not seen_file().exists():
            QTimer.singleShot(DELAY_MILLISECONDS, self._on_offered)

    @Slot()
    def _on_offered(self) -> None:
        if self.is_offered and self._dock.isVisible() and not seen_file().exists():
            self.begin()

    @Slot()
    def begin(self) -> None:
        """Show the first step."""
        self.end()
        window = window_of(self._viewer)
        if window is None:
            return
        self._remember()
        bubble = TourBubble(window)
        bubble.next_wanted.connect(self._on_next)
        bubble.back_wanted.connect(self._on_back)
        bubble.ended.connect(self.end)
        self.bubble = bubble
        self._show(0)

    def _remember(self) -> None:
        self.is_offered = False
        file = seen_file()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        except OSError:
            return  # it is offered again then

    @Slot()
    def _on_next(self) -> None:
        if self._step + 1 < len(STEPS):
            self._show(self._step + 1)
        else:
            self.end()

    @Slot()
    def _on_back(self) -> None:
        self._show(max(0, self._step - 1))

    @Slot()
    def end(self) -> None:
        """Take the bubble away."""
        bubble, self.bubble = self.bubble, None
        if bubble is not None and isalive(bubble):
            bubble.end()

    def _show(self, step: int) -> None:
        if self.bubble is None:
            return
        self._step = step
        target = self._target(step)
        if target is not None:
            raise_dock(target)
            _scroll_to(target)
        self.bubble.show_step(step + 1, len(STEPS), STEPS[step], target)

    def _target(self, step: int) -> QWidget | None:
        data = self._dock.run_editor.data
        if step < 3:
            self._dock.run_editor.reveal(("datasplit_config",))
        own = (data.train, data.drawn, data.suggest_button, self._dock.start_button)
        if step < len(own):
            return own[step]
        window = window_of(self._viewer)
        docks = [] if window is None else window.findChildren(QDockWidget)
        found = (d.widget() for d in docks if d.windowTitle().startswith("Scores"))
        return next(found, None)


def show_tour(viewer: napari.viewer.Viewer) -> None:
    """Open all docks of this plugin, and show the tour."""
    viewer = unproxied(viewer)
    experiment: Any = open_all_docks(viewer)["Experiment"]
    experiment.tour.begin()


def seen_file() -> Path:
    """Return the file that exists once the tour was shown."""
    data = platformdirs.user_data_path("napari-dacapo", appauthor=False)
    return data / "tour seen"


def _scroll_to(target: QWidget) -> None:
    holder = target.parentWidget()
    while holder is not None and not isinstance(holder, QScrollArea):
        holder = holder.parentWidget()
    if isinstance(holder, QScrollArea):
        holder.ensureWidgetVisible(target)
