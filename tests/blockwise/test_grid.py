"""The grid of blocks."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.blockwise import BlockGrid, iter_blocks
from napari_dacapo.geometry import Coordinate, Roi

EDGES = st.integers(1, 12)


@st.composite
def grids(draw):
    dims = draw(st.sampled_from([2, 3]))
    lengths = st.lists(EDGES, min_size=dims, max_size=dims)
    offset = draw(st.lists(st.integers(-9, 9), min_size=dims, max_size=dims))
    context = st.lists(st.integers(0, 4), min_size=dims, max_size=dims)
    return BlockGrid(
        Roi(offset, draw(lengths)), draw(lengths), draw(context), draw(context)
    )


@given(grids())
def test_blocks_cover_the_region_exactly_once(grid):
    covered = np.zeros(grid.total_write_roi.shape.as_integers(), int)
    blocks = list(grid)
    for block in blocks:
        covered[(block.write_roi - grid.total_write_roi.begin).to_slices()] += 1
    assert (covered == 1).all()
    assert len(blocks) == len(grid) == math.prod(grid.shape)
    assert [block.number for block in blocks] == list(range(len(grid)))
    assert [grid.block(number) for number in range(len(grid))] == blocks
    assert [block.index for block in blocks] == sorted(block.index for block in blocks)


@given(grids())
def test_blocks_read_their_context(grid):
    for block in grid:
        assert block.read_roi.begin == block.write_roi.begin - grid.context_low
        assert block.read_roi.end == block.write_roi.end + grid.context_high


def test_read_regions_can_be_kept_inside_the_data():
    total = Roi((0, 0), (10, 10))
    blocks = list(iter_blocks(total, (5, 5), (2, 2), (3, 3), total_read_roi=total))
    assert blocks[0].read_roi == Roi((0, 0), (8, 8))
    assert blocks[-1].read_roi == Roi((3, 3), (7, 7))


def test_overhanging_blocks_all_read_the_same_extent():
    total = Roi((0,), (10,))
    blocks = list(iter_blocks(total, (4,), (1,), (1,), fit="overhang"))
    assert [block.read_roi.shape for block in blocks] == [(6,)] * 3
    assert [block.write_roi for block in blocks] == [
        Roi((0,), (4,)),
        Roi((4,), (4,)),
        Roi((8,), (2,)),
    ]


def test_fractional_lengths_stay_exact():
    size = Coordinate(4.6, 3.24)
    total = Roi((Fraction(1, 3), 0), size * (7, 5))
    blocks = list(iter_blocks(total, size * (3, 2)))
    assert len(blocks) == 3 * 3
    assert blocks[-1].write_roi.end == total.end
    assert all(block.write_roi.shape.is_multiple_of(size) for block in blocks)


def test_an_empty_region_has_no_blocks():
    assert list(iter_blocks(Roi((0, 0), (0, 4)), (2, 2))) == []


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"block_shape": (2,)}, "same number of axes"),
        ({"block_shape": (2, 0)}, "block shape .* must be positive"),
        ({"context_low": (-1, 0)}, "must not be negative"),
        ({"fit": "valid"}, "fit must be 'shrink' or 'overhang', got 'valid'"),
    ],
)
def test_what_is_refused(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        iter_blocks(Roi((0, 0), (4, 4)), **{"block_shape": (2, 2), **options})
