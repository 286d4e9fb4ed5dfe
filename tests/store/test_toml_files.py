"""Configs as TOML: what the methods `to_toml` and `from_toml` do."""

from __future__ import annotations

import pytest

from napari_dacapo.arrays import (
    ArrayConfig,
    ConcatArrayConfig,
    CropArrayConfig,
    ZarrArrayConfig,
)
from napari_dacapo.datasplits.datasets import GraphStoreConfig, PointListConfig
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.store.toml_files import EmptyValueError, dump_toml

RAW = ZarrArrayConfig("raw", "a.zarr", "raw", snap_to_grid=(40, 4.6))


def test_files_are_read_by_the_class_or_its_base(tmp_path):
    config = ConcatArrayConfig(
        "all",
        ["a", "b"],
        {"a": RAW, "b": CropArrayConfig("b", RAW, Roi((4.6, 0), (9.2, 8)))},
    )
    config.to_toml(tmp_path / "config.toml")
    for cls in (ConcatArrayConfig, ArrayConfig):
        assert cls.from_toml(str(tmp_path / "config.toml")) == config
    text = (tmp_path / "config.toml").read_text()
    assert text.startswith('schema_version = 1\n__type__ = "ConcatArrayConfig"\n')
    with pytest.raises(ConfigError, match="ConcatArrayConfig is not a CropArrayConfig"):
        CropArrayConfig.from_toml(tmp_path / "config.toml")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("raw", "7"), r"dataset: 7 is not a text.*\n\(in .*x.toml\)"),
        (("= 1", "= 99"), "99 is newer than 1"),
        (("=", ":"), "x.toml: not readable as TOML"),
        (("ZarrArray", "os.system"), "__type__: no config class is named"),
    ],
)
def test_faults_name_the_field_and_the_file(tmp_path, change, complaint):
    text = dump_toml(ZarrArrayConfig("a", "b.zarr", "raw"))
    path = tmp_path / "x.toml"
    path.write_text(text.replace(change[0], change[1]).replace('"7"', "7"))
    with pytest.raises(ConfigError, match=complaint):
        ArrayConfig.from_toml(path)


def test_what_toml_cannot_say_is_refused(tmp_path):
    config = PointListConfig([Coordinate(None, 1)])
    with pytest.raises(EmptyValueError, match="holds empty values"):
        config.to_toml(tmp_path / "x.toml")
    assert not list(tmp_path.iterdir())
    with pytest.raises(FileNotFoundError):
        GraphStoreConfig.from_toml(tmp_path / "x.toml")
