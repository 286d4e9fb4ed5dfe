"""Affinities by hand, by definition and under renaming of labels."""

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.tasks._affinities import affinities

OFFSETS = [(1, 0), (0, 1), (-1, 0), (0, -2), (2, 3), (-7, 0)]


def everything(labels):
    return tuple(slice(0, n) for n in labels.shape)


def compute(labels, offsets, **options):
    return affinities(labels, offsets, everything(labels), **options)


def test_the_example_of_a_single_line():
    labels = np.array([[1, 1, 2, 2, 0, 0]])
    found = compute(labels, [(0, 1), (0, -1)])
    assert found.dtype == np.float32
    assert found[:, 0].tolist() == [[1, 0, 1, 0, 0, 0], [0, 1, 0, 1, 0, 0]]
    found = compute(labels, [(0, 1)], background_as_object=True)
    assert found[:, 0].tolist() == [[1, 0, 1, 0, 1, 0]]


def test_the_largest_ids_are_told_apart():
    largest = np.iinfo(np.uint64).max
    labels = np.array([[largest, largest, largest - 1, largest - 1]], np.uint64)
    for option in (False, True):
        found = compute(labels, [(0, 1)], background_as_object=option)
        assert found.tolist() == [[[1, 0, 1, 0]]]


small_labels = hnp.arrays(
    np.uint64, hnp.array_shapes(min_dims=2, max_dims=2), elements=st.integers(0, 3)
)


@given(small_labels)
def test_every_affinity_follows_the_definition(labels):
    found = compute(labels, OFFSETS)
    for offset, channel in zip(OFFSETS, found, strict=True):
        for here in np.ndindex(*labels.shape):
            there = tuple(np.add(here, offset))
            inside = all(0 <= t < n for t, n in zip(there, labels.shape, strict=True))
            same = inside and labels[here] == labels[there] != 0
            assert channel[here] == same


@given(small_labels, st.permutations(range(1, 4)))
def test_renaming_objects_changes_nothing(labels, names):
    renamed = np.array([0, *names], np.uint64)[labels] * np.uint64(2**61)
    for option in (False, True):
        assert (
            compute(labels, OFFSETS, background_as_object=option)
            == compute(renamed, OFFSETS, background_as_object=option)
        ).all()


def test_a_region_is_the_part_of_the_whole():
    labels = np.random.default_rng(0).integers(0, 4, (9, 11), np.uint64)
    region = (slice(2, 7), slice(4, 11))
    whole = compute(labels, OFFSETS)
    assert (affinities(labels, OFFSETS, region) == whole[(slice(None), *region)]).all()
