"""Watershed on affinities, in one block and in many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from stored_predictions import (
    OFFSETS_2D,
    OFFSETS_3D,
    affinities_of,
    cells,
    process,
    same_partition,
    store,
)

from napari_dacapo.arrays import ZarrArray
from napari_dacapo.errors import ConfigError, DataError
from napari_dacapo.geometry import Coordinate
from napari_dacapo.tasks.post_processors import (
    WatershedPostProcessor,
    WatershedPostProcessorParameters,
)
from napari_dacapo.tasks.post_processors.storage import to_uint8


def predicted(labels, offsets, seed=0, noise=0.2):
    perfect = affinities_of(labels, offsets)
    rng = np.random.default_rng(seed)
    return np.abs(perfect - rng.uniform(0, noise, perfect.shape)).astype(np.float32)


def with_bias(bias=0.5, **fields):
    return WatershedPostProcessorParameters(id=0, bias=bias, **fields)


@pytest.mark.parametrize("as_uint8", [False, True])
@pytest.mark.parametrize(
    ("shape", "voxel_size", "offset", "block_size"),
    [
        ((18, 24, 27), (40, 8, 4), (80, -16, 4), (7, 9, 10)),
        ((18, 24, 27), (4.6, 4.6, 3.24), (9.2, 0, 3.24), (18, 10, 8)),
        ((60, 55), (8, 8), (16, -8), (17, 19)),
    ],
)
def test_blocks_give_the_same_objects_as_the_whole(
    shape, voxel_size, offset, block_size, as_uint8, tmp_path
):
    labels = cells(shape, 12)
    offsets = OFFSETS_3D if len(shape) == 3 else OFFSETS_2D
    prediction = predicted(labels, offsets)
    if as_uint8:
        prediction = to_uint8(prediction, sigmoid=True)
    processor = WatershedPostProcessor(offsets)
    processor.set_prediction(store(tmp_path, prediction, voxel_size, offset))
    whole = process(tmp_path, processor, with_bias())
    found = whole[whole.roi]
    assert (found[labels == 0] == 0).mean() > 0.99
    assert len(np.unique(found)) == 13
    blocks = process(tmp_path, processor, with_bias(), block_size=block_size)
    assert same_partition(blocks[blocks.roi], found)
    np.testing.assert_array_equal(
        np.unique(blocks[blocks.roi]), np.arange(found.max() + 1)
    )
    assert blocks.dtype == np.uint64
    assert blocks.roi == processor.prediction.roi


@settings(max_examples=15)
@given(
    st.integers(0, 1000),
    st.integers(2, 14),
    st.tuples(st.integers(8, 20), st.integers(8, 20)),
)
def test_objects_do_not_depend_on_the_block_size(
    tmp_path_factory, seed, number, block_size
):
    folder = tmp_path_factory.mktemp("blocks")
    labels = cells((40, 37), number, seed, border=2)
    processor = WatershedPostProcessor(OFFSETS_2D)
    prediction = predicted(labels, OFFSETS_2D, seed)
    processor.set_prediction(store(folder, prediction, (4, 4), chunk=20))
    blocks = process(folder, processor, with_bias(), block_size=block_size)
    whole = processor.process_block(prediction, with_bias())
    assert same_partition(blocks[blocks.roi], whole)


def test_an_object_that_leaves_a_block_and_comes_back_stays_one(tmp_path):
    labels = np.zeros((24, 24), int)
    labels[2:20, 3:6] = labels[2:20, 14:17] = labels[17:20, 3:17] = 1
    labels[2:12, 9:11] = 2
    processor = WatershedPostProcessor(OFFSETS_2D)
    processor.set_prediction(store(tmp_path, affinities_of(labels, OFFSETS_2D)))
    blocks = process(tmp_path, processor, with_bias(), block_size=(6, 24))
    assert same_partition(blocks[blocks.roi], labels)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("shape", "voxel_size", "block_size", "offsets"),
    [
        ((60, 64), (8, 4), (17, 19), OFFSETS_2D),
        ((16, 30, 30), (40, 8, 8), (7, 12, 11), OFFSETS_3D),
    ],
)
def test_winding_objects_of_certain_affinities_are_those_of_the_whole(
    shape, voxel_size, block_size, offsets, seed, tmp_path
):
    """They leave blocks and come back beyond what the blocks see."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), 3)
    labels, _ = ndimage.label(np.abs(noise) < 0.35 * noise.std())
    prediction = affinities_of(labels, offsets)
    processor = WatershedPostProcessor(offsets)
    processor.set_prediction(store(tmp_path, prediction, voxel_size))
    parameters = with_bias(0.1, context=(8, 8, 8))
    blocks = process(tmp_path, processor, parameters, block_size=block_size)
    whole = processor.process_block(prediction, parameters)
    assert same_partition(blocks[blocks.roi], whole)


def test_objects_whose_mean_affinity_is_below_the_bias_are_dropped():
    affinities = np.zeros((2, 1, 8), np.float32)
    affinities[:, 0, :3] = 0.95
    affinities[0, 0, 5:7] = 0.55
    found = WatershedPostProcessor([(0, 1), (1, 0)]).process_block(
        affinities, with_bias(0.5)
    )
    assert found.tolist() == [[1, 1, 1, 1, 0, 0, 0, 0]]


@pytest.mark.parametrize("block_size", [None, (8, 8)])
def test_small_objects_can_be_dropped(block_size, tmp_path):
    labels = np.zeros((24, 24), int)
    labels[1:4, 1:4], labels[6:12, 5:11], labels[15:23, 15:23] = 1, 2, 3
    prediction = affinities_of(labels, [(1, 0), (0, 1)])
    processor = WatershedPostProcessor([(1, 0), (0, 1)])
    processor.set_prediction(store(tmp_path, prediction))
    output = process(
        tmp_path, processor, with_bias(0.3, min_size=20), block_size=block_size
    )
    found = output[output.roi]
    assert same_partition(found, np.where(labels > 1, labels, 0))


def test_voxels_of_low_affinity_can_be_background():
    labels = np.ones((8, 8), int)
    affinities = affinities_of(labels, OFFSETS_2D)
    affinities[:, 3] = 0.2
    processor = WatershedPostProcessor(OFFSETS_2D)
    found = processor.process_block(affinities, with_bias(0.1, threshold=100))
    # at the lower border most edges leave the volume, their affinities are 0
    assert not found[3].any()
    assert found[1, 1] > 0


@pytest.mark.parametrize("sigma", [0, 1.5])
def test_affinities_can_be_smoothed(sigma):
    labels = cells((30, 30), 4, border=3)
    rough = predicted(labels, OFFSETS_2D, noise=0.9)
    found = WatershedPostProcessor(OFFSETS_2D).process_block(
        rough, with_bias(0.4, sigma=sigma)
    )
    objects = len(np.unique(found[labels > 0]))
    assert objects <= 6 if sigma else objects > 6


def test_parameters_may_bring_other_offsets():
    labels = cells((30, 30), 5)
    affinities = predicted(labels, OFFSETS_2D)
    own = WatershedPostProcessor(OFFSETS_2D).process_block(affinities, with_bias())
    brought = WatershedPostProcessor([(9, 9)]).process_block(
        affinities, with_bias(offsets=OFFSETS_2D)
    )
    np.testing.assert_array_equal(own, brought)


def test_further_channels_are_ignored_but_missing_ones_are_not():
    labels = cells((20, 20), 3)
    affinities = predicted(labels, OFFSETS_2D)
    more = np.concatenate([affinities, affinities * 0.3])
    processor = WatershedPostProcessor(OFFSETS_2D)
    np.testing.assert_array_equal(
        processor.process_block(more, with_bias()),
        processor.process_block(affinities, with_bias()),
    )
    with pytest.raises(DataError, match="has 3 channels, fewer than the 4 offsets"):
        processor.process_block(affinities[:3], with_bias())


def test_the_range_of_float_predictions_counts():
    affinities = predicted(cells((20, 20), 3), OFFSETS_2D)
    processor = WatershedPostProcessor(OFFSETS_2D)
    np.testing.assert_array_equal(
        processor.process_block(affinities * 2 - 1, with_bias(), (-1, 1)),
        processor.process_block(affinities, with_bias()),
    )


def test_predictions_are_not_changed(tmp_path):
    affinities = predicted(cells((20, 20), 3), OFFSETS_2D)
    before = affinities.copy()
    identifier = store(tmp_path, affinities)
    processor = WatershedPostProcessor(OFFSETS_2D)
    processor.process_block(affinities, with_bias(sigma=1))
    np.testing.assert_array_equal(affinities, before)
    processor.set_prediction(identifier)
    process(tmp_path, processor, with_bias())
    array = ZarrArray.open_from_array_identifier(identifier)
    np.testing.assert_array_equal(array[array.roi], before)


def test_names_of_results_stay_short():
    assert str(with_bias()) == (
        "WatershedPostProcessorParameters(id=0, bias=0.5, context=(32, 32, 32))"
    )
    assert str(with_bias(min_size=10, offsets=[(0, 1)])) == (
        "WatershedPostProcessorParameters(id=0, bias=0.5, context=(32, 32, 32), "
        "min_size=10, offsets=((0, 1),))"
    )


def test_parameters_are_hashable_and_checked():
    assert with_bias(context=[8, 8]).context == Coordinate(8, 8)
    assert len({with_bias(), with_bias(offsets=[[1, 0]]), with_bias()}) == 2
    with pytest.raises(ConfigError, match=r"bias: 1\.5 is out of range"):
        with_bias(1.5)
