"""Small engines: real generators of events, without torch."""

from __future__ import annotations

import time

from napari_dacapo.events import (
    FinishReason,
    IterationDone,
    Paused,
    Resumed,
    RunFinished,
    RunStarted,
)


def iteration(number, total=100, loss=1.0, seconds=0.01, waited=0.002):
    return IterationDone(number, total, loss, seconds, waited, 1e-4)


def training(total=50, seconds=0.001, start=0, closed=None, run="small"):
    """Return a source that trains for `total` iterations and obeys its control."""

    def source(control):
        yield RunStarted(run, start, total, "cpu", "no graphics card")
        done = start
        try:
            while done < control.num_iterations(total):
                if control.stop_requested:
                    yield RunFinished(run, done, FinishReason.STOPPED)
                    return
                if control.pause_requested:
                    yield Paused(done)
                    control.wait_while_paused()
                    yield Resumed(done)
                    continue
                time.sleep(seconds)
                number = control.num_iterations(total)
                yield iteration(done, number, 1 / (1 + done), seconds or 0.01)
                done += 1
            yield RunFinished(run, done, FinishReason.COMPLETED)
        finally:
            if closed is not None:
                closed.append(True)

    return source


def failing(error, after=3):
    """Return a source that raises `error` after some iterations."""

    def source(control):
        yield RunStarted("failing", 0, 10, "cpu", "no graphics card")
        for number in range(after):
            yield iteration(number, 10)
        raise error

    return source
