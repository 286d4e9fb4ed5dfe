"""The mutex watershed against programs that visit one edge at a time."""

import itertools

import mwatershed
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_predictions import OFFSETS_2D, OFFSETS_3D, same_partition

from napari_dacapo.tasks.post_processors._mutex_watershed import mutex_watershed
from napari_dacapo.tasks.post_processors._pair_table import PairTable, pair_keys


def edges_of(affinities, offsets, bias):
    """Return weight and voxels of all edges, the heaviest first."""
    shape = affinities.shape[1:]
    edges = []
    for channel, offset in zip(affinities, offsets, strict=True):
        for voxel in np.ndindex(shape):
            other = tuple(map(sum, zip(voxel, offset, strict=True)))
            if all(0 <= o < n for o, n in zip(other, shape, strict=True)):
                edges.append((channel[voxel] - bias, voxel, other))
    return sorted(edges, key=lambda edge: -abs(edge[0]))


def by_definition(affinities, offsets, bias):
    """Visit one edge at a time, as the definition says."""
    shape = affinities.shape[1:]
    cluster = {voxel: {voxel} for voxel in np.ndindex(shape)}
    excluded, attracted = set(), set()
    for weight, u, v in edges_of(affinities, offsets, bias):
        if weight > 0:
            attracted |= {u, v}
        pairs = {frozenset(p) for p in itertools.product(cluster[u], cluster[v])}
        if cluster[u] is cluster[v]:
            continue
        if weight <= 0:
            excluded.add(frozenset((u, v)))
        elif not pairs & excluded:
            cluster[u] |= cluster[v]
            cluster |= dict.fromkeys(cluster[v], cluster[u])
    labels = np.zeros(shape, int)
    for voxel in attracted:
        labels[voxel] = 1 + np.ravel_multi_index(min(cluster[voxel]), shape)
    return labels


def noise(shape, channels, seed):
    """Different weights on every edge: the order does not depend on the program."""
    return np.random.default_rng(seed).random((channels, *shape))


@st.composite
def problems(draw):
    dims = draw(st.sampled_from([1, 2, 3]))
    lengths = st.integers(1, {1: 40, 2: 8, 3: 5}[dims])
    shape = draw(st.lists(lengths, min_size=dims, max_size=dims))
    step = st.tuples(*[st.integers(-4, 4)] * dims).filter(any)
    offsets = draw(st.lists(step, min_size=1, max_size=5))
    bias = draw(st.floats(0.05, 0.95))
    return noise(shape, len(offsets), draw(st.integers(0, 10**6))), offsets, bias


@given(problems())
def test_same_clusters_as_by_definition(problem):
    affinities, offsets, bias = problem
    found = mutex_watershed(affinities, offsets, bias)
    assert same_partition(found, by_definition(affinities, offsets, bias))
    labels = np.unique(found)
    np.testing.assert_array_equal(labels[labels != 0], np.arange(1, found.max() + 1))


@pytest.mark.parametrize("bias", [0.1, 0.4, 0.5, 0.6, 0.9])
@pytest.mark.parametrize(
    ("shape", "offsets"), [((20, 22, 24), OFFSETS_3D), ((130, 120), OFFSETS_2D)]
)
def test_same_clusters_as_another_program(shape, offsets, bias):
    rng = np.random.default_rng(0)
    blocks = np.kron(rng.random((len(offsets), *(2,) * len(shape))), np.ones(shape))
    smooth = blocks[(slice(None), *(slice(n) for n in shape))]
    affinities = (smooth + noise(shape, len(offsets), 1)) / 2
    found = mutex_watershed(affinities, offsets, bias)
    expected = mwatershed.agglom(affinities - bias, offsets)
    # the other program makes some single voxels background
    labels, counts = np.unique(found, return_counts=True)
    compared = ~np.isin(found, labels[counts == 1])
    assert same_partition(found[compared], expected[compared])


def test_equal_weights_are_visited_by_channel_then_voxel():
    # all four edges weigh the same: the two attractive ones come first
    affinities = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    assert mutex_watershed(affinities, [(1,), (2,)], 0.5).tolist() == [1, 1, 1]
    # now the repulsive ones do
    swapped = affinities[::-1]
    assert mutex_watershed(swapped, [(2,), (1,)], 0.5).tolist() == [1, 1, 2]


def test_uint8_affinities_stand_for_fractions():
    affinities = np.round(noise((9, 8, 7), 6, 3) * 255).astype(np.uint8)
    found = mutex_watershed(affinities, OFFSETS_3D, 0.42)
    # of equally heavy edges the order counts: the same levels in another type
    other = mutex_watershed(affinities / 255, OFFSETS_3D, 0.42)
    np.testing.assert_array_equal(found, other)


def test_nothing_attracts():
    assert not mutex_watershed(np.full((1, 3, 3), 0.2), [(0, 1)], 0.5).any()


def test_affinities_beyond_the_range_and_nan_are_survived():
    affinities = np.array([[1.7, np.nan, 0.9, -3.0, 0.8, 0.0]])
    assert mutex_watershed(affinities, [(1,)], 0.5).tolist() == [1, 1, 2, 2, 3, 3]


def test_offsets_longer_than_the_volume_have_no_edges():
    found = mutex_watershed(np.ones((2, 3, 3)), [(5, 0), (0, -7)], 0.5)
    assert not found.any()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40))
def test_a_pair_table_finds_nothing_that_is_not_there(pairs):
    a, b = np.array(pairs, np.int32).reshape(-1, 2).T
    table = PairTable(pair_keys(a, b))
    asked = np.array([(i, j) for i in range(10) for j in range(10)], np.int32).T
    found = table.contains(pair_keys(*asked))
    known = {frozenset(pair) for pair in pairs}
    for pair, is_found in zip(asked.T.tolist(), found, strict=True):
        assert not is_found or frozenset(pair) in known
    fresh = table.first_occurrences()
    kept = {frozenset(pair) for pair, keep in zip(pairs, fresh, strict=True) if keep}
    assert kept == known
