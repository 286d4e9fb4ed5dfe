"""Containers as nobody should write them: understood, or refused in one sentence."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from array_data import state_of
from napari_dacapo.arrays import ZarrArrayConfig
from napari_dacapo.arrays.inspect import list_arrays
from napari_dacapo.arrays.opening import open_path
from napari_dacapo.errors import DaCapoError, DataError
from napari_dacapo.geometry import Coordinate

if TYPE_CHECKING:
    from pathlib import Path

VALUES = np.arange(24, dtype="u1").reshape(2, 3, 4)
SCALE = {"type": "scale", "scale": [40, 8, 4]}
SHIFT = {"type": "translation", "translation": [1, 2, 3]}


def _array(
    container: Path, *, shape: Any = (2, 3, 4), zarr_format: int = 2, **how: Any
) -> None:
    attributes = {"resolution": [40, 8, 4], "offset": [40, 8, 4]}
    zarr.create_array(
        str(container),
        name="raw",
        shape=shape,
        zarr_format=zarr_format,
        attributes=attributes if len(shape) == 3 else {},
        **{"dtype": "u1", **how},
    )


def _image(
    container: Path,
    *transforms: Any,
    axes: str = "zyx",
    unit: Any = "nanometer",
    shape: Any = (2, 3, 4),
    **entry: Any,
) -> None:
    group = zarr.create_group(str(container), zarr_format=2)
    group.create_array("raw", shape=shape, dtype="u1")[...] = 1
    kinds = {"t": "time", "c": "channel"}
    listed = [
        {"name": a, "type": kinds[a]}
        if a in kinds
        else {"name": a, "type": "space", "unit": unit}
        for a in axes
    ]
    level: dict[str, Any] = {"path": "raw"}
    if transforms:
        level["coordinateTransformations"] = transforms
    group.attrs["multiscales"] = [{"axes": listed, "datasets": [level], **entry}]


def _edit(container: Path, **changes: Any) -> None:
    """Make an array and change what its metadata file says."""
    _array(container)
    file = container / "raw/.zarray"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def _text(container: Path, text: str) -> None:
    _array(container, zarr_format=3)
    (container / "raw/zarr.json").write_text(text)


REFUSED: dict[str, tuple[Any, str]] = {
    "no axis": (lambda c: _array(c, shape=()), "holds a single number"),
    "empty": (lambda c: _array(c, shape=(0, 5, 5)), r"\(0, 5, 5\), without any voxel"),
    "text": (lambda c: _array(c, dtype="<U5"), "values of type '<U5'; only"),
    "fields": (lambda c: _array(c, dtype=[("a", "i4")]), "only booleans, integers"),
    "complex": (lambda c: _array(c, dtype="c8"), "values of type '<c8'"),
    "six axes": (lambda c: _array(c, shape=(1,) * 6), "has 6 axes and does not name"),
    "NaN": (lambda c: _image(c, {**SCALE, "scale": [float("nan"), 8, 4]}), "3 numbers"),
    "negative": (lambda c: _image(c, {**SCALE, "scale": [-4, 8, 4]}), "be positive"),
    "zero": (lambda c: _image(c, {**SCALE, "scale": [0, 8, 4]}), "must be positive"),
    "short": (lambda c: _image(c, {**SCALE, "scale": [8, 4]}), "3 numbers are needed"),
    "huge": (lambda c: _image(c, {**SCALE, "scale": [1e300] * 3}, unit="m"), "large"),
    "affine": (lambda c: _image(c, {"type": "affine"}), "type 'affine'; only scale"),
    "twice": (lambda c: _image(c, SCALE, axes="zyy"), "an axis is named twice"),
    "unit": (lambda c: _image(c, SCALE, unit="parsec"), "'parsec'.*not a known length"),
    "chunks": (lambda c: _edit(c, chunks=[0, 0, 0]), "chunks of the shape"),
    "chunk axes": (lambda c: _edit(c, chunks=[2, 2]), "cannot be opened: .*length"),
    "codec": (lambda c: _edit(c, compressor={"id": "x"}), "codec not.*install the"),
    "fill": (lambda c: _edit(c, fill_value="abc"), "cannot be opened: .*abc"),
    "separator": (lambda c: _edit(c, dimension_separator="#"), "separator"),
    "JSON": (lambda c: _text(c, "{"), "zarr.json is not valid JSON"),
    "nested JSON": (lambda c: _text(c, "[" * 99999), "zarr.json is not valid JSON"),
    "no object": (lambda c: _text(c, "[1]"), "zarr.json is not a JSON object"),
    "half": (lambda c: _text(c, '{"node_type": "array"}'), "shape = None"),
    "bfloat16": (
        lambda c: _text(
            c, '{"node_type": "array", "shape": [1], "data_type": "bfloat16"}'
        ),
        "values of type 'bfloat16'",
    ),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("case", list(REFUSED))
def test_refused(tmp_path: Path, case: str) -> None:
    make, message = REFUSED[case]
    make(tmp_path / "a.zarr")
    before = state_of(tmp_path)
    list_arrays(tmp_path / "a.zarr")
    valid, reason = ZarrArrayConfig("a", tmp_path / "a.zarr", "raw").verify()
    assert not valid
    assert "\n" not in reason
    with pytest.raises(DaCapoError, match=message):
        open_path(tmp_path / "a.zarr").create_array()
    assert state_of(tmp_path) == before


TIMES_3 = [{"type": "scale", "scale": [3, 3, 3]}]
#: what is made; axes, shape, voxel size and offset that are meant
PLACED: dict[str, tuple[Any, str, tuple[int, ...], Any, Any]] = {
    "shifted first": (
        lambda c: _image(c, SHIFT, SCALE),
        *("zyx", (2, 3, 4), (40, 8, 4), (40, 16, 12)),
    ),
    "of all levels": (
        lambda c: _image(c, SCALE, SHIFT, coordinateTransformations=TIMES_3),
        *("zyx", (2, 3, 4), (120, 24, 12), (3, 6, 9)),
    ),
    "of all levels only": (
        lambda c: _image(c, coordinateTransformations=TIMES_3),
        *("zyx", (2, 3, 4), (3, 3, 3), (0, 0, 0)),
    ),
    "nothing said": (lambda c: _image(c), "zyx", (2, 3, 4), (1, 1, 1), (0, 0, 0)),
    "pixel": (
        lambda c: _image(c, SCALE, unit="pixel"),
        *("zyx", (2, 3, 4), (40, 8, 4), (0, 0, 0)),
    ),
    "angstrom": (
        lambda c: _image(c, SCALE, unit="angstrom"),
        *("zyx", (2, 3, 4), (4, 0.8, 0.4), (0, 0, 0)),
    ),
    "one time": (
        lambda c: _image(c, axes="tyx", shape=(1, 3, 4)),
        *("yx", (3, 4), (1, 1), (0, 0)),
    ),
    "two times": (
        lambda c: _image(c, axes="tyx"),
        *("tyx", (2, 3, 4), (1, 1), (0, 0)),
    ),
    "channel in between": (
        lambda c: _image(
            c,
            {"type": "scale", "scale": [40, 1, 8, 4]},
            axes="zcyx",
            shape=(2, 5, 3, 4),
        ),
        *("czyx", (5, 2, 3, 4), (40, 8, 4), (0, 0, 0)),
    ),
    "backwards": (
        lambda c: _image(c, SCALE, axes="xyz"),
        *("zyx", (4, 3, 2), (4, 8, 40), (0, 0, 0)),
    ),
}


@pytest.mark.parametrize("case", list(PLACED))
def test_placed(tmp_path: Path, case: str) -> None:
    make, axes, shape, size, offset = PLACED[case]
    make(tmp_path / "a.zarr")
    (info,) = list_arrays(tmp_path / "a.zarr")
    array = open_path(tmp_path / "a.zarr").create_array()
    assert "".join(array.axes) == "".join(info.axes) == axes
    assert array.data.shape == info.shape == shape
    assert array.voxel_size == info.voxel_size == Coordinate(size)
    assert array.roi.offset == info.offset == Coordinate(offset)
    assert array[array.roi].shape == shape


KEYS = [
    {"order": "F"},
    {"chunk_key_encoding": {"name": "v2", "separator": "/"}},
    {"chunk_key_encoding": {"name": "v2", "separator": "."}},
    {"chunk_key_encoding": {"name": "v2", "separator": "."}, "zarr_format": 3},
    {"chunk_key_encoding": {"name": "default", "separator": "."}, "zarr_format": 3},
]


@pytest.mark.parametrize("how", KEYS)
def test_stored_in_many_ways(tmp_path: Path, how: Any) -> None:
    _array(tmp_path / "a.zarr", chunks=(1, 2, 3), **how)
    array = ZarrArrayConfig("a", tmp_path / "a.zarr", "raw").create_array()
    array[array.roi] = VALUES
    for _ in range(2):
        assert np.array_equal(array[array.roi], VALUES)
        array[array.roi] = 0
        assert not array[array.roi].any()
        array[array.roi] = VALUES


@pytest.mark.parametrize(
    ("dtype", "fill"), [("f4", float("nan")), ("f2", 1.5), ("i8", -7), ("u1", 7)]
)
def test_chunks_that_are_not_there(tmp_path: Path, dtype: str, fill: Any) -> None:
    _array(tmp_path / "a.zarr", dtype=dtype, fill_value=fill)
    array = open_path(tmp_path / "a.zarr").create_array()
    assert np.array_equal(
        array[array.roi], np.full((2, 3, 4), fill, dtype), equal_nan=True
    )


def test_links_in_circles(tmp_path: Path) -> None:
    _array(tmp_path / "a.zarr")
    for folder in ("b", "c"):
        (tmp_path / "a.zarr" / folder).mkdir()
    (tmp_path / "a.zarr/loop").symlink_to(tmp_path / "a.zarr")
    (tmp_path / "a.zarr/self").symlink_to("self")
    (tmp_path / "a.zarr/b/to_c").symlink_to("../c")
    (tmp_path / "a.zarr/c/to_b").symlink_to("../b")
    assert [info.path for info in list_arrays(tmp_path / "a.zarr")] == ["raw"]


@pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 1)() == 0, reason="root may read everything"
)
def test_what_may_not_be_read(tmp_path: Path) -> None:
    _array(tmp_path / "a.zarr")
    (tmp_path / "a.zarr/raw").chmod(0)
    try:
        with pytest.raises(DataError, match="cannot be read"):
            open_path(tmp_path / "a.zarr/raw")
    finally:
        (tmp_path / "a.zarr/raw").chmod(0o700)


def test_plates_are_refused(tmp_path: Path) -> None:
    plate = zarr.create_group(str(tmp_path / "a.zarr"), zarr_format=2)
    plate.attrs["plate"] = {"wells": [{"path": "A/1"}]}
    _image(tmp_path / "a.zarr/A/1/0", SCALE)
    with pytest.raises(DataError, match=r"a plate of wells .*choose one image"):
        open_path(tmp_path / "a.zarr")
    assert open_path(tmp_path / "a.zarr/A/1/0").create_array().voxel_size == (40, 8, 4)


def test_what_is_no_container(tmp_path: Path) -> None:
    (tmp_path / "file.zarr").write_text("hello")
    (tmp_path / "empty.zarr").mkdir()
    _array(tmp_path / "no_suffix")
    for name, message in {
        "file.zarr": "neither a TIFF file nor inside a container",
        "empty.zarr": "holds no zarr or N5 array",
        "": r"holds 1 containers; choose one: empty\.zarr",
        "a" * 300 + ".zarr": "does not exist|cannot be read",
    }.items():
        with pytest.raises(DataError, match=message):
            open_path(tmp_path / name)
    with pytest.raises(DataError, match="no metadata of zarr or N5"):
        list_arrays(tmp_path / "empty.zarr")
    array = open_path(tmp_path / "no_suffix/raw").create_array()
    assert array.voxel_size == (40, 8, 4)
