"""``python -m napari_dacapo.gui.demo FOLDER RUN``: a finished run in the window."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import napari
from qtpy.QtCore import QObject, QTimer, Slot

from napari_dacapo.store import Project

from ._jobs import JobManager
from ._session import Session
from .arrange import RIGHT, open_all_docks, raise_dock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo.runs import RunConfig

    from .experiment import ExperimentWidget
    from .scores import ScoresWidget

#: how often to look whether everything is on the screen
POLL_MILLISECONDS = 200
#: how long the window has to be quiet before its picture is taken
QUIET_POLLS = 5
WINDOW_SIZE = (1600, 900)


class Show(QObject):
    """Shows a run with its best result, and takes a picture of that if asked to.

    Parameters
    ----------
    viewer : napari.Viewer
        Where to show it.
    folder : Path
        The project folder in which it was trained.
    run_config : RunConfig
        The run.
    screenshot : Path, optional
        Where the picture goes; the window closes after it was taken.
    dock : str
        Which of the docks on the right is in front.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        folder: Path,
        run_config: RunConfig,
        screenshot: Path | None = None,
        dock: str = RIGHT[0],
    ) -> None:
        super().__init__()
        self._viewer = viewer
        self._screenshot = screenshot
        self._quiet = 0
        self._timer = QTimer(self)
        self._session = Session.of(viewer)
        docks = open_all_docks(viewer)
        self._scores: ScoresWidget = docks["Scores"]

        self._session.monitor.scores_changed.connect(self._on_scores)
        self._timer.timeout.connect(self._on_poll)
        self._session.project_folder = folder
        self._session.run_name = run_config.name
        experiment: ExperimentWidget = docks["Experiment"]
        experiment.tour.is_offered = False
        experiment.show_run(run_config)
        self._front = docks[dock]
        if screenshot is not None:
            self._timer.start(POLL_MILLISECONDS)

    @Slot()
    def _on_scores(self) -> None:
        self._session.monitor.scores_changed.disconnect(self._on_scores)
        self._scores.show_best()

    @Slot()
    def _on_poll(self) -> None:
        busy = bool(JobManager.instance().jobs) or not self._viewer.layers
        self._quiet = 0 if busy else self._quiet + 1
        if self._quiet == 1:  # earlier the tabs are not there yet
            raise_dock(self._front)
        if self._quiet == QUIET_POLLS and self._screenshot is not None:
            self._timer.stop()
            self._viewer.screenshot(
                str(self._screenshot), canvas_only=False, flash=False
            )
            self._viewer.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the window; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a project folder")
    parser.add_argument("run", help="name of a run that is stored in it")
    parser.add_argument("--screenshot", type=Path, help="a .png file to write")
    parser.add_argument(
        "--dock", default="Experiment", choices=RIGHT, help="which dock is in front"
    )
    parser.add_argument("--theme", default="dark", choices=("dark", "light"))
    options = parser.parse_args(arguments)
    try:
        configs = Project(options.folder).configs
        run_config = configs.retrieve_run_config(options.run)
    except ValueError as error:
        parser.error(str(error))
    viewer = napari.Viewer()
    viewer.theme = options.theme
    viewer.window.resize(*WINDOW_SIZE)
    show = Show(viewer, options.folder, run_config, options.screenshot, options.dock)
    napari.run()
    del show  # it had to live as long as the window
    return 0


if __name__ == "__main__":
    sys.exit(main())
