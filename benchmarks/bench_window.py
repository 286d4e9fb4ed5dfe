"""Time from a change of the form to the picture of the preview, in a real window.

Everything is proposed from the data first; then augments, task and network are changed
as a user does, and the clock runs until the new picture of raw data is painted. Prints
median, 95th percentile and maximum, and the largest gap in the event loop meanwhile.
Without ``--raw`` and ``--gt`` the data are the built-in sample volume. Usage::

    python benchmarks/bench_window.py [--raw R --gt G] [--repeats 30] [--layers]
"""

import argparse
import itertools
import os
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from napari_dacapo.system import display

#: seconds that a picture may take before the measurement is given up
PATIENCE = 60


class Clock:
    """Waits for things to happen in the window, and for its largest gap."""

    def __init__(self, panel):
        from qtpy.QtCore import QEvent, QObject, QTimer

        clock = self

        class Painted(QObject):
            def eventFilter(self, watched, event):  # noqa: N802 - of Qt
                if event.type() == QEvent.Type.Paint:
                    clock.painted = panel.sample
                return False

        self.painted = None
        self._filter, self._panel = Painted(), panel
        panel.pictures.raw.installEventFilter(self._filter)
        self._last, self.gap = time.perf_counter(), 0.0
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(5)

    def _tick(self):
        now = time.perf_counter()
        self.gap, self._last = max(self.gap, now - self._last), now

    def until(self, condition):
        from qtpy.QtWidgets import QApplication

        end = time.perf_counter() + PATIENCE
        while not condition():
            QApplication.processEvents()
            time.sleep(0.0005)
            if time.perf_counter() > end:
                raise SystemExit(f"gave up: {self._panel.status.text()}")

    def seconds(self, change):
        """Return how long it takes from `change` until its picture is painted."""
        before = self._panel.sample
        begin = time.perf_counter()
        change()
        self.until(lambda: self.painted is not before and self.painted is not None)
        return time.perf_counter() - begin


def data(options, folder):
    """Return the configs of raw data and labels."""
    from napari_dacapo.arrays.opening import open_path

    if options.raw:
        return open_path(options.raw), open_path(options.gt)
    from napari_dacapo.samples import synthetic_cells, write_sample

    places = write_sample(folder / "cells.zarr", synthetic_cells((16, 96, 96)))
    return tuple(
        open_path(str(places[kind].container / places[kind].dataset))
        for kind in ("raw", "classes")
    )


def changes(dock):
    """Yield names of changes and functions that make the next one."""
    from napari_dacapo.trainers.augments import IntensityAugmentConfig

    shifts, scales = itertools.cycle((0.01, 0.02)), itertools.cycle((1.1, 1.2))
    trainer, task = (dock.run_editor.part(f"{n}_config") for n in ("trainer", "task"))
    kept = [
        augment
        for augment in trainer.value().augments
        if not isinstance(augment, IntensityAugmentConfig)
    ]

    def change_augment():
        shift = next(shifts)
        augments = [*kept, IntensityAugmentConfig((0.9, 1.1), (-shift, shift))]
        trainer.setValue(_evolved(trainer.value(), augments=augments))

    yield "an augment", change_augment
    yield "the next sample", dock.preview.another.click
    if hasattr(task.value(), "scale_factor"):
        factor = task.value().scale_factor

        def change_task():
            value = factor * next(scales)
            task.setValue(_evolved(task.value(), scale_factor=value))

        yield "the task", change_task
    network = dock.run_editor.part("architecture_config")
    numbers = itertools.cycle((6, 8))

    def change_network():
        network.setValue(_evolved(network.value(), num_fmaps=next(numbers)))

    yield "the network", change_network


def _evolved(config, **values):
    import attrs

    return attrs.evolve(config, **values)


def measure(options, folder):
    import napari

    from napari_dacapo.gui.experiment import ExperimentWidget
    from napari_dacapo.runs import suggest

    viewer = napari.Viewer(show=True)
    viewer.window.resize(1366, 768)
    dock = ExperimentWidget(viewer)
    dock.folder.setValue(folder / "project")
    viewer.window.add_dock_widget(dock, name="Experiment", area="right")
    run_config = suggest([data(options, folder)]).run_config
    print(f"input shape {run_config.architecture_config.input_shape}")
    dock.show_run(run_config)
    clock = Clock(dock.preview)
    dock.preview.toggle.open()
    clock.until(lambda: clock.painted is not None)
    dock.preview.as_layers.setChecked(options.layers)
    print(f"{'change of':<18} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8} {'gap ms':>8}")
    for name, change in changes(dock):
        clock.seconds(change)  # the first one imports
        clock.gap = 0.0
        times = [1000 * clock.seconds(change) for _ in range(options.repeats)]
        middle, late = np.percentile(times, (50, 95))
        gap = 1000 * clock.gap
        print(f"{name:<18} {middle:8.0f} {late:8.0f} {max(times):8.0f} {gap:8.0f}")
    viewer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw", help="raw volume, such as a.zarr/em/s0")
    parser.add_argument("--gt", help="labels of it")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--layers", action="store_true", help="show layers as well")
    options = parser.parse_args()
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}")
    with tempfile.TemporaryDirectory() as folder, display():
        os.environ["XDG_CONFIG_HOME"] = folder
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            measure(options, Path(folder))


if __name__ == "__main__":
    main()
