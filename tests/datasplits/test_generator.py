from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_dacapo.arrays import ConcatArrayConfig, ResampledArrayConfig
from napari_dacapo.arrays._ome_zarr import add_pyramid, create_image
from napari_dacapo.arrays.locations import Url
from napari_dacapo.datasplits import DatasetSpec, DataSplitGenerator
from napari_dacapo.errors import ConfigError, DataError, DataNotFoundError
from napari_dacapo.geometry import Roi


@pytest.fixture
def spec(tmp_path):
    container = tmp_path / "volume.zarr"

    def make(raw="raw", gt="gt/[mito]", kind="train"):
        return DatasetSpec(kind, container, raw, container, gt)

    return make


def _generator(specs, resolution=(40, 8, 4), **options):
    options.setdefault("min_training_volume_size", 1)
    return DataSplitGenerator("split", specs, resolution, resolution, **options)


@pytest.fixture
def volume(store_array):
    store_array("raw")
    store_array("gt/mito", value=3)
    store_array("gt/er", value=0)


class TestTable:
    def test_round_trip(self, tmp_path, spec):
        specs = [spec(), spec("a, b", "gt/[mito&er]", "val")]
        path = tmp_path / "table.csv"
        DataSplitGenerator.generate_csv(specs, path)
        generator = DataSplitGenerator.generate_from_csv(path, (4,), (8,), raw_max=99)
        assert generator.datasets == specs
        assert (generator.name, generator.raw_max) == ("table", 99)

    def test_comments_spaces_and_empty_lines(self, tmp_path):
        path = tmp_path / "table.csv"
        path.write_text(
            "\ufeff# my volumes\n\n Train , a.zarr, raw ,b.zarr, gt/[x] \n,,,,\n",
            encoding="utf-8",
        )
        (found,) = DataSplitGenerator.generate_from_csv(path, (4,), (4,)).datasets
        assert found == DatasetSpec("train", "a.zarr", "raw", "b.zarr", "gt/[x]")
        assert str(found) == "a_gt/[x]"

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("quote", ["", '"'])
    def test_what_spreadsheets_write(self, tmp_path, delimiter, encoding, quote):
        header = "dataset_type,raw_container,raw_dataset,gt_container,gt_dataset"
        rows = [
            header,
            "train,a b.zarr,raw,ö.n5,gt/[x&y],",
            "",
            ",,,,,",
            "VAL,a,b,c,[x]",
        ]
        text = "\r\n".join(
            delimiter.join(f"{quote}{cell}{quote}" for cell in row.split(","))
            for row in rows
        )
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        found = DataSplitGenerator.generate_from_csv(path, (4,), (4,)).datasets
        assert found == [
            DatasetSpec("train", "a b.zarr", "raw", "ö.n5", "gt/[x&y]"),
            DatasetSpec("val", "a", "b", "c", "[x]"),
        ]

    def test_backslashes(self, tmp_path, volume):
        (tmp_path / "sub").mkdir()
        path = tmp_path / "sub" / "table.csv"
        path.write_text("train,..\\volume.zarr,raw,C:\\no\\b.zarr,gt/[mito]\n")
        (found,) = DataSplitGenerator.generate_from_csv(path, (4,), (4,)).datasets
        assert found.raw_container.resolve() == tmp_path / "volume.zarr"
        assert str(found.gt_container) == "C:\\no\\b.zarr"

    def test_addresses(self, tmp_path):
        path = tmp_path / "table.csv"
        path.write_text(f"train,https://x.org/a.zarr,raw,file://{tmp_path},gt/[mito]\n")
        (found,) = DataSplitGenerator.generate_from_csv(path, (4,), (4,)).datasets
        assert found.raw_container == Url("https", "x.org/a.zarr")
        assert found.gt_container == tmp_path
        assert str(found) == "a_gt/[mito]"

    def test_containers_beside_the_table(self, tmp_path, volume, monkeypatch):
        path = tmp_path / "table.csv"
        path.write_text("train,volume.zarr,raw,volume.zarr,gt/[mito]\n")
        (found,) = DataSplitGenerator.generate_from_csv(path, (4,), (4,)).datasets
        assert found.raw_container == tmp_path / "volume.zarr"
        monkeypatch.chdir(tmp_path)
        (found,) = DataSplitGenerator.generate_from_csv(path, (4,), (4,)).datasets
        assert found.raw_container == Path("volume.zarr")

    @pytest.mark.parametrize(
        ("line", "kind", "text"),
        [
            (
                "train,a.zarr,raw",
                ValueError,
                "line 2: 3 columns, but 5 are needed: train",
            ),
            ("val,a,b,c,d,e", ValueError, "line 2: 6 columns, but 5 are needed"),
            ("val;a;b;c", ValueError, "line 2: 4 columns, but 5 are needed"),
            ("val,a,b,,d", ValueError, "line 2: gt_container is empty"),
            ('"val,a,b,c,d', ValueError, "line 2: 1 columns, but 5 are needed"),
            (
                "test,a,b,c,d",
                KeyError,
                "line 2: DatasetType: 'test' is not one of train",
            ),
        ],
    )
    def test_faults_name_the_line(self, tmp_path, line, kind, text):
        path = tmp_path / "table.csv"
        path.write_text(f"# comment\n{line}\n")
        with pytest.raises(kind, match=text) as caught:
            DataSplitGenerator.generate_from_csv(path, (4,), (4,))
        assert isinstance(caught.value, ConfigError)
        assert "table.csv" in str(caught.value)

    def test_other_encodings_and_places(self, tmp_path):
        path = tmp_path / "table.csv"
        path.write_bytes("train,a,b,c,[ä]".encode("latin-1"))
        with pytest.raises(ConfigError, match="not a text file in UTF-8"):
            DataSplitGenerator.generate_from_csv(path, (4,), (4,))
        with pytest.raises(DataError, match="cannot be written"):
            DataSplitGenerator.generate_csv([], tmp_path)

    def test_empty(self, tmp_path):
        (tmp_path / "table.csv").write_text("# nothing\n")
        with pytest.raises(ConfigError, match="holds no dataset"):
            DataSplitGenerator.generate_from_csv(tmp_path / "table.csv", (4,), (4,))

    def test_missing(self, tmp_path):
        with pytest.raises(DataNotFoundError, match="there is no dataset table"):
            DataSplitGenerator.generate_from_csv(tmp_path / "no.csv", (4,), (4,))


class TestClasses:
    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("gt/mito", "does not name its classes"),
            ("gt/[mito", "does not name its classes"),
            ("gt/[mito]/x", "does not name its classes"),
            ("gt/[]", "empty or named twice"),
            ("gt/[a&&b]", "empty or named twice"),
            ("gt/[a&a]", "empty or named twice"),
        ],
    )
    def test_bad_texts(self, text, complaint):
        with pytest.raises(ValueError, match=complaint):
            _generator([]).check_class_name(text)

    def test_can_be_set_once(self):
        generator = _generator([])
        assert generator.class_name is None
        generator.class_name = ["mito"]
        with pytest.raises(ValueError, match=r"the classes are .'mito'. already"):
            generator.class_name = ["er"]

    def test_both_spellings_of_the_separator(self):
        for key in ("classes_separator_caracter", "classes_separator_character"):
            generator = _generator([], **{key: "+"})
            assert generator.check_class_name("[a+b]")[1] == ["a", "b"]

    def test_all_datasets_need_the_same(self, spec, volume):
        generator = _generator([spec(), spec(gt="gt/[er]")])
        with pytest.raises(
            ValueError, match="has the classes er, but those before have"
        ):
            generator.compute()


class TestGroundTruth:
    def test_targets_without_labels_are_masked_out(self, spec, volume):
        generator = _generator([spec(gt="gt/[mito&er]")], targets=["nucleus", "mito"])
        (config,) = generator.compute().train_configs
        dataset = config.create_dataset()
        assert dataset.gt.channels == dataset.mask.channels == ["nucleus", "mito"]
        gt, mask = (a[a.roi] for a in (dataset.gt, dataset.mask))
        assert not gt[0].any()
        assert gt[1].all()
        assert not mask[0].any()
        assert mask[1].all()

    def test_targets_choose_and_order(self, spec, volume):
        generator = _generator([spec(gt="gt/[mito&er]")], targets=["er", "mito"])
        (config,) = generator.compute().train_configs
        dataset = config.create_dataset()
        assert dataset.gt.channels == ["er", "mito"]
        assert dataset.mask is None
        assert [c.any() for c in dataset.gt[dataset.gt.roi]] == [False, True]

    def test_one_class_and_other_targets(self, spec, volume):
        (config,) = _generator([spec()], targets=["mito", "er"]).compute().train_configs
        assert config.create_dataset().gt.channels == ["mito", "er"]
        with pytest.raises(ConfigError, match="targets: none of er is a class of"):
            _generator([spec()], targets=["er"]).compute()

    def test_instances_keep_their_labels(self, spec, volume):
        generator = _generator([spec()], segmentation_type="Instance")
        split = generator.compute()
        dataset = split.train_configs[0].create_dataset()
        assert (dataset.gt[dataset.gt.roi] == 3).all()
        assert dataset.gt.num_channels is None
        assert split.name == "split_instance_mito_40nm"

    def test_instances_of_one_class_only(self, spec, volume):
        generator = _generator([spec(gt="gt/[mito&er]")], segmentation_type="instance")
        with pytest.raises(ConfigError, match="objects of one class are told apart"):
            generator.compute()

    def test_unknown_segmentation(self):
        with pytest.raises(
            KeyError, match="'panoptic' is not one of semantic, instance"
        ):
            _generator([], segmentation_type="panoptic")


class TestResolution:
    def test_fractional_voxels(self, store_array, spec):
        store_array("raw", (4.6, 4.6, 4.6), (20, 20, 20), (4.6, 0, 9.2))
        store_array("gt/mito", (9.2, 9.2, 9.2), (8, 8, 8), (9.2, 9.2, 9.2))
        split = _generator([spec()], (9.2, 9.2, 9.2)).compute()
        dataset = split.train_configs[0].create_dataset()
        assert dataset.raw.voxel_size == dataset.gt.voxel_size == (9.2, 9.2, 9.2)
        assert split.name == "split_semantic_mito_9.2nm"

    def test_ratios_that_are_not_whole(self, store_array, spec):
        store_array("raw", (6, 6, 6), (20, 20, 20))
        store_array("gt/mito", (4, 4, 4), (30, 30, 30))
        (config,) = _generator([spec()], (4, 4, 4)).compute().train_configs
        resampled = config.raw_config.source_array_config
        assert isinstance(resampled, ResampledArrayConfig)
        assert resampled.upsample == (3, 3, 3)
        assert resampled.downsample == (2, 2, 2)
        assert config.create_dataset().raw.shape == (30, 30, 30)

    def test_the_coarsest_level_that_loses_nothing(self, store_array, spec):
        for level, size in enumerate((4, 8, 16)):
            store_array(f"raw/s{level}", (size,) * 3, (64 // size * 2,) * 3)
        store_array("gt/mito", (12, 12, 12), (10, 10, 10))
        (config,) = _generator([spec()], (12, 12, 12)).compute().train_configs
        resampled = config.raw_config.source_array_config
        assert resampled.source_array_config.dataset == "raw/s1"
        assert (resampled.upsample, resampled.downsample) == ((2,) * 3, (3,) * 3)
        assert config.verify()[0]

    def test_levels_of_ome_zarr(self, tmp_path, store_array, spec):
        container = tmp_path / "image.zarr"
        image = create_image(
            container,
            "raw",
            axes=["y", "x"],
            roi=Roi((8, 0), (4 * 256, 4 * 256)),
            voxel_size=(4, 4),
            num_channels=None,
            dtype=np.uint8,
        )
        image[image.roi] = 100
        add_pyramid(container, "raw")
        store_array("gt/mito", (8, 8), (60, 60), (16, 8))
        both = DatasetSpec(
            "train", container, "raw", tmp_path / "volume.zarr", "gt/[mito]"
        )
        (config,) = _generator([both], (8, 8)).compute().train_configs
        assert config.raw_config.source_array_config.dataset == "raw/s1"
        raw = config.create_dataset().raw
        assert raw.voxel_size == (8, 8)
        assert raw.roi == Roi((8, 0), (1024, 1024))

    def test_other_dimensions(self, spec, volume):
        with pytest.raises(ConfigError, match="has 3 spatial axes, but the resolution"):
            _generator([spec()], (8, 8)).compute()

    def test_groups_without_levels(self, spec, volume):
        with pytest.raises(DataNotFoundError, match=r"'gt' in .* is not an array"):
            _generator([spec(raw="gt")]).compute()


class TestSelection:
    def test_small_volumes_are_left_out_of_training(self, spec, volume, caplog):
        specs = [spec(), spec(kind="val")]
        generator = _generator(specs, min_training_volume_size=1000)
        split = generator.compute()
        assert (len(split.train_configs), len(split.validate_configs)) == (0, 1)
        (reason,) = generator.skipped
        assert "ground truth has 480 voxels; min_training_volume_size is 1000" in reason
        assert reason in caplog.text

    @pytest.mark.parametrize(
        ("resolution", "limit", "text"),
        [
            ((40, 8, 8), {"max_gt_downsample": 1}, "downsampled by 2; max_gt_down"),
            ((40, 8, 1), {}, "upsampled by 4; max_raw_training_upsample is 2"),
        ],
    )
    def test_limits(self, spec, volume, resolution, limit, text):
        generator = _generator([spec()], resolution, **limit)
        with pytest.raises(ConfigError, match="none can be used") as caught:
            generator.compute()
        assert text in str(caught.value)

    @pytest.mark.parametrize("kind", ["train", "val"])
    @pytest.mark.parametrize("part", ["raw", "gt"])
    @pytest.mark.parametrize("what", ["downsample", "upsample"])
    def test_limits_are_inclusive(self, store_array, spec, kind, part, what):
        """Of training and validation volumes, raw data and labels, each on its own."""
        sizes = {"raw": (40, 8, 8), "gt": (40, 8, 8)}
        # along one axis only: the largest factor counts
        sizes[part] = (40, 8, 2) if what == "downsample" else (40, 8, 32)
        store_array("raw", sizes["raw"], (4, 8, 16))
        store_array("gt/mito", sizes["gt"], (4, 8, 16))
        full = {"train": "training", "val": "validation"}[kind]
        limit = f"max_{part if part == 'gt' else f'raw_{full}'}_{what}"
        generator = _generator([spec(kind=kind)], (40, 8, 8), **{limit: 4})
        split = generator.compute()
        assert len(split.train_configs) == (kind == "train")
        assert len(split.validate_configs) == (kind == "val")
        generator = _generator([spec(kind=kind)], (40, 8, 8), **{limit: 3.9})
        with pytest.raises(ConfigError, match=f"{what}d by 4; {limit} is 3.9"):
            generator.compute()

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            ({"max_gt_downsample": 0.5}, "max_gt_downsample: 0.5 must be a number"),
            ({"max_raw_training_upsample": "2"}, "max_raw_training_upsample: '2' must"),
            ({"min_training_volume_size": -1}, "must be a number, at least 0"),
            ({"classes_separator_caracter": ""}, "caracter: the text is empty"),
            ({"targets": ["a", "a"]}, "targets: 'a' is named twice"),
            ({"resolution": (0, 8, 4)}, "resolution: .* greater than 0"),
            ({"resolution": ()}, "resolution: .* greater than 0"),
            ({"resolution": (None, 1)}, "resolution: .* greater than 0"),
            ({"resolution": "abc"}, "resolution: .* greater than 0"),
            ({"specs": ["a"]}, r"datasets\[0\]: 'a' is not a DatasetSpec"),
        ],
    )
    def test_settings_that_cannot_be_used(self, options, complaint):
        with pytest.raises(ConfigError, match=complaint):
            _generator(options.pop("specs", []), **options)

    def test_one_target_and_one_dataset_need_no_list(self, spec, volume):
        generator = _generator(spec(), targets="mito")
        assert generator.targets == ["mito"]
        assert len(generator.compute().train_configs) == 1

    def test_instances_need_labels_without_channels(self, store_array, spec):
        store_array("raw")
        store_array("gt/mito", channels=2)
        generator = _generator([spec()], segmentation_type="instance")
        with pytest.raises(ConfigError, match="has 2 channels, but objects are told"):
            generator.compute()

    def test_no_datasets(self):
        with pytest.raises(ConfigError, match="datasets: there are none"):
            _generator([]).compute()


class TestNames:
    def test_are_file_names_and_unique(self, spec, volume):
        specs = [spec(gt="gt/[mito&er]")] * 3 + [spec(gt="gt/[mito&er]", kind="val")]
        generator = _generator(specs)
        split = generator.compute()
        assert split.name == "split_semantic_mito&er_40nm"
        assert [c.name for c in split.train_configs] == [
            "volume_gt_mito&er_40nm",
            "volume_gt_mito&er_40nm_2",
            "volume_gt_mito&er_40nm_3",
        ]
        assert split.verify()[0]
        assert str(generator) == "DataSplitGenerator:split_semantic_mito&er_40nm"
        gt = split.train_configs[0].gt_config
        assert isinstance(gt, ConcatArrayConfig)
        assert gt.name == "volume_gt_mito&er_40nm_gt"
