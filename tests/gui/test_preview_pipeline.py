"""Training samples for the window, and their pictures."""

import attrs
import numpy as np
import pytest
from gui_projects import run_config

from napari_dacapo.arrays import NumpyArray, ZarrArrayConfig
from napari_dacapo.arraytypes import DistanceArray, EmbeddingArray, ProbabilityArray
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.gui._preview_pictures import ALL_CHANNELS, draw
from napari_dacapo.gui._preview_pipeline import (
    Refusal,
    Sample,
    SampleInputs,
    SamplePipeline,
    channel_names,
)
from napari_dacapo.runs import suggest
from napari_dacapo.samples import synthetic_cells, write_sample
from napari_dacapo.trainers import DummyTrainerConfig
from napari_dacapo.trainers.augments import IntensityAugmentConfig

CLASSES = ("a", "b", "c")


def inputs_of(run):
    parts = attrs.fields_dict(SampleInputs).keys() - {"seed"}
    return SampleInputs(**{part: getattr(run, part) for part in parts})


def plane_run(folder, labels, **settings):
    """Return what is proposed for a flat sample."""
    places = write_sample(folder / "plane.zarr", synthetic_cells((160, 160)))
    raw, gt = (
        ZarrArrayConfig(kind, places[kind].container, places[kind].dataset)
        for kind in ("raw", labels)
    )
    return suggest([(raw, gt)], **settings).run_config


def test_only_what_has_changed_is_made_anew(tmp_path):
    inputs, pipeline = inputs_of(run_config(tmp_path)), SamplePipeline()
    first = pipeline.sample(inputs, 3)
    assert pipeline.sample(inputs, 3) is first
    datasets, model = pipeline._datasets, pipeline._model
    augments = [IntensityAugmentConfig((1, 1), (0.2, 0.2), clip=False)]
    trainer = attrs.evolve(inputs.trainer_config, augments=augments)
    brighter = pipeline.sample(attrs.evolve(inputs, trainer_config=trainer), 3)
    assert np.allclose(brighter.raw.data, first.raw.data + 0.2, atol=1e-6)
    assert (pipeline._datasets, pipeline._model) == (datasets, model)
    assert np.array_equal(pipeline.sample(inputs, 3).raw.data, first.raw.data)


def test_what_cannot_be_used_is_told_and_mended(tmp_path):
    inputs, pipeline = inputs_of(run_config(tmp_path)), SamplePipeline()
    network = attrs.evolve(inputs.architecture_config, fmaps_in=2)
    refused = pipeline.sample(attrs.evolve(inputs, architecture_config=network), 0)
    assert isinstance(refused, Refusal)
    assert "set fmaps_in of the architecture to 1" in refused.reason
    assert isinstance(pipeline.sample(inputs, 0), Sample)
    dummy = attrs.evolve(inputs, trainer_config=DummyTrainerConfig("d", 2, 1e-3, True))
    assert "trains on noise" in pipeline.sample(dummy, 0).reason


def test_a_flat_sample_of_affinities(tmp_path):
    run = plane_run(tmp_path, "instances", task="affinities")
    sample = SamplePipeline().sample(inputs_of(run), 1)
    pictures = draw(sample)
    assert pictures.channel == ALL_CHANNELS
    names = [name for _, name in pictures.channels]
    assert names[0] == "all channels"
    assert names[1].startswith("affinity ")
    assert names[-1].startswith("descriptor ")
    height, width = sample.target.shape
    for picture in (pictures.raw, pictures.target, pictures.weight):
        assert picture.sections.shape[0] == 1
    assert pictures.target.sections.shape == (1, height, width, 3)
    red = np.rint(255 * sample.target.data[0].astype(float))
    assert np.array_equal(pictures.target.sections[0, ..., 0], red)
    one = draw(sample, 2).target.sections
    assert np.array_equal(one[..., 0], one[..., 2]), "a single channel is grey"


def array(values, offset=(0, 0, 0), voxel_size=(40, 8, 4)):
    values = np.asarray(values, np.float32)
    roi = Roi(offset, Coordinate(values.shape[1:]) * voxel_size)
    return NumpyArray.from_np_array(values, roi, voxel_size, ["c", "z", "y", "x"])


def sample_of(target, meaning, channels):
    return Sample(array(np.zeros((1, 1, 2, 4))), target, target, meaning, channels)


def test_signed_distances_are_blue_outside_and_red_inside():
    target = array([[[[-1, 0, 1]]]])
    pictures = draw(sample_of(target, DistanceArray(("a",)), ("a",)))
    outside, border, inside = pictures.target.sections[0, 0].astype(int)
    assert outside[2] > outside[0] + 100
    assert border.min() > 240
    assert inside[0] > inside[2] + 100
    assert (pictures.target.values, pictures.channel) == ("-1 to 1", 0)


def test_classes_have_a_colour_each():
    target = array(np.eye(3)[:, np.newaxis, np.newaxis])
    pictures = draw(sample_of(target, ProbabilityArray(CLASSES), CLASSES))
    colours = {tuple(c) for c in pictures.target.sections[0, 0]}
    assert len(colours) == 3
    assert draw(pictures.sample, 1).target.sections[0, 0, :, 0].tolist() == [0, 255, 0]


@pytest.mark.parametrize("kind", [np.zeros, np.ones])
def test_weights_are_black_where_nothing_counts(kind):
    target = array(kind((1, 1, 2, 2)))
    [section] = draw(sample_of(target, DistanceArray(("a",)), ("a",))).weight.sections
    assert bool(section.max() > 100) == bool(target.data.any())


def test_sections_of_raw_are_those_of_the_target():
    raw = array(np.arange(6).reshape(1, 6, 1, 1) / 10 * np.ones((1, 6, 8, 8)))
    target = array(np.zeros((1, 2, 4, 4)), (80, 16, 8))
    sample = Sample(raw, target, target, EmbeddingArray(1), ("e",))
    pictures = draw(sample)
    shown = pictures.raw.sections[:, 0, 0, 0]
    assert shown.tolist() == [51, 76]
    assert pictures.frame == (0.25, 0.25, 0.5, 0.5)
    assert pictures.raw.extent == (64, 32)


def test_names_of_channels():
    class Predictor:
        def __init__(self, meaning, neighborhood=()):
            self.output_array_type, self.neighborhood = meaning, neighborhood

    both = Predictor(ProbabilityArray(("a", "b")))
    assert channel_names(both, 4) == ("a", "b", "a, distance", "b, distance")
    affinities = Predictor(EmbeddingArray(3), [Coordinate(0, 1), Coordinate(1, 0)])
    names = ("affinity 0, 1", "affinity 1, 0", "descriptor 1")
    assert channel_names(affinities, 3) == names
    assert channel_names(Predictor(DistanceArray()), 2) == ("channel 0", "channel 1")
