"""Running a function over blocks."""

import pytest

from napari_dacapo.blockwise import BlockGrid, run_blocks
from napari_dacapo.errors import DataError, RunError
from napari_dacapo.geometry import Coordinate, Roi

NONE = Coordinate(0, 0)
GRID = BlockGrid(Roi((0, 0), (4, 4)), (2, 2), NONE, NONE)


def test_blocks_are_processed_in_order_and_reported():
    seen, reported = [], []
    finished = run_blocks(
        GRID,
        lambda block: seen.append(block.number),
        progress=lambda done, total, block: reported.append((done, total, block)),
    )
    assert finished
    assert seen == [0, 1, 2, 3]
    assert [(done, total) for done, total, _ in reported] == [
        (number, 4) for number in (1, 2, 3, 4)
    ]
    assert reported[-1][2].write_roi == Roi((2, 2), (2, 2))


def test_work_can_be_cancelled_between_blocks():
    seen = []
    finished = run_blocks(GRID, seen.append, cancelled=lambda: len(seen) == 2)
    assert not finished
    assert len(seen) == 2


def test_an_exception_of_the_progress_callback_ends_the_work():
    class StopAskedForError(Exception):
        pass

    def stop(*_):
        raise StopAskedForError

    with pytest.raises(StopAskedForError):
        run_blocks(GRID, lambda _: None, progress=stop)


def test_a_failure_names_its_block():
    def fail(block):
        if block.number == 2:
            raise ZeroDivisionError("nothing to divide")

    with pytest.raises(
        RunError, match=r"block 3 of 4 .*\[2:4, 0:2\] failed: nothing"
    ) as caught:
        run_blocks(GRID, fail)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_errors_meant_for_users_pass_unchanged():
    def refuse(_):
        raise DataError("wrong scale")

    with pytest.raises(DataError, match=r"^wrong scale$"):
        run_blocks(GRID, refuse)
