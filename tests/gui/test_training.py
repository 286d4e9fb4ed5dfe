"""The Training dock on real jobs, with small engines and with the real one."""

from __future__ import annotations

import attrs
import pytest
from gui_engines import failing, training
from gui_projects import run_config
from qtpy.QtCore import Qt

from napari_dacapo.events import Warned
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._state import RunState, button_states
from napari_dacapo.gui.scores import ScoresWidget
from napari_dacapo.gui.training import TrainingWidget


@pytest.fixture
def widget(viewer, session):
    widget = TrainingWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Training")
    return widget


@pytest.fixture
def begin(session):
    """Start a small engine as the training of the run that is looked at."""

    def begin(source, name="small"):
        session.run_name = name
        key = ("train", session.project_folder, name)
        return JobManager.instance().enqueue(source, f"train {name}", key)

    return begin


def enabled(widget):
    return (
        widget.start_button.isEnabled(),
        widget.pause_button.isEnabled(),
        widget.stop_button.isEnabled(),
        widget.iterations.isEnabled(),
    )


def expected(state):
    buttons = button_states(state)
    return buttons.start, buttons.pause or buttons.resume, buttons.stop, buttons.more


def test_every_control_says_what_it_does(widget):
    for control in (
        widget.start_button,
        widget.pause_button,
        widget.stop_button,
        widget.iterations,
        widget.run_picker,
        widget.compare_button,
        widget.loss_plot.smoothing,
        widget.loss_plot.log_scale,
        widget.score_plot.criterion,
    ):
        assert len(control.toolTip()) > 15


def test_buttons_follow_the_state_through_a_whole_run(widget, begin, qtbot):
    assert enabled(widget) == expected(RunState.IDLE)
    job = begin(training(total=100_000))
    assert enabled(widget) == expected(RunState.PREPARING)
    qtbot.waitUntil(lambda: job.state is RunState.TRAINING)
    assert enabled(widget) == expected(RunState.TRAINING)
    widget.pause_button.click()
    qtbot.waitUntil(lambda: job.state is RunState.PAUSED)
    assert enabled(widget) == expected(RunState.PAUSED)
    assert widget.pause_button.text() == "Resume"
    widget.pause_button.click()
    qtbot.waitUntil(lambda: job.state is RunState.TRAINING)
    assert widget.pause_button.text() == "Pause"
    widget.stop_button.click()
    assert enabled(widget) == expected(RunState.STOPPING)
    qtbot.waitUntil(lambda: job.state is RunState.DONE)
    assert enabled(widget) == expected(RunState.DONE)
    assert widget.start_button.text() == "Continue"


@pytest.mark.parametrize("error", [RuntimeError("mat1 and mat2"), OSError("gone")])
def test_a_failure_is_told_and_the_buttons_come_back(
    widget, begin, qtbot, notifications, error
):
    job = begin(failing(error))
    qtbot.waitUntil(lambda: job.state is RunState.FAILED)
    assert str(error) in notifications[-1].message
    assert enabled(widget) == expected(RunState.FAILED)
    assert widget.status.state.text() == "failed"
    assert widget.status.bar.maximum() > 0, "a bar without end would look busy"
    assert not widget._memory_timer.isActive()
    again = begin(training(total=5))
    qtbot.waitUntil(lambda: again.state is RunState.DONE)
    assert widget.status.state.text() == "done"


def test_start_without_a_run_tells_what_is_missing(widget, notifications):
    widget.start_button.click()
    assert "Experiment dock" in notifications[-1].message


def test_progress_is_shown_while_it_trains(widget, begin, qtbot):
    job = begin(training(total=60, seconds=0.01))
    qtbot.waitUntil(lambda: job.state is RunState.DONE)
    assert widget.status.bar.format() == "60 of 60 iterations"
    assert "it/s" in widget.status.details.text()
    assert "cpu (no graphics card)" in widget.status.details.text()
    assert "GiB" in widget.status.details.text()
    raw = widget.loss_plot.plot_widget.plot.listDataItems()[0]
    assert len(raw.xData) == 60


def test_more_iterations_while_it_trains(widget, begin, qtbot):
    job = begin(training(total=100_000))
    qtbot.waitUntil(lambda: job.progress.iteration > 3)
    widget.iterations.setValue(80)
    qtbot.waitUntil(lambda: job.state is RunState.DONE)
    assert job.progress.iteration >= 80
    assert job.progress.num_iterations == 80


def test_a_waiting_run_says_so(widget, begin, session, qtbot):
    first = begin(training(total=100_000), "first")
    second = begin(training(total=5), "second")
    assert widget.status.state.text() == "waiting for 1 run"
    first.stop()
    qtbot.waitUntil(lambda: second.state is RunState.DONE)
    assert widget.status.state.text() == "done"


def test_a_click_storm_ends_well(widget, session, qtbot, tmp_path):
    session.run_config = run_config(tmp_path / "data", num_iterations=100_000)
    for _ in range(15):
        widget.start_button.click()
        widget.stop_button.click()
        widget.pause_button.click()
        qtbot.wait(5)
    running = [job for job in JobManager.instance().jobs if "train" in str(job.key)]
    assert len(running) <= 1
    JobManager.instance().stop_and_wait()
    # torch may just be imported, which cannot be interrupted
    qtbot.waitUntil(lambda: enabled(widget) == expected(RunState.DONE), timeout=60_000)


def test_a_dock_closed_and_opened_again_shows_the_same_training(
    viewer, session, begin, qtbot
):
    first = TrainingWidget(viewer)
    dock = viewer.window.add_dock_widget(first, name="Training")
    job = begin(training(total=100_000))
    qtbot.waitUntil(lambda: job.progress.iteration > 10)
    dock.destroyOnClose()  # what the dock's x does
    qtbot.wait(150)
    assert job.state is RunState.TRAINING, "closing the dock does not end the training"
    second = TrainingWidget(viewer)
    viewer.window.add_dock_widget(second, name="Training")
    assert enabled(second) == expected(RunState.TRAINING)
    raw = second.loss_plot.plot_widget.plot.listDataItems()[0]
    assert raw.xData[0] == 0
    qtbot.waitUntil(lambda: len(raw.xData) > 30)
    second.stop_button.click()
    qtbot.waitUntil(lambda: job.state is RunState.DONE)


def test_changing_the_viewer_while_it_trains_does_no_harm(widget, viewer, begin, qtbot):
    import numpy as np

    layer = viewer.add_image(np.zeros((4, 5, 6)))
    job = begin(training(total=100_000))
    qtbot.waitUntil(lambda: job.state is RunState.TRAINING)
    layer.name = "renamed"
    viewer.layers.remove(layer)
    viewer.theme = "light"
    viewer.add_image(np.zeros((4, 5, 6)))
    before = job.progress.iteration
    qtbot.waitUntil(lambda: job.progress.iteration > before)
    assert job.state is RunState.TRAINING


def test_slots_run_in_the_windows_thread(widget, begin, qtbot):
    import threading

    seen = {}

    def note(name):
        return lambda *_: seen.setdefault(name, set()).add(threading.current_thread())

    # direct: in the thread of whoever changes something, not in that of the listener
    direct = Qt.ConnectionType.DirectConnection
    model = widget.run_picker.model()
    widget._monitor.updated.connect(note("updated"), direct)
    model.rowsInserted.connect(note("combo box"), direct)
    job = begin(training(total=50))
    qtbot.waitUntil(lambda: job.state is RunState.DONE)
    widget.run_picker.reload()
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert set.union(*seen.values()) == {threading.main_thread()}


def test_warnings_of_the_engine_reach_the_user(widget, begin, qtbot, notifications):
    def source(control):
        yield Warned("there is no validation dataset")

    job = begin(source)
    qtbot.waitUntil(lambda: job.state is RunState.DONE)
    assert notifications[-1].message == "there is no validation dataset"


def test_a_real_run_trains_stops_and_goes_on(
    widget, session, qtbot, tmp_path, notifications
):
    session.run_config = run_config(tmp_path / "data", num_iterations=100_000)
    assert widget.run_picker.currentText() == "cells"
    widget.start_button.click()
    monitor = session.monitor
    qtbot.waitUntil(lambda: monitor.progress.iteration >= 4, timeout=60_000)
    widget.stop_button.click()
    qtbot.waitUntil(lambda: monitor.state is RunState.DONE, timeout=20_000)
    qtbot.waitUntil(lambda: monitor.scores is not None and len(monitor.scores.rows) > 2)
    reached = monitor.progress.iteration

    widget.iterations.setValue(reached + 2)
    session.run_config = attrs.evolve(session.run_config, num_iterations=reached + 2)
    assert widget.start_button.text() == "Continue"
    widget.start_button.click()
    qtbot.waitUntil(
        lambda: monitor.state is RunState.DONE and monitor.job is not None,
        timeout=20_000,
    )
    assert monitor.progress.iteration == reached + 2
    iterations = list(monitor.progress.loss.x)
    assert iterations == list(range(reached + 2)), "stored and new losses join"
    assert not [n for n in notifications if str(n.severity) == "error"]


def test_a_stored_run_is_shown_without_training(widget, session, trained_folder, qtbot):
    session.project_folder = trained_folder
    qtbot.waitUntil(lambda: widget.run_picker.findText("cells") >= 0)
    widget.run_picker.setCurrentText("cells")
    qtbot.waitUntil(lambda: session.monitor.data is not None)
    assert enabled(widget) == expected(RunState.IDLE)
    assert widget.status.bar.format() == "6 of 6 iterations"
    assert widget.iterations.value() == 6
    raw = widget.loss_plot.plot_widget.plot.listDataItems()[0]
    assert len(raw.xData) == 6
    widget.score_plot.criterion.setCurrentText("organelle__f1_score")
    items = widget.score_plot.plot_widget.plot.listDataItems()
    curve = next(item for item in items if item.name() == "crop")
    assert list(curve.xData) == [3, 6]


def test_losses_of_other_runs_are_compared(widget, session, trained_folder, qtbot):
    session.project_folder = trained_folder
    qtbot.waitUntil(lambda: widget.compare_button.isEnabled())
    widget.compare_button.menu().actions()[0].trigger()
    plot = widget.loss_plot.plot_widget.plot
    qtbot.waitUntil(lambda: len(plot.listDataItems()) == 3)
    assert plot.listDataItems()[2].name() == "cells"


def test_a_click_on_a_curve_chooses_the_validation_there(
    widget, viewer, session, trained_folder, qtbot
):
    session.project_folder = trained_folder
    session.run_name = "cells"
    scores = ScoresWidget(viewer)
    viewer.window.add_dock_widget(scores, name="Scores")
    qtbot.waitUntil(lambda: scores.items.rowCount() == 6)
    widget.score_plot.plot_widget.picked.emit(2.6)
    assert session.result[:2] == (3, "crop")
    widget.loss_plot.plot_widget.picked.emit(5.0)
    assert session.result[:2] == (6, "crop")
    for plot in (widget.loss_plot, widget.score_plot):
        assert plot.plot_widget.mark.isVisible()
        assert plot.plot_widget.mark.value() == 6
    assert scores.table.chosen_rows()[0].key == session.result
    qtbot.waitUntil(lambda: len(viewer.layers) == 4)
    session.run_name = ""
    assert not widget.loss_plot.plot_widget.mark.isVisible()
