"""Joining the pieces of objects across blocks."""

import cc3d
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_dacapo.arrays import NumpyArray
from napari_dacapo.blockwise import (
    BlockGrid,
    Pieces,
    Stitcher,
    relabel,
    same_objects,
)
from napari_dacapo.geometry import Coordinate, Roi

OFFSET, VOXEL_SIZE = (40, -8), Coordinate(4.6, 3)


def stored(values):
    roi = Roi(OFFSET, VOXEL_SIZE * values.shape)
    return NumpyArray.from_np_array(values, roi, VOXEL_SIZE, ["y", "x"])


def grid_over(array, block_shape, context=1):
    edges = VOXEL_SIZE * (context, context)
    return BlockGrid(array.roi, VOXEL_SIZE * block_shape, edges, edges, array.roi)


def stitched(values, segment, block_shape, overlap=0.5):
    source, store = stored(values), stored(np.zeros(values.shape, np.uint64))
    grid = grid_over(source, block_shape)
    stitcher = Stitcher(grid, store, VOXEL_SIZE, overlap)
    objects = stitcher.label(lambda roi: segment(source[roi]))
    return objects, store, grid


def regions(mask):
    return Pieces(cc3d.connected_components(np.ascontiguousarray(mask), connectivity=4))


@settings(max_examples=60)
@given(
    hnp.arrays(bool, st.tuples(st.integers(1, 10), st.integers(1, 10))),
    st.tuples(st.integers(2, 6), st.integers(2, 6)),
)
def test_regions_of_a_mask_do_not_depend_on_the_blocks(mask, block_shape):
    objects, store, grid = stitched(mask, regions, block_shape, overlap=0)
    relabel(grid, store, store, objects.names(objects.sizes >= 1))
    whole = regions(mask).labels
    pairs = np.unique(np.stack([whole.ravel(), store.data.ravel()]), axis=1)
    assert pairs.shape[1] == len(np.unique(whole)) == len(np.unique(store.data))
    assert store.data.max() == whole.max()
    np.testing.assert_array_equal(store.data == 0, ~mask)


def test_sizes_means_and_borders_are_those_of_whole_objects():
    mask = np.zeros((9, 9), bool)
    mask[2:7, 3:6] = True
    mask[8, 0] = True

    def segment(values):
        return Pieces(regions(values).labels, np.full(values.shape, 0.5))

    objects, store, _ = stitched(mask, segment, (4, 4), overlap=0)
    middle, corner = objects.of_piece[store.data[[4, 8], [4, 0]].astype(int)]
    assert objects.sizes[[middle, corner]].tolist() == [15, 1]
    np.testing.assert_allclose(objects.means[[middle, corner]], 0.5)
    assert objects.on_border[[middle, corner]].tolist() == [False, True]


def test_objects_that_are_not_accepted_become_background():
    mask = np.zeros((6, 6), bool)
    mask[1, 1:5] = mask[4, 4] = True
    objects, store, grid = stitched(mask, regions, (3, 3), overlap=0)
    relabel(grid, store, store, objects.names(objects.sizes >= 2))
    assert store.data[1, 1:5].tolist() == [1, 1, 1, 1]
    assert store.data.sum() == 4


@pytest.mark.parametrize(("shared", "joined"), [(1, False), (5, True)])
def test_a_single_common_voxel_does_not_join(shared, joined):
    # two blocks of one row of nine; the upper sees the lower's object in its context,
    # shifted so far that both have only some voxels in common
    first = np.zeros((1, 9), np.uint64)
    first[0, :5] = 1
    seen = np.zeros((2, 9), np.uint64)
    seen[:, 5 - shared : 9] = 1

    pieces = iter([Pieces(np.concatenate([first, first])), Pieces(seen)])

    store = stored(np.zeros((2, 9), np.uint64))
    stitcher = Stitcher(grid_over(store, (1, 9)), store, VOXEL_SIZE, 0.5)
    objects = stitcher.label(lambda _: next(pieces))
    assert len(set(objects.of_piece[1:].tolist())) == (1 if joined else 2)


def test_branches_of_one_object_are_joined_but_splinters_are_not():
    there = np.zeros((3, 40), np.int64)
    there[:, 2:8] = there[:, 20:30] = 7
    here = np.zeros((3, 40), np.int64)
    here[:, 2:8], here[:, 20:30] = 1, 2
    here[0, 21] = 3
    assert same_objects(here, there, 0.5).tolist() == [[1, 7], [2, 7]]
    assert same_objects(here, there, 0).tolist() == [[1, 7], [2, 7], [3, 7]]
    # a part of its own, but too little of the object to prove anything
    here[1, 38], there[1, 38] = 3, 7
    assert [3, 7] not in same_objects(here, there, 0.5).tolist()
