import threading
import time
import traceback

import pytest

from napari_dacapo.errors import DataError, RunError
from napari_dacapo.trainers._loading import Prefetcher


def loader_threads():
    names = [t.name for t in threading.enumerate()]
    return [name for name in names if name.startswith("napari-dacapo")]


@pytest.mark.parametrize("workers", [0, 1, 5])
def test_hands_out_in_order(workers):
    def make(number):
        time.sleep(0.002 * (number % 3))
        return number**2

    prefetcher = Prefetcher(make, start=4, workers=workers, ahead=7)
    assert [prefetcher.take() for _ in range(40)] == [n**2 for n in range(4, 44)]
    prefetcher.close()
    assert loader_threads() == []


def test_never_works_further_ahead_than_allowed():
    made = []
    prefetcher = Prefetcher(lambda n: made.append(n) or n, workers=3, ahead=4)
    prefetcher.start()
    time.sleep(0.1)
    assert sorted(made) == [0, 1, 2, 3]
    assert prefetcher.take() == 0
    time.sleep(0.1)
    assert sorted(made) == [0, 1, 2, 3, 4]
    prefetcher.close()


def fail_at_three(number):
    if number == 3:
        raise DataError("chunk 0.0.3 is damaged")
    return number


@pytest.mark.parametrize("workers", [0, 1, 5])
def test_failure_surfaces_with_its_traceback(workers):
    prefetcher = Prefetcher(fail_at_three, workers=workers)
    assert [prefetcher.take() for _ in range(3)] == [0, 1, 2]
    for _ in range(2):  # what failed once does not come back
        with pytest.raises(DataError, match="damaged") as caught:
            prefetcher.take()
        frames = traceback.extract_tb(caught.tb)
        assert "fail_at_three" in [frame.name for frame in frames]
    prefetcher.close()
    assert loader_threads() == []


@pytest.mark.parametrize("workers", [0, 2])
def test_after_close_nothing_is_handed_out(workers):
    prefetcher = Prefetcher(lambda n: n, workers=workers)
    prefetcher.take()
    prefetcher.close()
    prefetcher.close()
    with pytest.raises(RunError, match="build the batches again"):
        prefetcher.take()


def test_close_does_not_wait_for_what_has_not_begun():
    begun = []

    def slow(number):
        begun.append(number)
        time.sleep(0.1)
        return number

    prefetcher = Prefetcher(slow, workers=1, ahead=50)
    prefetcher.start()
    time.sleep(0.02)
    before = time.perf_counter()
    prefetcher.close()
    assert time.perf_counter() - before < 1
    assert len(begun) == 1


def test_cancel_from_another_thread_wakes_the_taker():
    release = threading.Event()
    prefetcher = Prefetcher(lambda n: release.wait(10), workers=1, ahead=3)
    failures = []

    def take():
        try:
            for _ in range(3):
                prefetcher.take()
        except RunError as error:
            failures.append(str(error))

    taker = threading.Thread(target=take)
    taker.start()
    time.sleep(0.05)
    prefetcher.cancel()
    release.set()
    taker.join(5)
    assert not taker.is_alive()
    assert "stopped" in failures[0]
    prefetcher.close()


def test_chained_prefetchers_close_while_both_work():
    release = threading.Event()

    def wait(number):
        release.wait(0.3)
        return number

    inner = Prefetcher(wait, workers=2, ahead=4)
    outer = Prefetcher(lambda n: inner.take() + inner.take(), workers=1)
    outer.start()
    time.sleep(0.05)
    outer.cancel()
    inner.close()
    outer.close()
    assert loader_threads() == []
