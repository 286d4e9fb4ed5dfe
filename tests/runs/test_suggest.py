"""Suggestions: what is proposed for which data, why, and that it trains."""

from __future__ import annotations

import numpy as np
import pytest

from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray, ZarrArrayConfig
from napari_dacapo.errors import ConfigError, DataError
from napari_dacapo.events import ScoresComputed
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.runs import RunConfig, suggest, train
from napari_dacapo.runs._label_shapes import measure_shapes
from napari_dacapo.store.converter import dump_yaml, load_yaml
from napari_dacapo.trainers.augments import (
    ElasticAugmentConfig,
    MissingSectionsAugmentConfig,
    ShiftSectionsAugmentConfig,
)

#: voxel size (nm) and shape of volumes: 2D, isotropic, thick sections of two kinds
PLACES = {
    "2d": ((4.6, 4.6), (96, 96)),
    "isotropic": ((10, 10, 10), (40, 40, 40)),
    "anisotropic": ((40, 8, 8), (20, 64, 64)),
    "few sections": ((50, 4.6, 4.6), (6, 80, 80)),
}
TASKS = ("distance", "hot_distance", "inner_distance", "one_hot", "affinities")


def write(folder, place, labels, raw=None):
    """Return configs of raw and `labels`, stored in `folder`, offset by two voxels."""
    voxel_size = Coordinate(PLACES[place][0])
    if raw is None:
        raw = (
            100 + 30 * (labels % 3) + np.arange(labels.size).reshape(labels.shape)
        ) % 251
    configs = []
    for name, values in (("raw", raw.astype(np.uint8)), ("labels", labels)):
        place = LocalArrayIdentifier(folder / "v.zarr", name)
        roi = Roi(voxel_size * 2, voxel_size * values.shape)
        axes = list("zyx"[-roi.dims :])
        array = ZarrArray.create_from_array_identifier(
            place, axes, roi, None, voxel_size, values.dtype, overwrite=True
        )
        array[roi] = values
        configs.append(ZarrArrayConfig(name, place.container, place.dataset, mode="r"))
    return tuple(configs)


def tiles(shape, edge, gap=0):
    """Return labels of boxes of `edge` voxels, `gap` voxels apart."""
    grids = np.indices(shape)
    inside = np.all(grids % edge >= gap, axis=0)
    counts = [-(-n // edge) for n in shape]
    numbers = np.ravel_multi_index(tuple(grids // edge), counts) + 1
    return np.where(inside, numbers, 0).astype(np.uint32)


def tiled_classes(shape):
    """Return three classes of many pieces each, without background."""
    return (tiles(shape, 10) * 7 % 3 + 1).astype(np.uint8)


class TestShapes:
    def test_diameters_contact_and_pieces(self):
        shapes = measure_shapes(tiles((60, 60), 20), (4.0, 4.0))
        assert shapes.ids == tuple(range(1, 10))
        assert shapes.num_pieces == 9
        # of tiles the middle one is farthest from another: half of 20 pixels of 4 nm
        assert shapes.thickness == pytest.approx(80, abs=4)
        assert (shapes.foreground, shapes.contact) == (1, 1)
        assert shapes.are_objects
        assert shapes.are_crowded

    def test_the_thinnest_class(self):
        values = np.zeros((40, 40), np.uint8)
        values[:, ::20], values[:, 5:15] = 1, 2
        shapes = measure_shapes(values, (10.0, 10.0))
        assert shapes.thinnest == pytest.approx(20)
        assert shapes.thickness == pytest.approx(100)
        assert shapes.contact == 0
        assert not shapes.are_objects, "two labels"

    @pytest.mark.parametrize("linked", [True, False])
    def test_linked_sections(self, linked):
        section = tiles((60, 60), 20)
        values = np.stack([section + (0 if linked else 10 * z) for z in range(4)])
        shapes = measure_shapes(values, (50.0, 4.0, 4.0))
        assert shapes.linked is linked
        # labels that end at every section are measured within it
        assert shapes.thickness == pytest.approx(80, abs=10)
        assert shapes.num_pieces == (9 if linked else 36)

    def test_types_that_cannot_be_measured_directly(self):
        one, other = (
            measure_shapes(tiles((40, 40), 20, gap=4).astype(kind), (1.0, 1.0))
            for kind in (np.int64, np.uint32)
        )
        assert one == other


class TestChoiceOfTask:
    def choose(self, folder, labels, place="2d", **settings):
        suggestion = suggest([write(folder, place, labels)], **settings)
        task = suggestion.run_config.task_config
        return type(task).__name__, suggestion.reasons["task_config"]

    def test_one_label(self, tmp_path):
        task, reason = self.choose(tmp_path, np.uint8(tiles((96, 96), 24, gap=8) > 0))
        assert task == "DistanceTaskConfig"
        assert "one class" in reason

    def test_classes(self, tmp_path):
        task, reason = self.choose(tmp_path, tiled_classes((96, 96)))
        assert task == "OneHotTaskConfig"
        assert "3 labels in " in reason

    def test_separate_objects(self, tmp_path):
        task, reason = self.choose(tmp_path, tiles((96, 96), 24, gap=8))
        assert task == "HotDistanceTaskConfig"
        assert "seeded watershed" in reason

    @pytest.mark.parametrize("classes", [None, {"cell": []}])
    def test_objects_are_numbered_unless_they_are_a_class(self, tmp_path, classes):
        pair = write(tmp_path, "2d", tiles((96, 96), 24, gap=8))
        config = suggest([pair], task="hot_distance", classes=classes).run_config
        assert config.task_config.objects == ("mask" if classes else "watershed")
        assert config.verify()[0]

    @pytest.mark.parametrize("gap", [0, 3])
    def test_crowded_objects(self, tmp_path, gap):
        task, reason = self.choose(tmp_path, tiles((96, 96), 24, gap))
        assert task == "AffinitiesTaskConfig"
        assert ("touches" if gap == 0 else "fill") in reason

    def test_named_classes(self, tmp_path):
        labels = tiles((96, 96), 24)
        assert self.choose(tmp_path, labels, classes={"cell": []})[0] == (
            "DistanceTaskConfig"
        )
        assert self.choose(tmp_path, labels, classes={"a": [1], "b": [2]})[0] == (
            "OneHotTaskConfig"
        )
        for others in ([2, 3], [5]):  # a group, and a label among others
            task, _ = self.choose(tmp_path, labels, classes={"a": [1], "b": others})
            assert task == "DistanceTaskConfig"

    @pytest.mark.parametrize("word", ["onehot", "One-Hot", "OneHotTask", "one_hot"])
    def test_spellings(self, tmp_path, word):
        task, _ = self.choose(tmp_path, tiled_classes((96, 96)), task=word)
        assert task == "OneHotTaskConfig"


def reasoned_paths_exist(suggestion):
    """Check that every reason is about a field of the run config."""
    for path in suggestion.reasons:
        value = suggestion.run_config
        for step in path.replace("[", ".").replace("]", "").split("."):
            value = value[int(step)] if step.isdecimal() else getattr(value, step)


def propose(folder, task, place):
    shape = PLACES[place][1]
    labels = tiled_classes(shape) if task == "one_hot" else tiles(shape, 16, gap=2)
    pair = write(folder, place, labels)
    return suggest([pair], task=task, name="r", num_iterations=2)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("task", TASKS)
def test_every_suggestion_is_valid_reasoned_and_can_be_stored(tmp_path, task, place):
    suggestion = propose(tmp_path, task, place)
    assert suggestion.run_config.verify() == (True, "run 'r' is valid")
    reasoned_paths_exist(suggestion)
    file = tmp_path / "r.yaml"
    file.write_text(dump_yaml(suggestion.run_config))
    assert load_yaml(file, RunConfig) == suggestion.run_config


@pytest.mark.parametrize(
    ("task", "place"),
    [
        ("distance", "few sections"),
        ("hot_distance", "2d"),
        ("inner_distance", "anisotropic"),
        ("one_hot", "few sections"),
        ("affinities", "2d"),
        ("affinities", "anisotropic"),
    ],
)
def test_suggestions_train(tmp_path, task, place):
    config = propose(tmp_path, task, place).run_config
    # less to compute; the sizes of the samples stay
    config.architecture_config.num_fmaps = config.architecture_config.fmaps_out = 2
    config.trainer_config.batch_size = 1
    told = list(train(config, project=tmp_path / "project", device="cpu"))
    scored = [event for event in told if isinstance(event, ScoresComputed)]
    assert scored[-1].iteration == 2


class TestAffinities:
    def propose(self, folder, place, labels, **settings):
        suggestion = suggest(
            [write(folder, place, labels)], task="affinities", **settings
        )
        return suggestion.run_config, suggestion.reasons

    def test_long_steps_are_shorter_across_thick_sections(self, tmp_path):
        config, _ = self.propose(tmp_path, "anisotropic", tiles((20, 64, 64), 32))
        near_and_far = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 4, 0), (0, 0, 4)]
        farther = [(2, 0, 0), (0, 10, 0), (0, 0, 10)]
        assert config.task_config.neighborhood == near_and_far + farther
        kernels = config.architecture_config.kernel_size_down
        assert kernels[0][0] == (1, 3, 3)
        assert kernels[-1][0] == (3, 3, 3)
        # the window of the descriptors takes in neighbouring sections
        assert config.task_config.lsds_sigma >= 40

    def test_sections_that_are_not_linked_are_seen_one_by_one(self, tmp_path):
        section = tiles((80, 80), 20, gap=2)
        labels = np.stack([section + (section > 0) * 100 * z for z in range(6)])
        config, reasons = self.propose(
            tmp_path, "few sections", labels.astype(np.uint32)
        )
        assert all(offset[0] == 0 for offset in config.task_config.neighborhood)
        assert config.architecture_config.input_shape[0] == 1
        assert "not linked" in reasons["task_config.neighborhood"]

    def test_linked_sections_are_seen_together_however_thick(self, tmp_path):
        section = tiles((80, 80), 20, gap=2)
        config, _ = self.propose(tmp_path, "few sections", np.stack([section] * 6))
        assert (1, 0, 0) in config.task_config.neighborhood
        assert config.architecture_config.input_shape[0] > 1

    def test_dust_is_dropped(self, tmp_path):
        config, _ = self.propose(tmp_path, "2d", tiles((96, 96), 24, gap=4))
        assert config.task_config.min_size == 400 // 50
        [parameters, *_] = config.task_config.create_task().parameters
        assert parameters.min_size == 8

    def test_descriptors_can_be_left_out(self, tmp_path):
        labels = tiles((96, 96), 24)
        config, _ = self.propose(tmp_path, "2d", labels, lsds=False)
        assert not config.task_config.lsds
        assert config.task_config.lsds_sigma is None

    def test_crowded_objects_keep_their_boundaries(self, tmp_path):
        sizes = []
        for edge, gap in ((24, 0), (48, 16)):
            config, _ = self.propose(tmp_path, "2d", tiles((96, 96), edge, gap))
            [dataset] = config.datasplit_config.train_configs
            sizes.append(dataset.raw_config.create_array().voxel_size)
        assert sizes == [(4.6, 4.6), (9.2, 9.2)]


class TestTraining:
    def augments(self, folder, place, task="distance", **settings):
        labels = tiles(PLACES[place][1], 16, gap=2)
        rng = np.random.default_rng(0)
        raw = rng.normal(128, 30, labels.shape).clip(0, 255)
        suggestion = suggest([write(folder, place, labels, raw)], task=task, **settings)
        return {
            type(augment): augment
            for augment in suggestion.run_config.trainer_config.augments
        }

    @pytest.mark.parametrize(
        ("place", "turns"), [("2d", False), ("isotropic", True), ("anisotropic", False)]
    )
    def test_rotation_in_space_is_for_cubic_voxels(self, tmp_path, place, turns):
        bending = self.augments(tmp_path, place)[ElasticAugmentConfig]
        assert bending.uniform_3d_rotation is turns

    def test_sections_seen_one_by_one_are_bent_within_themselves(self, tmp_path):
        bending = self.augments(tmp_path, "few sections")[ElasticAugmentConfig]
        assert bending.control_point_displacement_sigma == [0, 9.2, 9.2]
        assert bending.control_point_spacing == [3, 32, 32]

    def test_defects_of_sections_where_several_are_seen(self, tmp_path):
        kinds = {MissingSectionsAugmentConfig, ShiftSectionsAugmentConfig}
        assert kinds <= set(self.augments(tmp_path, "anisotropic", "affinities"))
        assert not kinds & set(self.augments(tmp_path, "few sections"))
        assert not kinds & set(self.augments(tmp_path, "isotropic", "affinities"))

    @pytest.mark.parametrize(
        ("task", "length", "bends"),
        [
            ("distance", 100, False),
            ("distance", 1000, True),
            ("affinities", 1000, False),
            ("affinities", 9000, True),
        ],
    )
    def test_short_trainings_do_not_bend(self, tmp_path, task, length, bends):
        found = self.augments(tmp_path, "2d", task, num_iterations=length)
        assert (ElasticAugmentConfig in found) is bends

    def test_batches_fit_into_memory(self, tmp_path, monkeypatch):
        from napari_dacapo.runs import _advise_training

        pair = write(tmp_path, "2d", tiles((96, 96), 24, gap=8))
        config = suggest([pair]).run_config
        assert config.trainer_config.batch_size == 4
        needed = _advise_training.training_bytes(config.architecture_config)
        monkeypatch.setattr(_advise_training, "memory_budget", lambda: 3 * needed)
        suggestion = suggest([pair])
        assert suggestion.run_config.trainer_config.batch_size == 3
        assert "memory" in suggestion.reasons["trainer_config.batch_size"]


def test_inner_distances_are_cut_above_the_outside(tmp_path):
    pair = write(tmp_path, "2d", tiles((96, 96), 24, gap=8))
    task = suggest([pair], task="inner_distance").run_config.task_config
    assert min(task.thresholds) > 127
    # a watershed would grow down to the middle of the scale
    assert task.objects == "regions"


def test_one_hot_classes_are_named_by_their_labels(tmp_path):
    pair = write(tmp_path, "2d", tiled_classes((96, 96)))
    named = {"membrane": [3], "mito": [1]}
    task = suggest([pair], task="one_hot", classes=named).run_config.task_config
    assert task.classes == ["background", "mito", "label 2", "membrane"]


def test_without_validation_data_the_end_is_held_out(tmp_path):
    raw, labels = write(tmp_path, "2d", tiles((96, 96), 24))
    split = suggest([(raw, labels)]).run_config.datasplit_config
    whole = labels.create_array().roi
    kept, held = (
        configs[0].gt_config.create_array().roi
        for configs in (split.train_configs, split.validate_configs)
    )
    assert kept.intersect(held).empty
    assert kept.union(held) == whole
    given = suggest([(raw, labels)], [(raw, labels)]).run_config.datasplit_config
    assert given.validate_configs[0].gt_config.create_array().roi == whole


class TestRefusals:
    @pytest.fixture
    def pair(self, tmp_path):
        return write(tmp_path, "2d", tiles((96, 96), 12))

    @pytest.mark.parametrize(
        ("settings", "match"),
        [
            ({"task": "guess"}, "'guess' is unknown; choose one of distance, hot_"),
            ({"task": "distance", "lsds": True}, "belong to the task affinities"),
            ({"task": "affinities", "classes": {"a": [1]}}, "knows no classes"),
            (
                {"task": "one_hot", "classes": {"a": [1, 2]}},
                "'a' has 2 labels; the task one_hot takes labels as they are",
            ),
            ({"task": "one_hot"}, "the labels go up to 64, too many for classes"),
        ],
    )
    def test_settings_that_do_not_fit(self, pair, settings, match):
        with pytest.raises(ConfigError, match=match):
            suggest([pair], **settings)

    def test_no_data(self):
        with pytest.raises(ConfigError, match="nothing to train on"):
            suggest([])

    def test_nothing_labelled(self, tmp_path):
        pair = write(tmp_path, "2d", np.zeros((96, 96), np.uint8))
        with pytest.raises(DataError, match="nothing is labelled"):
            suggest([pair])

    def test_constant_raw(self, tmp_path):
        labels = tiles((96, 96), 24)
        pair = write(tmp_path, "2d", labels, np.full_like(labels, 7))
        with pytest.raises(DataError, match="raw is constant"):
            suggest([pair])
