"""Jobs on threads: events, commands, failures, queue, closing."""

from __future__ import annotations

import threading
import time

import pytest
from gui_engines import failing, iteration, training
from qtpy.QtCore import QThread

from napari_dacapo.errors import DaCapoError, DataError
from napari_dacapo.events import IterationDone, RunFinished, ValidationStarted
from napari_dacapo.gui._job import UPDATE_MILLISECONDS
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._state import RunState


@pytest.fixture
def manager(qapp):
    return JobManager.instance()


class Listener:
    """Writes down what a job tells, and checks that it tells it to the GUI thread."""

    def __init__(self, job):
        self.batches, self.states, self.texts, self.times = [], [], [], []
        job.events.connect(self._on_events)
        job.state_changed.connect(self.states.append)
        job.failed.connect(self.texts.append)

    def _on_events(self, events):
        assert threading.current_thread() is threading.main_thread()
        self.batches.append(events)
        self.times.append(time.monotonic())

    @property
    def events(self):
        return [event for batch in self.batches for event in batch]


def test_a_job_delivers_every_event_in_order(manager, qtbot):
    job = manager.start(training(total=200, seconds=0), "count")
    heard = Listener(job)
    with qtbot.waitSignal(job.finished):
        pass
    numbers = [e.iteration for e in heard.events if isinstance(e, IterationDone)]
    assert numbers == list(range(200))
    assert isinstance(heard.events[-1], RunFinished)
    assert heard.states == [RunState.TRAINING, RunState.DONE]
    assert job.progress.iteration == 200
    assert not job.is_running


def test_at_most_ten_updates_a_second(manager, qtbot):
    job = manager.start(training(total=400, seconds=0.002), "fast")
    heard = Listener(job)
    with qtbot.waitSignal(job.finished, timeout=20_000):
        pass
    gaps = [b - a for a, b in zip(heard.times[:-2], heard.times[1:-1], strict=True)]
    assert len(gaps) >= 3
    assert min(gaps) > 0.8 * UPDATE_MILLISECONDS / 1000


def test_pause_resume_and_stop(manager, qtbot):
    closed = []
    job = manager.start(training(total=100_000, closed=closed), "long")
    heard = Listener(job)
    qtbot.waitUntil(lambda: job.state is RunState.TRAINING)
    job.pause()
    qtbot.waitUntil(lambda: job.state is RunState.PAUSED)
    held = job.progress.iteration
    qtbot.wait(250)
    assert job.progress.iteration == held
    job.resume()
    qtbot.waitUntil(lambda: job.progress.iteration > held)
    with qtbot.waitSignal(job.finished):
        job.stop()
        assert job.state is RunState.STOPPING
    assert heard.states == [
        RunState.TRAINING,
        RunState.PAUSED,
        RunState.TRAINING,
        RunState.STOPPING,
        RunState.DONE,
    ]
    assert closed == [True]


def test_a_paused_job_can_be_stopped(manager, qtbot):
    job = manager.start(training(total=100_000), "long")
    job.pause()
    qtbot.waitUntil(lambda: job.state is RunState.PAUSED)
    with qtbot.waitSignal(job.finished):
        job.stop()
    assert job.state is RunState.DONE


def test_more_iterations_while_it_runs(manager, qtbot):
    job = manager.start(training(total=100_000), "long")
    qtbot.waitUntil(lambda: job.progress.iteration > 5)
    with qtbot.waitSignal(job.finished):
        job.set_num_iterations(100)
    assert job.progress.iteration == max(100, job.progress.iteration)
    assert job.state is RunState.DONE


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (RuntimeError("shapes cannot be multiplied"), "shapes cannot be multiplied"),
        (DataError("raw: empty; choose another file"), "raw: empty; choose another"),
        (RuntimeError("CUDA out of memory. Tried ..."), "smaller batch size"),
        (StopIteration(), "generator raised StopIteration"),
    ],
    ids=["torch", "ours", "memory", "generator"],
)
def test_any_error_ends_the_job_and_tells_the_user(
    manager, qtbot, notifications, caplog, error, text
):
    job = manager.start(failing(error), "train x")
    heard = Listener(job)
    with qtbot.waitSignals([job.failed, job.finished], order="strict"):
        pass
    assert job.state is RunState.FAILED
    assert text in heard.texts[0]
    assert text in notifications[-1].message
    assert RunState.DONE not in heard.states, "nothing is called a success"
    assert not any(isinstance(event, RunFinished) for event in heard.events)
    assert job.progress.iteration == 3, "what was done before the error is kept"
    expected = isinstance(error, DaCapoError)
    assert ("Traceback" in caplog.text) is not expected, "only of what is a defect"
    assert not manager.jobs


def test_an_error_while_the_generator_is_made(manager, qtbot):
    def source(control):
        raise DataError("project.yaml: unreadable")

    job = manager.start(source, "open")
    with qtbot.waitSignal(job.finished):
        pass
    assert (job.state, job.error) == (RunState.FAILED, "project.yaml: unreadable")


def test_after_a_failure_one_can_train_again(manager, qtbot):
    key = ("train", "folder", "run")
    first = manager.enqueue(failing(RuntimeError("no")), "train", key)
    with qtbot.waitSignal(first.finished):
        pass
    second = manager.enqueue(training(total=5), "train", key)
    assert second is not first
    with qtbot.waitSignal(second.finished):
        pass
    assert second.state is RunState.DONE
    assert second.progress.iteration == 5


def test_the_queue_trains_one_run_after_the_other(manager, qtbot):
    jobs = [manager.enqueue(training(total=20), f"run {i}", i) for i in range(3)]
    assert [job.is_running for job in jobs] == [True, False, False]
    assert [manager.jobs_ahead(job) for job in jobs] == [0, 1, 2]
    order = []
    for job in jobs:
        job.finished.connect(lambda job=job: order.append(job))
    qtbot.waitUntil(lambda: len(order) == 3)
    assert order == jobs


def test_a_waiting_run_can_be_taken_out_of_the_queue(manager, qtbot):
    first = manager.enqueue(training(total=100_000), "first", 1)
    second = manager.enqueue(training(), "second", 2)
    with qtbot.waitSignal(second.finished):
        second.stop()
    assert second.state is RunState.DONE
    assert second.progress.iteration == 0
    with qtbot.waitSignal(first.finished):
        first.stop()


def test_starting_a_queued_run_again_gives_the_same_job(manager):
    first = manager.enqueue(training(total=100_000), "run", "key")
    assert manager.enqueue(training(), "run", "key") is first
    assert len(manager.jobs) == 1


def test_a_click_storm_leaves_one_thread_and_a_clean_end(manager, qtbot):
    threads = set()
    for _ in range(50):
        job = manager.enqueue(training(total=100_000), "run", "key")
        job.pause()
        job.resume()
        job.stop()
        threads.add(job)
        qtbot.wait(3)
    qtbot.waitUntil(lambda: not manager.jobs)
    assert all(job.state is RunState.DONE for job in threads)
    assert not any(job.is_running for job in threads)


def test_closing_stops_and_joins_everything_at_once(manager):
    jobs = [
        manager.enqueue(training(total=100_000), "a", 1),
        manager.enqueue(training(total=100_000), "b", 2),
        manager.start(training(total=100_000), "c"),
    ]
    jobs[0].pause()
    begin = time.monotonic()
    assert manager.stop_and_wait()
    assert manager.stop_and_wait(), "calling it again does no harm"
    assert time.monotonic() - begin < 1
    assert not any(job.is_running for job in jobs)


@pytest.mark.alone
def test_events_do_not_pile_up_behind_a_busy_window(manager, qtbot):
    job = manager.start(training(total=3000, seconds=0), "fast")
    heard = Listener(job)
    time.sleep(0.5)  # the window is busy, the thread goes on
    begin = time.monotonic()
    with qtbot.waitSignal(job.finished):
        pass
    seconds = time.monotonic() - begin
    assert len(heard.batches) <= 2 + seconds * 1000 / UPDATE_MILLISECONDS
    assert job.progress.iteration == 3000


def test_work_is_done_in_a_thread_of_its_own(manager, qtbot):
    seen = []

    def source(control):
        seen.append(QThread.currentThread())
        yield iteration(0)

    job = manager.start(source, "where")
    with qtbot.waitSignal(job.finished):
        pass
    assert seen[0] is not QThread.currentThread()


def test_napari_knows_that_work_goes_on(manager, viewer, qtbot):
    tasks = viewer.window._task_status_manager
    job = manager.enqueue(training(total=100_000), "train cells")
    assert tasks.get_status() == ["napari-dacapo: train cells"]
    quick = manager.start(training(total=1), "a look at a file")
    assert len(tasks.get_status()) == 1, "nobody is asked about short work"
    with qtbot.waitSignals([quick.finished, job.finished]):
        job.stop()
    assert not tasks.is_busy()


def test_after_a_failure_nothing_looks_busy(manager, viewer, qtbot):
    def source(control):
        yield from training(total=3)(control)
        yield ValidationStarted(3, ("crop",))
        raise RuntimeError("broken")

    job = manager.enqueue(source, "train cells")
    with qtbot.waitSignal(job.finished):
        pass
    assert not viewer.window._task_status_manager.is_busy()
    assert job.progress.activity == ""
    assert job.progress.seconds_left is None
    assert not manager.jobs


def test_closing_the_viewer_stops_the_work_and_the_application_goes_on(
    manager, make_napari_viewer, qtbot
):
    viewer = make_napari_viewer()
    job = manager.enqueue(training(total=100_000), "train cells")
    qtbot.waitUntil(lambda: job.state is RunState.TRAINING)
    viewer.close()
    assert not job.is_running
    qtbot.waitUntil(lambda: job.state is RunState.DONE)


def test_a_volume_is_predicted_by_a_job(manager, qtbot, trained_folder):
    from napari_dacapo.arrays import ZarrArray
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.gui.models import load_run

    raw = load_run(trained_folder, "cells").config.datasplit_config.train_configs[0]
    job = manager.start_prediction(
        trained_folder,
        run="cells",
        iteration=None,
        input_container=raw.raw_config.file_name,
        input_dataset=raw.raw_config.dataset,
    )
    heard = Listener(job)
    with qtbot.waitSignal(job.finished, timeout=60_000):
        pass
    assert (job.state, job.error) == (RunState.DONE, "")
    assert heard.states == [RunState.TRAINING, RunState.DONE]
    place = LocalArrayIdentifier(*job.progress.predicted)
    assert ZarrArray.open_from_array_identifier(place).shape == (16, 64, 64)
