"""Stored arrays: metadata in many spellings, reading parts, writing, creating."""

from __future__ import annotations

import logging
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from array_data import state_of
from napari_dacapo.arrays import LocalContainerIdentifier, ZarrArray, ZarrArrayConfig
from napari_dacapo.errors import ConfigError, DataError, DataNotFoundError, RoiError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.store.converter import converter

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (6, 8, 10)


def _stored(
    container: Path,
    attributes: dict[str, Any],
    shape: tuple[int, ...] = SHAPE,
    zarr_format: Any = 2,
    **keywords: Any,
) -> ZarrArrayConfig:
    values = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    zarr.create_array(
        str(container),
        name="raw",
        data=values,
        chunks=tuple(min(4, n) for n in shape),
        zarr_format=zarr_format,
        attributes=attributes,
        **keywords,
    )
    return ZarrArrayConfig("raw", container, "raw")


@pytest.fixture
def container(tmp_path: Path) -> Path:
    return tmp_path / "data.zarr"


PLACED = {"resolution": [40, 8, 4], "offset": [80, -8, 4]}
SPELLINGS = {
    "resolution": PLACED,
    "voxel_size and axis_names": {
        "voxel_size": [40, 8, 4],
        "offset": [80, -8, 4],
        "axis_names": ["z", "y", "x"],
    },
    "other axis names": {**PLACED, "axis_names": ["d0", "d1", "d2"]},
    "scale": {"scale": [40, 8, 4], "offset": [80, -8, 4]},
    "micrometres": {
        "resolution": [0.04, 0.008, 0.004],
        "offset": [0.08, -0.008, 0.004],
        "units": ["um", "µm", "micrometer"],
    },
    "one unit": {
        "resolution": [0.04, 0.008, 0.004],
        "offset": [0.08, -0.008, 0.004],
        "units": "micrometers",
    },
    "pixelResolution": {
        "pixelResolution": {"dimensions": [40, 8, 4], "unit": "nm"},
        "offset": [80, -8, 4],
    },
    "transform": {"transform": {"scale": [40, 8, 4], "translate": [80, -8, 4]}},
    "transform in F order": {
        "transform": {
            "ordering": "F",
            "axes": ["x", "y", "z"],
            "scale": [4, 8, 40],
            "translate": [4, -8, 80],
            "units": ["nm", "nm", "nm"],
        }
    },
    "stored x, y, z": {
        "resolution": [4, 8, 40],
        "offset": [4, -8, 80],
        "axes": ["x", "y", "z"],
    },
}


@pytest.mark.parametrize("attributes", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_place_in_every_spelling(
    container: Path, attributes: dict[str, Any], zarr_format: int
) -> None:
    is_xyz = attributes.get("axes") == ["x", "y", "z"]
    shape = SHAPE[::-1] if is_xyz else SHAPE
    array = _stored(container, attributes, shape, zarr_format).create_array()
    assert array.axes == ["z", "y", "x"]
    assert array.voxel_size == (40, 8, 4)
    assert array.roi == Roi((80, -8, 4), (240, 64, 40))
    values = np.arange(480, dtype=np.uint16).reshape(shape)
    np.testing.assert_array_equal(array[array.roi], values.T if is_xyz else values)


@pytest.mark.parametrize(
    ("attributes", "shape", "axes"),
    [
        ({}, (2, 6, 8, 10), "czyx"),
        ({}, (3, 2, 6, 8, 10), "tczyx"),
        ({}, (1, 2, 6, 8, 10), "czyx"),
        ({"resolution": [8, 4]}, (2, 8, 10), "cyx"),
        ({"resolution": [1, 40, 8, 4]}, (2, 6, 8, 10), "czyx"),
        ({"axes": ["z", "y", "x"]}, (2, 6, 8, 10), "czyx"),
        ({"axis_names": ["z", "y", "x"]}, (2, 6, 8, 10), "czyx"),
        ({"axis_names": ["features^", "z", "y", "x"]}, (2, 6, 8, 10), "czyx"),
        ({"axis_names": ["y", "x", "c^"]}, (8, 10, 2), "cyx"),
        ({"_ARRAY_DIMENSIONS": ["c^", "y", "x"]}, (2, 8, 10), "cyx"),
    ],
)
def test_axes_are_found(
    container: Path, attributes: dict[str, Any], shape: tuple[int, ...], axes: str
) -> None:
    array = _stored(container, attributes, shape).create_array()
    assert "".join(array.axes) == axes
    assert array.data.shape == array[array.roi].shape
    assert array.num_channels == (2 if "c" in axes else None)
    assert array.dims == len(array.spatial_axes)


def test_dimension_names_of_zarr_3(container: Path) -> None:
    names = {"dimension_names": ["y", "x", "channel"]}
    array = _stored(container, {}, (8, 10, 2), 3, **names).create_array()
    assert array.axes == ["c", "y", "x"]


@pytest.mark.parametrize(
    ("attributes", "match"),
    [
        ({"resolution": [40, 0, 4]}, "must be positive"),
        ({"resolution": [40, "a", 4]}, "must be numbers"),
        ({"resolution": [8, 4]}, "3 spatial axes|a channel axis|spatial axes"),
        ({"resolution": [40, 8, 4], "units": ["furlong"] * 3}, "furlong.*known length"),
        ({"axes": ["z", "z", "x"]}, "named twice"),
        ({"axes": ["c", "t", "b"]}, "spatial axes must be among"),
        ({"offset": [1, 2, 3, 4, 5]}, "each needs one number"),
    ],
)
def test_contradictory_metadata_are_refused(
    container: Path, attributes: dict[str, Any], match: str
) -> None:
    config = _stored(container, {"axes": ["z", "y", "x"], **attributes})
    valid, reason = config.verify()
    assert not valid
    with pytest.raises(DataError, match=match):
        ZarrArray(config)
    assert "raw" in reason


def test_entered_place_replaces_the_stored_one(container: Path) -> None:
    config = _stored(container, {"axes": ["x", "y", "z"], "resolution": [1, 2, 3]})
    config = ZarrArrayConfig(
        "raw", container, "raw", voxel_size=(40, 4.6, 4), offset=[0.5, 0, -4]
    )
    array = config.create_array()
    assert array.voxel_size == Coordinate(40, 4.6, 4)
    assert array.roi.offset == Coordinate(0.5, 0, -4)
    assert not array.notes
    wrong = ZarrArrayConfig("raw", container, "raw", voxel_size=(4, 4))
    assert wrong.verify() == (
        False,
        "voxel_size: (4, 4) has 2 numbers, but the array has the spatial axes z, y, x",
    )
    with pytest.raises(ConfigError, match=r"voxel_size: .* greater than 0"):
        ZarrArrayConfig("raw", container, "raw", voxel_size=(4, 4, 0))


def test_missing_voxel_size_is_told_once(
    container: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = _stored(container, {})
    with caplog.at_level(logging.WARNING, "napari_dacapo"):
        array = config.create_array()
        config.create_array()
    assert [r.message for r in caplog.records] == list(array.notes)
    assert "says no voxel size" in config.verify()[1]


def _multiscales(version: str, levels: list[dict[str, Any]], **entry: Any) -> Any:
    axes = [
        {"name": "t", "type": "time", "unit": "second"},
        {"name": "c", "type": "channel"},
        *({"name": a, "type": "space", "unit": "micrometer"} for a in "zyx"),
    ]
    document = [{"axes": axes, "datasets": levels, **entry}]
    if version == "0.5":
        return {"ome": {"version": version, "multiscales": document}}
    return {"multiscales": [{**document[0], "version": version}]}


def _level(path: str, scale: list[float], shift: list[float]) -> dict[str, Any]:
    return {
        "path": path,
        "coordinateTransformations": [
            {"type": "scale", "scale": [1, 1, *scale]},
            {"type": "translation", "translation": [0, 0, *shift]},
        ],
    }


@pytest.mark.parametrize(("version", "zarr_format"), [("0.4", 2), ("0.5", 3)])
def test_levels_of_an_image(container: Path, version: str, zarr_format: Any) -> None:
    """Group transformations come after those of a level; the corner stays put."""
    levels = [
        _level("s0", [0.04, 0.004, 0.004], [0.4, 0.1, 0.2]),
        _level("s1", [0.04, 0.008, 0.008], [0.4, 0.102, 0.202]),  # half a voxel
        _level("s2", [0.04, 0.016, 0.016], [0.4, 0.1, 0.2]),  # corner, as some write
        _level("s3", [0.04, 0.032, 0.032], [0.4, 0.16, 0.2]),  # really elsewhere
    ]
    common = [{"type": "scale", "scale": [1, 1, 2, 1, 1]}, {"type": "identity"}]
    root = zarr.create_group(
        str(container),
        zarr_format=zarr_format,
        attributes=_multiscales(version, levels, coordinateTransformations=common),
    )
    for i in range(4):
        root.create_array(f"s{i}", shape=(1, 2, 4, 16 >> i, 16 >> i), dtype="f4")
    arrays = [ZarrArrayConfig("a", container, f"s{i}").create_array() for i in range(4)]
    assert [a.axes for a in arrays] == [["c", "z", "y", "x"]] * 4
    assert [a.voxel_size for a in arrays] == [(80, 4 * f, 4 * f) for f in (1, 2, 4, 8)]
    offsets = [(800, 100, 200)] * 3 + [(800, 160, 200)]
    assert [a.roi.offset for a in arrays] == offsets


def test_levels_stay_whole_multiples_in_spite_of_rounding(container: Path) -> None:
    levels = [
        _level("s0", [0.3, 0.126786421, 0.126786421], [0, 0, 0]),
        _level("s1", [0.3, 0.253572841, 0.253572841], [0, 0.0633932, 0.0633932]),
    ]
    root = zarr.create_group(
        str(container), zarr_format=2, attributes=_multiscales("0.4", levels)
    )
    for i in range(2):
        root.create_array(f"s{i}", shape=(1, 1, 4, 8, 8), dtype="u1")
    fine, coarse = (
        ZarrArrayConfig("a", container, f"s{i}").create_array() for i in range(2)
    )
    assert coarse.voxel_size == fine.voxel_size * (1, 2, 2)
    assert coarse.roi.offset == fine.roi.offset


@pytest.mark.parametrize(
    ("level", "match"),
    [
        ({"path": "s0", "coordinateTransformations": [{"type": "affine"}]}, "affine"),
        (_level("s0", [1, 1], [0, 0, 0]), "where 5 numbers are needed"),
        (_level("s0", [1, -1, 1], [0, 0, 0]), "have the scale"),
    ],
)
def test_broken_multiscales_are_refused(
    container: Path, level: dict[str, Any], match: str
) -> None:
    root = zarr.create_group(
        str(container), zarr_format=2, attributes=_multiscales("0.4", [level])
    )
    root.create_array("s0", shape=(1, 1, 4, 8, 8), dtype="u1")
    with pytest.raises(DataError, match=match):
        ZarrArray(ZarrArrayConfig("a", container, "s0"))


def test_reading_takes_only_the_chunks_needed(container: Path) -> None:
    config = _stored(container, PLACED)
    array = config.create_array()
    for chunk in (container / "raw").glob("[0-9]*"):
        if chunk.name != "0.0.0":
            chunk.write_bytes(b"damaged")
    inside = Roi((80, -8, 4), (160, 32, 16))
    np.testing.assert_array_equal(array[inside][0, 0], [0, 1, 2, 3])
    with pytest.raises(DataError, match=r"chunk 0\.0\.1 is damaged"):
        array[Roi((80, -8, 20), (40, 8, 8))]


def test_opening_and_reading_change_nothing(container: Path) -> None:
    config = _stored(container, PLACED)
    before = state_of(container)
    array = config.create_array()
    assert array.writable
    array[array.roi]
    array.data[0, ..., 2]
    assert state_of(container) == before


def test_writing(container: Path) -> None:
    _stored(container, {**PLACED, "axes": ["x", "y", "z"]}, SHAPE[::-1])
    array = ZarrArrayConfig("raw", container, "raw").create_array()
    box = Roi(array.roi.offset, array.voxel_size * (2, 3, 1))
    array[box] = np.array([[[7], [8], [9]]])
    again = ZarrArrayConfig("raw", container, "raw", mode="r").create_array()
    np.testing.assert_array_equal(again[box][1, :, 0], [7, 8, 9])
    assert again.dtype == np.uint16
    with pytest.raises(DataError, match="mode 'r'"):
        again[box] = 0
    with pytest.raises(DataError, match="mode 'r'"):
        again.add_metadata({"a": 1})
    with pytest.raises(RoiError):
        array[box + 1] = 0
    array.add_metadata({"note": "mine"})
    assert array.attrs["note"] == "mine"
    assert ZarrArrayConfig("r", container, "raw").create_array().attrs == array.attrs


def test_numpy_like_view(container: Path) -> None:
    data = _stored(container, PLACED, (2, *SHAPE)).create_array().data
    values = np.arange(960, dtype=np.uint16).reshape(2, *SHAPE)
    for index in (
        ...,
        1,
        (0, 3),
        (..., 2),
        (slice(None), -1, slice(1, 5, 2)),
        (1, 2, 3, 4),
    ):
        np.testing.assert_array_equal(data[index], values[index])
    np.testing.assert_array_equal(np.asarray(data), values)
    assert (len(data), data.ndim, data.size) == (2, 4, 960)
    assert data.shape == (2, *SHAPE)
    for impossible in (2, slice(None, None, -1)):
        with pytest.raises(IndexError):
            data[impossible]


def test_snapping_keeps_voxels_in_place(container: Path) -> None:
    _stored(container, PLACED)
    config = ZarrArrayConfig("raw", container, "raw", snap_to_grid=(80, 16, 8))
    array = config.create_array()
    assert array.roi == Roi((80, 0, 8), (240, 48, 32))
    values = np.arange(480, dtype=np.uint16).reshape(SHAPE)
    np.testing.assert_array_equal(array[array.roi], values[:, 1:7, 1:9])
    np.testing.assert_array_equal(array.data[...], array[array.roi])
    off_grid = ZarrArrayConfig("raw", container, "raw", snap_to_grid=(7, 7, 7))
    assert off_grid.verify()[1].startswith("snap_to_grid: ")


def test_arrays_can_be_sent_to_workers(container: Path) -> None:
    array = _stored(container, PLACED).create_array()
    copy = pickle.loads(pickle.dumps(array))  # noqa: S301
    np.testing.assert_array_equal(copy[copy.roi], array[array.roi])


def test_missing_array_lists_what_there_is(container: Path) -> None:
    _stored(container, PLACED)
    with pytest.raises(DataNotFoundError, match=r"no array 'gt'.*there are: raw"):
        ZarrArray(ZarrArrayConfig("gt", container, "gt"))
    with pytest.raises(DataError, match=r"'\.\.' is not allowed"):
        ZarrArray(ZarrArrayConfig("gt", container, "../raw"))


@pytest.mark.parametrize("suffix", [".zarr", ".n5"])
def test_creating(tmp_path: Path, suffix: str) -> None:
    if suffix == ".n5":
        pytest.importorskip("tensorstore")
    identifier = LocalContainerIdentifier(tmp_path / f"new{suffix}").array_identifier(
        "a/b/out"
    )
    arguments: dict[str, Any] = {
        "array_identifier": identifier,
        "axes": ["z", "y", "x", "c"],
        "roi": Roi((35, 4.6, -9.2), (100, 46, 92)),
        "num_channels": 3,
        "voxel_size": Coordinate(50, 4.6, 4.6),
        "dtype": np.float32,
    }
    array = ZarrArray.create_from_array_identifier(
        **arguments, write_size=(50, 23, 1000)
    )
    assert array.data.chunks == (3, 1, 5, 20)
    array[array.roi] = np.array([1, 2, 3])[:, None, None, None]
    again = ZarrArray.open_from_array_identifier(identifier, "out")
    assert again.roi == arguments["roi"]
    assert again.voxel_size == arguments["voxel_size"]
    assert again[again.roi].sum((1, 2, 3)).tolist() == [400, 800, 1200]
    again.add_metadata({"note": 1})
    emptied = ZarrArray.create_from_array_identifier(**arguments)
    assert emptied[emptied.roi].sum() == 0
    assert emptied.attrs["note"] == 1
    arguments["roi"] = arguments["roi"] + (50, 0, 0)
    with pytest.raises(DataError, match="exists with offset"):
        ZarrArray.create_from_array_identifier(**arguments)
    moved = ZarrArray.create_from_array_identifier(**arguments, overwrite=True)
    assert moved.roi == arguments["roi"]
    assert "note" not in moved.attrs


def test_default_chunks_hold_about_five_mebibytes(tmp_path: Path) -> None:
    identifier = LocalContainerIdentifier(tmp_path / "a.zarr").array_identifier("a")
    array = ZarrArray.create_from_array_identifier(
        identifier, "czyx", Roi((0,) * 3, (2000,) * 3), 4, Coordinate(4, 4, 4), "uint8"
    )
    assert array.data.chunks == (4, 109, 109, 109)


def test_impossible_requests_are_refused(tmp_path: Path) -> None:
    identifier = LocalContainerIdentifier(tmp_path / "a.zarr").array_identifier("g/a")
    place = (Roi((0, 0), (10, 10)), None, Coordinate(4, 4), "uint8")
    with pytest.raises(DataError, match="not a whole number of voxels"):
        ZarrArray.create_from_array_identifier(identifier, "yx", *place)
    with pytest.raises(DataError, match="different numbers of spatial axes"):
        ZarrArray.create_from_array_identifier(identifier, "zyx", *place)
    zarr.create_group(str(tmp_path / "a.zarr/g/a"), zarr_format=2)
    place = (Roi((0, 0), (8, 8)), None, Coordinate(4, 4), "uint8")
    with pytest.raises(DataError, match="is a group"):
        ZarrArray.create_from_array_identifier(identifier, "yx", *place, overwrite=True)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_new_arrays_are_like_their_container(tmp_path: Path, zarr_format: Any) -> None:
    zarr.create_group(str(tmp_path / "a.zarr"), zarr_format=zarr_format)
    identifier = LocalContainerIdentifier(tmp_path / "a.zarr").array_identifier("g/a")
    place = (Roi((0, 0), (8, 8)), None, Coordinate(4, 4), "uint8")
    array = ZarrArray.create_from_array_identifier(identifier, "yx", *place)
    array[array.roi] = 3
    found = zarr.open_group(str(tmp_path / "a.zarr"), mode="r")["g/a"]
    assert found.metadata.zarr_format == zarr_format
    assert found[...].sum() == 12


def test_it_knows_where_it_is_and_takes_an_empty_mode(tmp_path: Path) -> None:
    place = LocalContainerIdentifier(tmp_path / "a.zarr").array_identifier("raw")
    ZarrArray.create_from_array_identifier(
        place, ["y", "x"], Roi((0, 0), (8, 8)), None, Coordinate(4, 4), "u1"
    )
    document = {
        "__type__": "ZarrArrayConfig",
        "name": "em",
        "file_name": str(place.container),
        "dataset": "raw",
        "mode": None,
    }
    array = ZarrArray(converter.structure(document, ZarrArrayConfig))
    assert (array.name, array.dataset) == ("em", "raw")
    assert array.file_name == place.container
    assert array.mode == "a"
