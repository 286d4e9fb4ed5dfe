import attrs

from napari_dacapo.arrays import (
    BinarizeArrayConfig,
    CropArrayConfig,
    IntensitiesArrayConfig,
    ResampledArrayConfig,
    SumArrayConfig,
    ZarrArrayConfig,
)
from napari_dacapo.datasplits import (
    DummyDataSplitConfig,
    TrainValidateDataSplitConfig,
)
from napari_dacapo.datasplits.datasets import RawGTDatasetConfig
from napari_dacapo.geometry import Roi
from napari_dacapo.gui import _experiment_splits as splits


def zarr(name):
    return ZarrArrayConfig(name, "vol.zarr", name)


def test_datasplit_of_chosen_data():
    classes = [("mito", [1, 2]), ("other", [])]
    split = splits.datasplit_of(
        [(zarr("a"), zarr("b")), (zarr("c"), zarr("d"))],
        [(zarr("e"), zarr("f"))],
        classes,
    )
    assert [c.name for c in split.train_configs] == ["train_0", "train_1"]
    assert split.train_configs[1].raw_config == zarr("c")
    assert split.train_configs[1].gt_config == BinarizeArrayConfig(
        "d_classes", zarr("d"), classes
    )
    assert split.validate_configs[0].name == "validate_0"
    assert splits.datasplit_of([(zarr("a"), zarr("b"))], [], []).train_configs == [
        RawGTDatasetConfig("train_0", raw_config=zarr("a"), gt_config=zarr("b"))
    ]


def proposed():
    """Return a data split with arrays around the chosen ones."""
    return TrainValidateDataSplitConfig(
        "split",
        [
            RawGTDatasetConfig(
                "train_0",
                raw_config=IntensitiesArrayConfig("i", zarr("a"), 0, 255),
                gt_config=BinarizeArrayConfig("g", zarr("b"), [("x", [3])]),
            )
        ],
        [],
    )


def test_choices_are_found_again_in_a_data_split():
    assert splits.pairs_of(proposed()) == ([(zarr("a"), zarr("b"))], [])
    assert splits.classes_of(proposed()) == [("x", [3])]


def test_use_of_chosen_data_is_told():
    cropped = CropArrayConfig("c", zarr("a"), Roi((0, 0), (80, 40)))
    finer = ResampledArrayConfig("r", cropped, (2, 2), (1, 1), 1)
    split = attrs.evolve(
        proposed(), validate_configs=[RawGTDatasetConfig("v", raw_config=finer)]
    )
    assert splits.uses_of(split) == (
        [("", "")],
        [("only [0:80, 0:40] nm is used, resampled to other voxels", "")],
    )


def test_data_splits_of_other_forms_have_no_choices():
    assert splits.pairs_of(DummyDataSplitConfig("dummy")) is None
    both = SumArrayConfig("sum", [zarr("a"), zarr("b")])
    split = attrs.evolve(
        proposed(), train_configs=[RawGTDatasetConfig("d", raw_config=both)]
    )
    assert splits.pairs_of(split) is None


def test_regrouping_keeps_what_else_was_proposed():
    split = splits.regrouped(proposed(), [("y", [])])
    assert split.train_configs[0].raw_config == proposed().train_configs[0].raw_config
    assert split.train_configs[0].gt_config == BinarizeArrayConfig(
        "g", zarr("b"), [("y", [])]
    )
    plain = splits.regrouped(split, [])
    assert plain.train_configs[0].gt_config == zarr("b")
    again = splits.regrouped(plain, [("z", [1])])
    assert splits.classes_of(again) == [("z", [1])]


def test_replacing_reaches_every_depth_and_changes_nothing_else():
    split = proposed()
    changed = splits.replaced(split, [(zarr("b"), zarr("new"))])
    assert changed.train_configs[0].gt_config.source_array_config == zarr("new")
    assert split == proposed()
    assert splits.replaced(changed, [(zarr("new"), zarr("b"))]) == split
    axes = ZarrArrayConfig("a", "vol.zarr", "a", axes=["z", "y", "x"])
    assert splits.replaced({"k": (axes,)}, []) == {"k": (axes,)}
