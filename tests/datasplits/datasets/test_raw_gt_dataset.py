from __future__ import annotations

import attrs
import pytest

from napari_dacapo.arrays import (
    BinarizeArrayConfig,
    DummyArrayConfig,
    IntensitiesArrayConfig,
)
from napari_dacapo.datasplits.datasets import (
    Dataset,
    DummyDatasetConfig,
    PointListConfig,
    RawGTDataset,
    RawGTDatasetConfig,
)
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate


@pytest.fixture
def config(store_array):
    return RawGTDatasetConfig(
        "cells",
        weight=2.5,
        raw_config=IntensitiesArrayConfig("raw", store_array("raw"), 0, 255),
        gt_config=BinarizeArrayConfig(
            "gt",
            store_array("gt", (20, 8, 4), (6, 4, 5), (40, 8, 4)),
            [("mito", [1]), ("er", [2])],
        ),
        sample_points=[(60, 12, 8.5)],
    )


class TestRawGTDataset:
    def test_parts(self, config):
        dataset = config.create_dataset()
        assert isinstance(dataset, RawGTDataset)
        assert (dataset.name, dataset.weight) == ("cells", 2.5)
        assert dataset.raw.voxel_size == (40, 8, 4)
        assert dataset.gt.channels == ["mito", "er"]
        assert dataset.mask is None
        assert dataset.sample_points == [Coordinate(60, 12, 8.5)]
        assert str(dataset) == repr(dataset) == "Dataset(cells)"

    def test_mask(self, config, store_array):
        mask = store_array("mask", (20, 8, 4), (6, 4, 5), (40, 8, 4))
        assert attrs.evolve(config, mask_config=mask).create_dataset().mask is not None

    def test_equality_goes_by_class_and_name(self, config):
        one, other = config.create_dataset(), config.create_dataset()
        assert one == other
        assert len({one, other}) == 1
        assert one != attrs.evolve(config, name="other").create_dataset()
        dummy = DummyDatasetConfig("cells")
        assert one != dummy.dataset_type(dummy)

    def test_two_dimensions(self, store_array):
        raw = store_array("raw", (4.6, 4.6), (20, 30), (9.2, 0))
        config = RawGTDatasetConfig("flat", raw_config=raw, gt_config=raw)
        assert config.verify()[0]
        assert config.create_dataset().raw.dims == 2


class TestVerify:
    def test_valid(self, config):
        assert config.verify() == (True, "RawGTDatasetConfig 'cells' is valid")

    @pytest.mark.parametrize(
        ("part", "text"),
        [
            ("raw", "raw_config: raw data is missing; choose an array"),
            ("gt", "gt_config: ground truth is missing; choose an array"),
        ],
    )
    def test_missing_parts(self, config, part, text):
        config = attrs.evolve(config, **{f"{part}_config": None})
        assert config.verify() == (False, text)

    def test_parts_are_verified(self, config, tmp_path):
        config.gt_config.source_array_config.dataset = "nothing"
        valid, reason = config.verify()
        assert not valid
        assert reason.startswith("gt_config: source_array_config: there is no array")
        valid, reason = attrs.evolve(config, gt_config=DummyArrayConfig("x")).verify()
        assert not valid
        assert reason.startswith("gt_config: ")

    @pytest.mark.parametrize(
        ("part", "stored", "text"),
        [
            (
                "gt",
                {"offset": (240, 0, 0)},
                "gt_config: covers [240:480, 0:64, 0:40] nm, which does not",
            ),
            (
                "gt",
                {"voxel_size": (8, 4), "shape": (8, 8)},
                "gt_config: 2 spatial axes",
            ),
            (
                "gt",
                {"voxel_size": (40, 8, 3)},
                "gt_config: voxel size (40, 8, 3) nm and that of raw, (40, 8, 4) nm, "
                "are no multiples of one another along x; resample one of them",
            ),
            (
                "mask",
                {"voxel_size": (40, 8, 4), "offset": (40, 8, 4)},
                "mask_config: voxel size (40, 8, 4) nm, but ground truth has",
            ),
            (
                "mask",
                {"voxel_size": (20, 8, 4), "offset": (40, 8, 0)},
                None,
            ),
            (
                "mask",
                {"voxel_size": (20, 8, 4), "offset": (50, 8, 4)},
                "mask_config: offset (50, 8, 4) nm and that of the ground truth",
            ),
            (
                "mask",
                {"voxel_size": (20, 8, 4), "offset": (40, 8, 4), "channels": 3},
                "mask_config: 3 channels, but ground truth has 2; a mask has one",
            ),
            (
                "mask",
                {"voxel_size": (20, 8, 4), "offset": (40, 8, 4), "channels": 2},
                None,
            ),
            (
                "mask",
                {"voxel_size": (20, 8, 4), "offset": (400, 8, 4)},
                "mask_config: covers",
            ),
        ],
    )
    def test_arrays_that_do_not_fit(self, config, store_array, part, stored, text):
        array = store_array(f"other_{part}", **stored)
        config = attrs.evolve(config, **{f"{part}_config": array})
        valid, reason = config.verify()
        if text is None:
            assert valid, reason
        else:
            assert not valid
            assert reason.startswith(text)

    @pytest.mark.parametrize("point", [(1, 2, 3), (60, 12), (10**6, 12, 8)])
    def test_stray_points(self, config, point):
        config = attrs.evolve(config, sample_points=[(60, 12, 8), point])
        valid, reason = config.verify()
        assert not valid
        assert reason.startswith(f"sample_points[1]: {Coordinate(point)} nm is not")
        assert reason.endswith("points are given in nm, not in voxels")

    def test_creating_raises_the_same(self, config):
        config = attrs.evolve(config, raw_config=None)
        with pytest.raises(ConfigError, match="raw_config: raw data is missing"):
            config.create_dataset()

    def test_weight_must_be_positive(self):
        with pytest.raises(ConfigError, match="weight: 0 is out of range"):
            RawGTDatasetConfig("x", weight=0)


class TestOtherDatasets:
    def test_dummy(self):
        config = DummyDatasetConfig("dummy")
        assert config.raw_config == DummyArrayConfig("dummy_array")
        valid, reason = config.verify()
        assert not valid
        assert reason == "DummyDatasetConfig 'dummy' is never valid"
        with pytest.raises(ConfigError, match="is never valid"):
            config.create_dataset()
        dataset = config.dataset_type(config)
        assert isinstance(dataset, Dataset)
        assert dataset.raw[dataset.raw.roi].shape == (100, 50, 50)
        assert dataset.gt is None

    def test_points(self):
        config = PointListConfig([(1, 2.5), (3, 4)])
        assert config.verify()[0]
        assert config.store_type(config).points == [(1, 2.5), (3, 4)]

    @pytest.mark.parametrize(
        ("points", "text"),
        [([], "the list is empty"), ([(1, 2), (1, 2, 3)], "same number of axes")],
    )
    def test_bad_points(self, points, text):
        config = PointListConfig(points)
        with pytest.raises(ConfigError, match=text):
            config.store_type(config)
