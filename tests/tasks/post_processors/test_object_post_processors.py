"""Connected components and seeded watershed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from stored_predictions import cells, process, same_partition, store

from napari_dacapo.blockwise import memory
from napari_dacapo.errors import ConfigError, DataError
from napari_dacapo.tasks.post_processors import (
    ConnectedComponentsPostProcessor,
    ConnectedComponentsPostProcessorParameters,
    SeededWatershedPostProcessor,
    SeededWatershedPostProcessorParameters,
)


def components(**fields):
    return ConnectedComponentsPostProcessorParameters(id=0, **fields)


def seeded(**fields):
    return SeededWatershedPostProcessorParameters(id=0, **fields)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("components")


@pytest.mark.parametrize(
    ("connectivity", "rank"), [("faces", 1), ("edges", 2), ("corners", 3)]
)
def test_components_are_those_of_scipy(connectivity, rank, folder):
    values = np.random.default_rng(3).integers(0, 256, (1, 9, 10, 11)).astype(np.uint8)
    parameters = components(threshold=180, connectivity=connectivity)
    expected, _ = ndimage.label(
        values[0] > 180, ndimage.generate_binary_structure(3, rank)
    )
    processor = ConnectedComponentsPostProcessor()
    assert same_partition(processor.process_block(values, parameters), expected)
    processor.set_prediction(store(folder, values, (40, 8, 4), (40, -8, 12)))
    for block_size in (None, (4, 5, 6), (2, 20, 3)):
        output = process(folder, processor, parameters, block_size=block_size)
        assert same_partition(output[output.roi], expected)


@settings(max_examples=25)
@given(
    hnp.arrays(np.uint8, (1, 9, 10), elements=st.sampled_from([0, 255])),
    st.tuples(st.integers(3, 6), st.integers(3, 6)),
    st.sampled_from(["faces", "corners"]),
    st.integers(0, 4),
)
def test_filled_components_do_not_depend_on_the_blocks(
    folder, values, block_size, connectivity, min_size
):
    parameters = components(
        connectivity=connectivity, fill_holes=True, min_size=min_size
    )
    processor = ConnectedComponentsPostProcessor()
    processor.set_prediction(store(folder, values))
    blocks = process(folder, processor, parameters, block_size=block_size)
    whole = processor.process_block(values, parameters)
    assert same_partition(blocks[blocks.roi], whole)
    background_rank = 2 if connectivity == "faces" else 1
    structure = ndimage.generate_binary_structure(2, background_rank)
    filled = ndimage.binary_fill_holes(values[0] > 0, structure)
    assert ((whole > 0) <= filled).all()
    if not min_size:
        np.testing.assert_array_equal(whole > 0, filled)


def test_a_volume_that_does_not_fit_in_memory_gives_the_same(folder, monkeypatch):
    values = np.zeros((1, 24, 25), np.uint8)
    values[0, 2:22, 2:23] = 255
    values[0, 5:18, 6:20] = 0
    values[0, 8:12, 8:12] = 255
    processor = ConnectedComponentsPostProcessor()
    processor.set_prediction(store(folder, values))
    parameters = components(fill_holes=True)
    expected = processor.process_block(values, parameters)
    monkeypatch.setattr(memory, "LARGEST_BUDGET", 8 * 8 * 40)
    output = process(folder, processor, parameters)
    assert same_partition(output[output.roi], expected)
    assert (expected[2:22, 2:23] == 1).all()


def test_the_channel_can_be_chosen():
    values = np.zeros((2, 4, 4), np.uint8)
    values[1, 1:3, 1:3] = 200
    processor = ConnectedComponentsPostProcessor()
    assert not processor.process_block(values, components()).any()
    assert processor.process_block(values, components(channel=1)).sum() == 4
    with pytest.raises(DataError, match=r"channel 2 was asked for, .* has only 2"):
        processor.process_block(values, components(channel=2))


def test_the_component_sweep_can_be_chosen():
    sweep = ConnectedComponentsPostProcessor((90, 100), min_size=7, fill_holes=True)
    assert [(p.id, p.threshold) for p in sweep.enumerate_parameters()] == [
        (0, 90),
        (1, 100),
    ]
    assert all(p.min_size == 7 for p in sweep.enumerate_parameters())
    with pytest.raises(
        ConfigError, match="connectivity: 'lines' is not one of 'faces'"
    ):
        components(connectivity="lines")


def distances_of(labels):
    """What a network would predict: tanh of the signed distance to the boundary."""
    inside = np.zeros(labels.shape)
    for label in np.unique(labels[labels > 0]):
        inside += ndimage.distance_transform_edt(labels == label)
    outside = ndimage.distance_transform_edt(labels == 0)
    return np.tanh((inside - outside) / 5).astype(np.float32)[np.newaxis]


@pytest.fixture(scope="module")
def touching():
    """Two balls that touch: one component above the threshold."""
    z, y, x = np.indices((20, 20, 36))
    near = (z - 10) ** 2 + (y - 10) ** 2 + (x - 10) ** 2 < 81
    far = (z - 10) ** 2 + (y - 10) ** 2 + (x - 25) ** 2 < 81
    return np.where(near & (x < 18), 1, 0) + np.where(far & (x >= 18), 2, 0)


def test_touching_objects_are_parted(touching):
    distances = np.tanh(
        (ndimage.distance_transform_edt(touching > 0) - 0.5) / 5
    ).astype(np.float32)[np.newaxis]
    joined = ConnectedComponentsPostProcessor().process_block(distances, components())
    assert joined.max() == 1
    parted = SeededWatershedPostProcessor().process_block(
        distances, seeded(seed_threshold=230)
    )
    assert parted.max() == 2
    overlap = [(parted == label)[touching == label].mean() for label in (1, 2)]
    swapped = [(parted == 3 - label)[touching == label].mean() for label in (1, 2)]
    assert min(max(overlap, swapped)) > 0.95


@pytest.mark.parametrize("sigma", [0, 0.7])
def test_seeded_watershed_in_blocks(sigma, folder):
    labels = cells((48, 50), 9, seed=4, border=3)
    prediction = distances_of(labels)
    processor = SeededWatershedPostProcessor()
    parameters = seeded(sigma=sigma, min_size=10, context=(10, 10))
    processor.set_prediction(store(folder, prediction))
    whole = processor.process_block(prediction, parameters)
    assert whole.max() >= 7
    blocks = process(folder, processor, parameters, block_size=(20, 20))
    found = blocks[blocks.roi]
    assert same_partition(found, whole)


@settings(max_examples=10)
@given(
    st.integers(0, 1000),
    st.tuples(st.integers(6, 14), st.integers(6, 14)),
    st.booleans(),
)
def test_seeded_watershed_with_wide_context_does_not_depend_on_the_blocks(
    folder, seed, block_size, as_uint8
):
    noise = ndimage.gaussian_filter(
        np.random.default_rng(seed).normal(size=(24, 20)), 2
    )
    prediction = np.tanh(noise / noise.std()).astype(np.float32)[np.newaxis]
    if as_uint8:
        prediction = ((prediction + 1) / 2 * 255).astype(np.uint8)
    processor = SeededWatershedPostProcessor()
    processor.set_prediction(store(folder, prediction, (8, 4)))
    parameters = seeded(context=(200, 100))
    blocks = process(folder, processor, parameters, block_size=block_size)
    whole = processor.process_block(prediction, parameters)
    assert same_partition(blocks[blocks.roi], whole)


def test_seeded_watershed_of_stored_predictions(touching):
    distances = distances_of(touching)
    stored = ((distances + 1) / 2 * 255).astype(np.uint8)
    processor = SeededWatershedPostProcessor()
    a = processor.process_block(distances, seeded(seed_threshold=200))
    b = processor.process_block(stored, seeded(seed_threshold=200))
    assert (a != b).mean() < 0.01


def test_seeds_lie_inside_objects():
    sweep = SeededWatershedPostProcessor((140, 200)).enumerate_parameters()
    assert [parameters.seed_threshold for parameters in sweep] == [140, 200]
    with pytest.raises(ConfigError, match="seed_threshold: 100 is below the threshold"):
        seeded(seed_threshold=100)
