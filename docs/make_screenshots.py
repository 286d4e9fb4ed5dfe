# noqa: INP001 - a script
"""Write ``images/<dock>_<theme>.png``: every dock in a real window, in both themes.

Run as ``python docs/make_screenshots.py [--only DOCK] [--project FOLDER]`` after the
window has changed. It trains on the built-in sample first (two minutes on two cores),
unless `FOLDER` is such a project; without a display a virtual one is used.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dacapo.cli._demo import RUN_NAME, run_demo
from napari_dacapo.system import display

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGES = Path(__file__).with_name("images")
THEMES = ("dark", "light")
LAPTOP, DESK = (1366, 768), (1920, 1080)
#: name of the project folder, which is seen in the pictures
PROJECT = "cells"
#: the picture of a training is taken that many iterations after it was continued
MORE, SEEN_AFTER = 400, 120
PATIENCE_SECONDS = 120.0
#: how long nothing has to happen before a picture is taken
QUIET_SECONDS = 1.0


class Studio:
    """All docks in a window, with the demo's run."""

    def __init__(self) -> None:
        import napari
        from qtpy.QtWidgets import QApplication

        from napari_dacapo.gui._session import Session
        from napari_dacapo.gui.arrange import open_all_docks
        from napari_dacapo.store import Project

        self.viewer: Any = napari.Viewer()
        self.app: Any = QApplication.instance()
        self.resize(LAPTOP)
        self.session = Session.of(self.viewer)
        # relative: a full path would tell about this machine
        self.session.project_folder = Path(PROJECT)
        self.docks: dict[str, Any] = open_all_docks(self.viewer)
        self.session.run_name = RUN_NAME
        self.until(lambda: self.session.monitor.data is not None)
        run_config = Project(Path(PROJECT)).configs.retrieve_run_config(RUN_NAME)
        self.docks["Experiment"].show_run(run_config)
        self.docks["Scores"].show_best()
        self.until(lambda: len(self.viewer.layers) > 2)

    def resize(self, size: tuple[int, int]) -> None:
        self.viewer.window.resize(*size)
        self.settle()

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the window work until `condition` is true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("the window did not come to what was waited for")
            self.app.processEvents()
            time.sleep(0.01)

    def settle(self, *, training: bool = False) -> None:
        """Wait until nothing is computed any more, apart from a training."""
        from napari_dacapo.gui._jobs import JobManager

        since = [time.monotonic()]

        def is_quiet() -> bool:
            if len(JobManager.instance().jobs) > training:
                since[0] = time.monotonic()
            return time.monotonic() - since[0] > QUIET_SECONDS

        self.until(is_quiet)

    def front(self, dock: str) -> Any:
        from napari_dacapo.gui.arrange import raise_dock

        widget = self.docks[dock]
        raise_dock(widget)
        self.until(widget.isVisible)
        return widget

    def picture(self, name: str, *, training: bool = False) -> None:
        """Write the window as it is, in both themes."""
        from napari._qt.dialogs.qt_notification import NapariQtNotification

        for theme in THEMES:
            self.viewer.theme = theme
            self.settle(training=training)
            for each in self.app.topLevelWidgets():
                for notification in each.findChildren(NapariQtNotification):
                    notification.close()
            path = IMAGES / f"{name}_{theme}.png"
            self.viewer.screenshot(str(path), canvas_only=False, flash=False)
            sys.stdout.write(f"{path}\n")


def experiment(studio: Studio) -> None:
    """Show the settings of the run."""
    studio.front("Experiment")
    studio.picture("experiment")


def boxes(studio: Studio) -> None:
    """Draw three boxes on the volume that was trained on."""
    from qtpy.QtWidgets import QScrollArea

    from napari_dacapo.geometry import Coordinate, Roi
    from napari_dacapo.gui.models.boxes import Box, Use

    dock = studio.front("Experiment")
    drawn = dock.run_editor.data.drawn
    shown = {layer: layer.visible for layer in studio.viewer.layers}
    for layer in shown:
        layer.visible = False
    drawn.button.click()
    studio.until(lambda: drawn.drawing.layer is not None)
    whole = drawn.drawing.grid.roi
    for use, begin, end in (
        (Use.TRAIN, 0.0, 0.35),
        (Use.VALIDATE, 0.7, 1.0),
        (Use.IGNORE, 0.1, 0.2),
    ):
        low, high = ([s * e for s in whole.shape[1:]] for e in (begin, end))
        first = whole.begin + Coordinate(0, *low)
        shape = Coordinate(
            whole.shape[0], *(h - b for b, h in zip(low, high, strict=True))
        )
        drawn.boxes.add(Box(use, drawn.drawing.grid.snapped(Roi(first, shape))))
    studio.viewer.reset_view()
    studio.settle()
    dock.findChild(QScrollArea).ensureWidgetVisible(drawn, 0, 40)
    studio.picture("boxes")
    while drawn.boxes.boxes:
        drawn.boxes.remove([0])
    for layer in list(studio.viewer.layers):
        layer.visible = shown.get(layer, False)


def scores(studio: Studio) -> None:
    """Show all scores, and the layers of the best one."""
    studio.front("Scores")
    studio.picture("scores")


def post_processing(studio: Studio) -> None:
    """Show the sliders and the scores below them."""
    dock = studio.front("Post-processing")
    studio.until(lambda: bool(dock.parameters.editors))
    studio.picture("post_processing")


def predict(studio: Studio) -> None:
    """Choose the volume to train on for the prediction, too."""
    from napari_dacapo.store import Project

    dock = studio.front("Predict")
    run_config = Project(Path(PROJECT)).configs.retrieve_run_config(RUN_NAME)
    dock.form.volume.setValue(run_config.datasplit_config.train_configs[0].raw_config)
    studio.picture("predict")


def window(studio: Studio) -> None:
    """Show the whole window on a larger screen."""
    studio.front("Scores")
    studio.resize(DESK)
    studio.viewer.reset_view()
    studio.picture("window")
    studio.resize(LAPTOP)
    studio.viewer.reset_view()


def training(studio: Studio) -> None:
    """Let the run go on, and look at it while it trains."""
    monitor = studio.session.monitor
    studio.front("Post-processing")
    begin = monitor.progress.iteration
    job = studio.session.train(RUN_NAME)
    job.set_num_iterations(begin + MORE)
    studio.until(lambda: job.progress.iteration > begin + SEEN_AFTER)
    studio.picture("training", training=True)
    job.stop()
    studio.settle()


DOCKS = (experiment, scores, post_processing, predict, window, boxes, training)


def main() -> None:
    """Take the pictures; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[dock.__name__ for dock in DOCKS])
    parser.add_argument("--project", type=Path, help="a folder made by `demo`")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _prepare(Path(folder), options.project)
        with display():
            take([d for d in DOCKS if options.only in (None, d.__name__)])


def _prepare(folder: Path, project: Path | None) -> None:
    """Work in `folder`, in which a project is, and away from the user's settings."""
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        os.environ[variable] = str(folder / "settings")
    if project is None:
        run_demo(folder / PROJECT, iterations=400, window=False)
    else:
        (folder / PROJECT).symlink_to(project.absolute())
    os.chdir(folder)


def take(docks: list[Callable[[Studio], None]]) -> None:
    """Open the window and let `docks` take their pictures."""
    warnings.simplefilter("ignore")  # of napari and vispy, not about us
    from napari_dacapo.gui._tour import seen_file

    seen_file().parent.mkdir(parents=True, exist_ok=True)
    seen_file().touch()
    IMAGES.mkdir(exist_ok=True)
    studio = Studio()
    for dock in docks:
        dock(studio)
    studio.viewer.close()


if __name__ == "__main__":
    main()
