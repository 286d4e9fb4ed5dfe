"""Functions in the background, of which only the latest counts."""

from __future__ import annotations

import threading
import time

import pytest

from napari_dacapo.errors import DataError
from napari_dacapo.gui._jobs import JobManager
from napari_dacapo.gui._latest import Latest


@pytest.fixture
def latest(qapp):
    return Latest("test")


def test_the_result_comes_from_another_thread(latest, qtbot):
    with qtbot.waitSignal(latest.done) as done:
        latest.submit(lambda a, b: (a + b, threading.current_thread()), 1, 2)
    value, thread = done.args[0]
    assert value == 3
    assert thread is not threading.main_thread()
    assert not latest.is_busy


def test_even_nothing_is_a_result(latest, qtbot):
    with qtbot.waitSignal(latest.done) as done:
        latest.submit(lambda: None)
    assert done.args == [None]


def test_of_many_requests_the_last_one_wins(latest, qtbot):
    results, computed = [], []
    latest.done.connect(results.append)

    def slow(value):
        computed.append(value)
        time.sleep(0.02)
        return value

    for value in range(100):
        latest.submit(slow, value)
    assert len(JobManager.instance().jobs) == 1
    qtbot.waitUntil(lambda: not latest.is_busy)
    assert results == [99], "results that are out of date are dropped"
    assert computed == [0, 99]


def test_an_error_is_told_and_the_next_request_works(latest, qtbot, notifications):
    def broken():
        raise DataError("raw: no such file")

    with qtbot.waitSignal(latest.failed) as failed:
        latest.submit(broken)
    assert failed.args == ["raw: no such file"]
    assert "raw: no such file" in notifications[-1].message
    with qtbot.waitSignal(latest.done):
        latest.submit(lambda: 1)


def test_a_request_may_follow_from_a_result(latest, qtbot):
    values = []

    def on_done(value):
        values.append(value)
        if value < 3:
            latest.submit(lambda: value + 1)

    latest.done.connect(on_done)
    latest.submit(lambda: 1)
    qtbot.waitUntil(lambda: values == [1, 2, 3])


def test_it_may_be_deleted_while_it_computes(qtbot):
    latest = Latest("test")
    latest.submit(time.sleep, 0.1)
    latest.deleteLater()
    del latest
    qtbot.waitUntil(lambda: not JobManager.instance().jobs)
