"""Differences of scores, with intervals from blocks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored_arrays import in_memory

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks.evaluators import (
    BinarySegmentationEvaluator,
    InstanceEvaluator,
    paired_bootstrap,
    score_blocks,
)
from napari_dacapo.tasks.evaluators.paired_bootstrap import split_roi

scores = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=30
).map(np.array)


@given(scores)
def test_exchanging_both_turns_the_sign(pairs):
    there = paired_bootstrap(*pairs.T, resamples=200)
    back = paired_bootstrap(*pairs.T[::-1], resamples=200)
    assert back.difference == -there.difference
    np.testing.assert_allclose((back.low, back.high), (-there.high, -there.low))
    assert there.low - 1e-12 <= there.high
    assert (pairs[:, 0] - pairs[:, 1]).min() - 1e-12 <= there.low


def test_the_interval_is_that_of_the_normal_approximation():
    rng = np.random.default_rng(3)
    b = rng.random(400)
    a = b + rng.normal(0.02, 0.1, 400)
    found = paired_bootstrap(a, b, seed=1)
    half = 1.96 * np.std(a - b) / math.sqrt(400)
    assert found.difference == pytest.approx(np.mean(a - b))
    assert found.low == pytest.approx(found.difference - half, abs=5e-4)
    assert found.high == pytest.approx(found.difference + half, abs=5e-4)
    assert found == paired_bootstrap(a, b, seed=1)
    assert found != paired_bootstrap(a, b, seed=2)


def test_pairs_with_an_undefined_score_are_left_out():
    nan = math.nan
    found = paired_bootstrap([0.5, nan, 0.75, 1.0], [0.25, 0.1, 0.5, nan])
    assert (found.difference, found.low, found.high, found.blocks) == (0.25,) * 3 + (2,)
    assert found.is_clear
    single = paired_bootstrap([0.5, nan], [0.25, 1.0])
    assert single.blocks == 1
    assert math.isnan(single.low)
    assert not single.is_clear
    assert paired_bootstrap([nan], [0.0]).blocks == 0


def test_what_cannot_be_paired_is_an_error():
    with pytest.raises(ValueError, match="shapes"):
        paired_bootstrap([1, 2], [1])
    with pytest.raises(ValueError, match="level"):
        paired_bootstrap([1, 2], [1, 2], level=1)


@given(
    voxels=st.lists(st.integers(1, 40), min_size=2, max_size=3),
    blocks=st.integers(1, 80),
)
def test_blocks_cover_the_region_once(voxels, blocks):
    size = Coordinate((4.6, 8, 40)[-len(voxels) :])
    roi = Roi(size * 3, size * voxels)
    found = split_roi(roi, size, blocks)
    covered = np.zeros(voxels, int)
    for block in found:
        begin, end = (block.offset - roi.offset) / size, (block.end - roi.offset) / size
        covered[
            tuple(slice(int(b), int(e)) for b, e in zip(begin, end, strict=True))
        ] += 1
    assert (covered == 1).all()
    assert len(found) >= min(blocks, np.prod(voxels))


def test_blocks_are_near_to_cubes_in_the_world():
    roi = Roi((0, 0, 0), (40 * 16, 4 * 160, 4 * 160))
    assert {b.shape for b in split_roi(roi, Coordinate(40, 4, 4))} == {(160, 160, 160)}


@pytest.mark.parametrize("ndim", [2, 3])
def test_the_better_segmentation_is_found(ndim):
    size, shape = (40, 8, 4)[-ndim:], (8, 32, 32)[-ndim:]
    offset = (400, 80, 40)[-ndim:]
    rng = np.random.default_rng(5)
    truth = rng.random(shape) < 0.5
    good, bad = truth ^ (rng.random(shape) < 0.05), truth ^ (rng.random(shape) < 0.3)
    arrays = [
        in_memory(values.astype(np.uint8), size, offset)
        for values in (good, bad, truth)
    ]
    evaluator = BinarySegmentationEvaluator(40, 40, ["cell"])
    calls = []
    found = score_blocks(evaluator, *arrays, blocks=16, check=lambda: calls.append(1))
    assert found.a.shape == (len(calls), len(found.criteria))
    difference = found.difference("cell__dice")
    assert difference.blocks >= 16
    assert difference.low > 0.1
    assert found.difference("cell__false_discovery_rate").high < -0.1
    with pytest.raises(ValueError, match="nothing"):
        found.difference("nothing")


def test_empty_blocks_do_not_count():
    truth = np.zeros((8, 8), np.uint8)
    truth[:4, :4] = 1
    arrays = [in_memory(values, (4, 4)) for values in (truth, 1 - truth, truth)]
    mask = in_memory((np.arange(64).reshape(8, 8) % 8 < 4).astype(np.uint8), (4, 4))
    evaluator = BinarySegmentationEvaluator(40, 40, ["cell"])
    found = score_blocks(evaluator, *arrays, mask, blocks=4)
    assert found.difference("cell__dice").blocks == 1


def test_different_places_and_voxels_are_explained():
    labels = np.ones((4, 4), np.uint8)
    here, there = in_memory(labels, (8, 4)), in_memory(labels, (8, 4), (800, 0))
    with pytest.raises(DataError, match="no common region"):
        score_blocks(InstanceEvaluator(), here, there, here)
    with pytest.raises(DataError, match="same voxel size"):
        score_blocks(InstanceEvaluator(), here, in_memory(labels, (4, 4)), here)
