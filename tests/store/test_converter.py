from __future__ import annotations

import json
from pathlib import Path

import attrs
import cattrs
import pytest

from golden_data import cases, numbers
from napari_dacapo import _registry
from napari_dacapo._config import config_field
from napari_dacapo._registry import concrete_classes, lookup
from napari_dacapo.arrays import ArrayConfig, ZarrArrayConfig
from napari_dacapo.datasplits import TrainValidateDataSplitConfig
from napari_dacapo.datasplits.datasets import DatasetConfig, RawGTDatasetConfig
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.stats import TrainingIterationStats, ValidationIterationScores
from napari_dacapo.store import converter as converter_module
from napari_dacapo.store.conversion_hooks import register_hooks
from napari_dacapo.store.converter import (
    TypedConverter,
    dump_yaml,
    from_doc,
    load_yaml,
    make_converter,
    to_doc,
)
from napari_dacapo.store.yaml_files import parse_yaml

_RECORDS = {
    "TrainingIterationStats": TrainingIterationStats,
    "ValidationIterationScores": ValidationIterationScores,
}


@pytest.fixture(autouse=True)
def _forget_test_classes():
    _registry.load_components()
    known = dict(_registry._CLASSES)
    yield
    _registry._CLASSES.clear()
    _registry._CLASSES.update(known)


def _root(case):
    return _RECORDS.get(case["root"]) or lookup(case["root"])


def _assert_holds(found, expected, where="doc"):
    """Check that `found` has everything of `expected`; more fields do not matter."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            _assert_holds(found[key], value, f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for i, (a, b) in enumerate(zip(found, expected, strict=True)):
            _assert_holds(a, b, f"{where}[{i}]")
    else:
        assert found == expected or (found != found and expected != expected), where


def _variants(case):
    """The document of a case, as dictionary and as text, by every version."""
    for version in ("", "_0_3_0"):
        if f"doc{version}" in case:
            yield numbers(case[f"doc{version}"])
        if f"yaml{version}" in case:
            yield parse_yaml(case[f"yaml{version}"], case["id"])


@pytest.mark.parametrize("case", cases("configs", "config"))
class TestDocumentsOfTheOriginal:
    def test_are_read_and_written(self, case):
        for doc in _variants(case):
            found = from_doc(doc, _root(case))
            assert type(found).__name__ == case["type"]
            written = to_doc(found)
            _assert_holds(written, doc)
            assert json.loads(json.dumps(written)) == written or "NaN" in str(written)

    def test_round_trip_through_a_file(self, case, tmp_path):
        path = tmp_path / "config.yaml"
        found = from_doc(numbers(case["doc"]), _root(case))
        path.write_text(dump_yaml(found))
        _assert_holds(to_doc(load_yaml(path, _root(case))), to_doc(found))


@pytest.mark.parametrize("case", cases("configs", "config_partial"))
def test_missing_fields_take_their_defaults(case):
    full = from_doc(case["same_as_doc"], _root(case))
    assert from_doc(case["doc"], _root(case)) == full


@attrs.define
class _Inner(ArrayConfig):
    rate: float = config_field("Rate.", default=0.5, minimum=0, maximum=1)
    voxel_size: Coordinate = config_field(
        "Size.", default=Coordinate(4.6, 2), converter=Coordinate
    )


@attrs.define
class _Outer(ArrayConfig):
    path: Path = config_field("Path.", converter=Path)
    inner_configs: list[ArrayConfig] = config_field("Parts.", factory=list)
    by_name: dict[str, ArrayConfig] = config_field("More parts.", factory=dict)
    roi: Roi | None = config_field("Region.", default=None)
    pairs: list[tuple[str, list[int]]] = config_field("Pairs.", factory=list)
    range_: tuple[float, float] = config_field("Range.", default=(0.5, 2.0))
    order: bool | int = config_field("Order.", default=False)
    count: int | None = config_field("Count.", default=None, minimum=1)
    active: bool = config_field("Active.", default=True)
    _axes: list[str] | None = config_field("Axes.", default=None, alias="axes")


@pytest.fixture
def example():
    return _Outer(
        "outer",
        "data/a.zarr",
        inner_configs=[_Inner("a"), _Inner("b", rate=1)],
        by_name={"x": _Inner("c", voxel_size=(4, 3.24))},
        roi=Roi((-4.6, 0), (9.2, 8)),
        pairs=[("mito", [1, 2]), ("er", [])],
        order=3,
        axes=["y", "x"],
    )


class TestTypedConverter:
    def test_documents_are_plain(self, example):
        doc = to_doc(example)
        assert doc == json.loads(json.dumps(doc))
        assert doc["__type__"] == "_Outer"
        assert doc["inner_configs"][1]["__type__"] == "_Inner"
        assert doc["by_name"]["x"]["voxel_size"] == [4, 3.24]
        assert doc["roi"] == [[-4.6, 0], [9.2, 8]]
        assert doc["pairs"] == [["mito", [1, 2]], ["er", []]]
        assert doc["_axes"] == ["y", "x"]

    def test_round_trip(self, example):
        assert from_doc(to_doc(example), ArrayConfig) == example
        assert from_doc(json.loads(json.dumps(to_doc(example))), _Outer) == example

    def test_fractions_come_back_exactly(self):
        for size in ("4.6", "3.24", "100000/3", "1/7"):
            config = _Inner("a", voxel_size=Coordinate(_fraction(size), 1))
            assert from_doc(to_doc(config), ArrayConfig) == config

    @pytest.mark.parametrize("cls", concrete_classes(ArrayConfig))
    def test_classes_are_found_by_name(self, cls):
        with pytest.raises(ConfigError) as caught:
            from_doc({"__type__": cls.__name__}, ArrayConfig)
        assert f"name: missing in {cls.__name__}" in str(caught.value)

    def test_converter_is_made_on_first_use(self, example):
        assert converter_module.converter.unstructure(example) == to_doc(example)
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            _ = converter_module.nothing

    def test_users_can_register_with_their_own_converter(self, example):
        class Recorder(cattrs.Converter):
            hierarchies: tuple[type, ...] = ()

            def register_hierarchy(self, cls, cls_fn):
                self.hierarchies += (cls,)

        recorder = Recorder()
        register_hooks(recorder)
        assert len(recorder.hierarchies) == 11
        assert recorder.unstructure(Roi((0, 4.6), (1, 2))) == [[0, 4.6], [1, 2]]
        assert recorder.structure([4.6, 2], Coordinate) == Coordinate(4.6, 2)
        assert recorder.structure("a/b", Path) == Path("a/b")

    def test_other_hierarchies(self):
        @attrs.define
        class Base:
            pass

        @attrs.define
        class Derived(Base):
            size: int = 1

        converter = TypedConverter()
        converter.register_hierarchy(Base, {"Derived": Derived, "Base": Base}.get)
        doc = converter.unstructure(Derived(2))
        assert doc == {"__type__": "Derived", "size": 2}
        assert converter.structure(doc, Base) == Derived(2)
        with pytest.raises(TypeError, match="must be a class, got 'Base'"):
            converter.register_hierarchy("Base", {}.get)


def _fraction(text):
    from fractions import Fraction

    return Fraction(text)


class TestFaults:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"active": "yes"}, "active: 'yes' is not true or false"),
            ({"active": 1}, "active: 1 is not true or false"),
            ({"count": 2.5}, "count: 2.5 is not a whole number"),
            ({"count": True}, "count: True is not a whole number"),
            ({"count": 0}, "count: 0 is out of range; it must be at least 1"),
            ({"name": 7}, "name: 7 is not a text; put it in quotes"),
            ({"name": None}, "name: None is not a text; put it in quotes"),
            ({"range_": [1]}, "range_: [1] has 1 entries; 2 are needed"),
            ({"range_": [1, "2"]}, "range_[1]: '2' is not a number"),
            ({"pairs": [["a", [1, "x"]]]}, "pairs[0][1][1]: 'x' is not a whole number"),
            ({"pairs": "ab"}, "pairs: 'ab' is not a list"),
            ({"order": "high"}, "order: 'high' is not bool or int"),
            ({"path": 3}, "path: 3 is not a path"),
            ({"roi": [[True], [1]]}, "roi: [True] is not a list of numbers"),
            ({"roi": [1, 2, 3]}, "roi: [1, 2, 3] is not a region, that is a list"),
            ({"roi": [[0], [1, 2]]}, "roi: a ROI needs as many offsets as extents"),
            ({"_axes": "zyx"}, "_axes: 'zyx' is not a list"),
            ({"by_name": [1]}, "by_name: [1] is not a mapping (name: value)"),
            ({"coutn": 3}, "coutn: _Outer has no such field; did you mean count?"),
            ({"zzz": 3}, "zzz: _Outer has no such field; it has name, path, inner_"),
            ({"path": ...}, "path: missing in _Outer; this field has no default"),
            (
                {"inner_configs": [{"__type__": "_Inner", "name": "a", "rate": 2}]},
                "inner_configs[0].rate: 2.0 is out of range; it must be at least 0 and",
            ),
            (
                {"by_name": {"x": {"__type__": "_Inner", "name": "a", "rat": 1}}},
                "by_name['x'].rat: _Inner has no such field; did you mean rate?",
            ),
            (
                {"inner_configs": [{"__type__": "_Innr", "name": "a"}]},
                "inner_configs[0].__type__: no config class is named '_Innr'; did you",
            ),
            (
                {"inner_configs": [{"__type__": "RawGTDatasetConfig", "name": "a"}]},
                "inner_configs[0].__type__: RawGTDatasetConfig is not a ArrayConfig",
            ),
            (
                {"inner_configs": [{"name": "a"}]},
                "inner_configs[0].__type__: missing; name one of BinarizeArrayConfig,",
            ),
            (
                {"inner_configs": ["a"]},
                "inner_configs[0]: 'a' is not a mapping with __type__: <class name>",
            ),
        ],
    )
    def test_name_the_path_of_the_field(self, example, changes, expected):
        doc = {**to_doc(example), **changes}
        doc = {key: value for key, value in doc.items() if value is not ...}
        with pytest.raises(ConfigError) as caught:
            from_doc(doc, ArrayConfig)
        assert str(caught.value).startswith(expected)
        # the same, deeper in
        with pytest.raises(ConfigError) as caught:
            from_doc(
                {
                    "__type__": "TrainValidateDataSplitConfig",
                    "name": "s",
                    "train_configs": [
                        {
                            "__type__": "RawGTDatasetConfig",
                            "name": "d",
                            "gt_config": doc,
                        }
                    ],
                    "validate_configs": [],
                },
                lookup("DataSplitConfig"),
            )
        assert str(caught.value).startswith(f"train_configs[0].gt_config.{expected}")

    def test_are_all_listed(self, example):
        doc = {**to_doc(example), "active": 3, "count": 0.5, "colour": "red"}
        with pytest.raises(ConfigError) as caught:
            from_doc(doc, ArrayConfig)
        lines = str(caught.value).splitlines()
        assert sorted(line.split(":")[0] for line in lines) == [
            "active",
            "colour",
            "count",
        ]

    @pytest.mark.parametrize("doc", [None, [], "x", 3, {"__type__": ["x"]}])
    def test_of_the_whole_document(self, doc):
        with pytest.raises(ConfigError, match="__type__"):
            from_doc(doc, ArrayConfig)

    @pytest.mark.parametrize(
        "name",
        [
            "__import__('os').system('touch pwned')",
            "os.system",
            "TypedConverter",
            "ArrayConfig.__subclasses__",
            "",
        ],
    )
    def test_no_text_of_a_file_is_run(self, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        doc = {"__type__": name, "name": "a"}
        deep = {"__type__": "RawGTDatasetConfig", "name": "d", "raw_config": doc}
        for hostile, root in ((doc, ArrayConfig), (deep, DatasetConfig)):
            with pytest.raises(NameError, match="no config class is named") as caught:
                from_doc(hostile, root)
            assert isinstance(caught.value, ConfigError)
            place = "" if hostile is doc else "raw_config."
            assert str(caught.value).startswith(f"{place}__type__: ")
            path = tmp_path / "x.yaml"
            path.write_text(json.dumps(hostile))
            with pytest.raises(NameError, match=r"\(in .*x\.yaml\)"):
                load_yaml(path, root)
            path.unlink()
        assert not list(tmp_path.iterdir())


class TestFiles:
    def test_text_is_readable(self, example):
        text = dump_yaml(example)
        assert text.startswith("schema_version: 1\n__type__: _Outer\nname: outer\n")
        assert "range_: [0.5, 2.0]\n" in text

    def test_paths_inside_the_folder_are_relative(self, tmp_path, monkeypatch):
        inside = ZarrArrayConfig("a", tmp_path / "data" / "x.zarr", "raw")
        outside = ZarrArrayConfig("a", tmp_path.parent / "x.zarr", "raw")
        assert to_doc(inside, tmp_path)["file_name"] == "data/x.zarr"
        assert to_doc(outside, tmp_path)["file_name"] == str(outside.file_name)
        assert to_doc(inside)["file_name"] == str(inside.file_name)
        for config in (inside, outside):
            doc = to_doc(config, tmp_path)
            assert from_doc(doc, ArrayConfig, tmp_path) == config
        monkeypatch.chdir(tmp_path)
        relative = ZarrArrayConfig("a", "data/x.zarr", "raw")
        assert to_doc(relative, tmp_path) == to_doc(inside, tmp_path)

    def test_moving_the_folder_moves_the_paths(self, tmp_path):
        here, there = tmp_path / "here", tmp_path / "there"
        doc = to_doc(ZarrArrayConfig("a", here / "x.zarr", "raw"), here)
        assert from_doc(doc, ArrayConfig, there).file_name == there / "x.zarr"

    def test_faults_name_the_file(self, example, tmp_path):
        path = tmp_path / "bad.yaml"
        path.write_text(dump_yaml(example).replace("active: true", "active: maybe"))
        with pytest.raises(ConfigError) as caught:
            load_yaml(path, ArrayConfig)
        assert str(caught.value) == f"active: 'maybe' is not true or false\n(in {path})"

    def test_files_of_newer_versions(self, example, tmp_path):
        path = tmp_path / "new.yaml"
        path.write_text(dump_yaml(example).replace("version: 1", "version: 99"))
        with pytest.raises(
            ConfigError, match=r"99 is newer than 1.*update napari-dacapo"
        ):
            load_yaml(path, ArrayConfig)

    def test_no_mapping(self, tmp_path):
        path = tmp_path / "list.yaml"
        path.write_text("- 1\n")
        with pytest.raises(ConfigError, match="holds no mapping"):
            load_yaml(path, ArrayConfig)


def test_converters_are_shared():
    assert make_converter() is make_converter()


def test_datasets_with_everything(tmp_path):
    raw = ZarrArrayConfig("raw", tmp_path / "x.zarr", "raw")
    dataset = RawGTDatasetConfig(
        "d", 2.5, raw, raw, mask_config=None, sample_points=[(1, 2.5, 3)]
    )
    split = TrainValidateDataSplitConfig("s", [dataset], [dataset])
    assert from_doc(to_doc(split), lookup("DataSplitConfig")) == split
