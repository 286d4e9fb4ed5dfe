"""How large blocks become."""

import math

from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.blockwise import fitting_block_shape, memory_budget
from napari_dacapo.blockwise.memory import LARGEST_BUDGET

SHAPES = st.lists(st.integers(1, 300), min_size=2, max_size=3)


def test_the_budget_is_sensible():
    assert 2**20 < memory_budget() <= LARGEST_BUDGET


def test_what_fits_is_one_block():
    assert fitting_block_shape((100, 90, 80), (64, 64, 64), 10, 10**9) == (100, 90, 80)


def test_large_volumes_are_cut_along_chunks():
    shape = fitting_block_shape((1000, 1000, 1000), (64, 64, 64), 100, 10**9)
    assert math.prod(shape) * 100 <= 10**9
    assert all(edge % 64 == 0 for edge in shape)
    assert max(shape) <= min(shape) + 64


@given(SHAPES, st.integers(1, 64), st.integers(1, 10**6))
def test_blocks_fit_or_are_one_chunk(shape, chunk, budget):
    chunks = (chunk,) * len(shape)
    block = fitting_block_shape(shape, chunks, 1, budget)
    smallest = [min(chunk, edge) for edge in shape]
    assert math.prod(block) <= budget or list(block) == smallest
    assert all(b <= edge for b, edge in zip(block, shape, strict=True))
