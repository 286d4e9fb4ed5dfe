"""Every array class against the results of the original program (or the right ones)."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import golden_data
from napari_dacapo.arrays import (
    Array,
    ArrayConfig,
    DummyArrayConfig,
    LocalArrayIdentifier,
    NumpyArray,
    ZarrArray,
    ZarrArrayConfig,
)
from napari_dacapo.errors import DaCapoError, RoiError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.store.converter import from_doc

_, ARRAYS = golden_data.load("arrays")


@pytest.fixture(autouse=True)
def _in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write_sources(case: dict[str, Any]) -> None:
    import zarr

    for source in case.get("sources", []):
        zarr.create_array(
            source["container"],
            name=source["dataset"],
            data=ARRAYS[source["data"]],
            chunks=source["chunks"],
            zarr_format=2,
            attributes=source["attrs"],
        )
        for path, attributes in source.get("group_attrs", {}).items():
            group = zarr.open_group(os.path.join(source["container"], path))  # noqa: PTH118
            group.attrs.update(attributes)


def _roi(document: dict[str, Any]) -> Roi:
    return Roi(document["offset"], document["shape"])


def _check_properties(array: Array, expect: dict[str, Any]) -> None:
    assert array.roi == _roi(expect["roi"])
    assert array.voxel_size == Coordinate(expect["voxel_size"])
    for name in ("axes", "dims", "num_channels", "writable", "channels", "scale"):
        if name in expect:
            assert getattr(array, name) == expect[name], name
    if expect["dtype"] is not None:
        assert array.dtype == np.dtype(expect["dtype"])
    if expect.get("data_property_raises"):
        with pytest.raises(ValueError, match="computes its values"):
            _ = array.data


def _check_reads(array: Array, case: dict[str, Any]) -> None:
    renamed: dict[int, int] = {0: 0}
    tolerance = {"rtol": 0, "atol": 0, **case.get("tol", {})}
    for read in case["expect"]["reads"]:
        values, expected = array[_roi(read["roi"])], ARRAYS[read["data"]]
        assert values.dtype == array.dtype
        assert values.shape == expected.shape
        if "data_dtype" in read:
            assert values.dtype == np.dtype(read["data_dtype"])
        if case.get("compare") == "labels":
            for ours, theirs in zip(values.flat, expected.flat, strict=True):
                assert renamed.setdefault(int(theirs), int(ours)) == ours
            assert len(set(renamed.values())) == len(renamed)
        else:
            np.testing.assert_allclose(
                values.astype(float), expected.astype(float), **tolerance
            )
            if not tolerance["atol"]:
                np.testing.assert_array_equal(values, expected)
    for error in case["expect"]["errors"]:
        with pytest.raises(RoiError):
            array[_roi(error["roi"])]


@pytest.mark.parametrize("case", golden_data.cases("arrays", "array"))
def test_array(case: dict[str, Any]) -> None:
    _write_sources(case)
    config = from_doc(case["config"], ArrayConfig)
    valid, reason = config.verify()
    assert valid, reason
    array = config.create_array()
    _check_properties(array, case["expect"])
    _check_reads(array, case)


@pytest.mark.parametrize("case", golden_data.cases("arrays", "array_error"))
def test_array_that_is_refused(case: dict[str, Any]) -> None:
    _write_sources(case)
    config = from_doc(case["config"], ArrayConfig)
    with pytest.raises(DaCapoError):
        config.array_type(config)
    assert not config.verify()[0]


@pytest.mark.parametrize("case", golden_data.cases("arrays", "numpy_array"))
def test_numpy_array(case: dict[str, Any]) -> None:
    array = NumpyArray.from_np_array(
        ARRAYS[case["data"]], _roi(case["roi"]), case["voxel_size"], case["axes"]
    )
    _check_properties(array, case["expect"])
    _check_reads(array, case)


@pytest.mark.parametrize("case", golden_data.cases("arrays", "numpy_array_from_gp"))
def test_numpy_array_from_gunpowder(case: dict[str, Any]) -> None:
    spec = SimpleNamespace(roi=_roi(case["roi"]), voxel_size=case["voxel_size"])
    array = NumpyArray.from_gp_array(
        SimpleNamespace(data=ARRAYS[case["data"]], spec=spec)
    )
    for name, value in case["expect"].items():
        assert getattr(array, name) == value


@pytest.mark.parametrize("case", golden_data.cases("arrays", "zarr_create"))
def test_created_zarr_array(case: dict[str, Any]) -> None:
    identifier = LocalArrayIdentifier(Path("out.zarr"), case["dataset"])
    array = ZarrArray.create_from_array_identifier(
        identifier,
        case["axes"],
        _roi(case["roi"]),
        case["num_channels"],
        Coordinate(case["voxel_size"]),
        case["dtype"],
        write_size=case["write_size"],
    )
    expect = case["expect"]
    array[_roi(case["write"]["roi"])] = ARRAYS[case["write"]["data"]]
    for opened in (array, ZarrArray.open_from_array_identifier(identifier)):
        _check_properties(opened, expect)
        assert opened.data.shape == tuple(expect["shape"])
        assert opened.data.chunks == tuple(expect["chunks"])
        assert opened.attrs.items() >= expect["attrs"].items()
        np.testing.assert_array_equal(opened[opened.roi], ARRAYS[expect["after_write"]])


@pytest.mark.parametrize("case", golden_data.cases("arrays", "dummy_array"))
def test_dummy_array(case: dict[str, Any]) -> None:
    config = DummyArrayConfig("dummy")
    array = config.array_type(config)
    _check_properties(array, case["expect"])
    assert list(array.data.shape) == case["expect"]["data_shape"]


@pytest.mark.parametrize("case", golden_data.cases("arrays", "zarr_verify"))
def test_verified_zarr_array(case: dict[str, Any]) -> None:
    Path("plain_dir/ds").mkdir(parents=True)
    ZarrArray.create_from_array_identifier(
        LocalArrayIdentifier(Path("v.zarr"), "ok"),
        ["y", "x"],
        Roi((0, 0), (4, 4)),
        None,
        Coordinate(1, 1),
        "uint8",
    )
    config = ZarrArrayConfig("array", case["file_name"], case["dataset"])
    assert config.verify()[0] is case["expect"]["valid"]
