from __future__ import annotations

import pytest

from napari_dacapo.datasplits import (
    DummyDataSplit,
    DummyDataSplitConfig,
    TrainValidateDataSplitConfig,
)
from napari_dacapo.datasplits.datasets import RawGTDatasetConfig
from napari_dacapo.errors import ConfigError


@pytest.fixture
def dataset(store_array):
    def make(name, **kwargs):
        raw = store_array(f"raw_{name}", **kwargs)
        return RawGTDatasetConfig(name, raw_config=raw, gt_config=raw)

    return make


def test_datasets_are_opened(dataset):
    a, b, c = dataset("a"), dataset("b"), dataset("c", voxel_size=(20, 4, 4))
    config = TrainValidateDataSplitConfig("split", [a, b], [c])
    assert config.verify() == (
        True,
        "TrainValidateDataSplitConfig 'split' is valid",
    )
    split = config.create_datasplit()
    assert [d.name for d in split.train] == ["a", "b"]
    assert [d.name for d in split.validate] == ["c"]


def test_the_same_volume_may_train_and_validate(dataset):
    a = dataset("a")
    assert TrainValidateDataSplitConfig("split", [a], [a]).verify()[0]
    assert TrainValidateDataSplitConfig("split", [], [a]).verify()[0]


def test_nothing_at_all():
    valid, reason = TrainValidateDataSplitConfig("split", [], []).verify()
    assert not valid
    assert reason == "train_configs: there is no dataset at all; add one"


def test_faults_of_datasets_are_found(dataset):
    a, b = dataset("a"), dataset("b")
    b.gt_config = None
    valid, reason = TrainValidateDataSplitConfig("split", [a], [a, b]).verify()
    assert not valid
    assert reason.startswith("validate_configs[1] (b): gt_config: ground truth is miss")


def test_names_are_unique(dataset):
    a = dataset("a")
    valid, reason = TrainValidateDataSplitConfig("split", [a, a], []).verify()
    assert not valid
    assert reason.startswith("train_configs[1]: the name 'a' is used twice")


def test_training_needs_one_voxel_size(dataset):
    a, b = dataset("a"), dataset("b", voxel_size=(4.6, 4.6, 4.6))
    config = TrainValidateDataSplitConfig("split", [a, b], [])
    with pytest.raises(
        ConfigError,
        match=r"train_configs\[1\] \(b\): raw has voxel size \(4\.6, 4\.6, 4\.6\) nm, "
        r"but the first dataset has \(40, 8, 4\) nm; resample one of them",
    ):
        config.create_datasplit()


def test_dummy():
    config = DummyDataSplitConfig("dummy")
    assert config.verify() == (False, "DummyDataSplitConfig 'dummy' is never valid")
    split = config.datasplit_type(config)
    assert isinstance(split, DummyDataSplit)
    assert [d.name for d in split.train] == ["dummy_dataset"]
    assert split.validate == []
