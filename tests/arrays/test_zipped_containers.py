"""Zipped containers are understood as the folders they were made of."""

from __future__ import annotations

import pickle
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zarr

from array_data import state_of
from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray, ZarrArrayConfig
from napari_dacapo.arrays.inspect import list_arrays
from napari_dacapo.arrays.opening import open_path
from napari_dacapo.errors import DataError, DataNotFoundError
from napari_dacapo.geometry import Roi

if TYPE_CHECKING:
    from pathlib import Path

VALUES = np.arange(20 * 30 * 40, dtype="u2").reshape(20, 30, 40)


def _zipped(
    file: Path, zarr_format: int = 2, top: str = "", shards: bool = False
) -> Path:
    folder = file.parent / "source.zarr"
    group = zarr.create_group(str(folder), zarr_format=zarr_format, overwrite=True)
    chunks, shard = ((8,) * 3, (16,) * 3) if shards else ((16,) * 3, None)
    group.create_array(
        "volumes/raw",
        shape=VALUES.shape,
        chunks=chunks,
        shards=shard,
        dtype="u2",
        attributes={"resolution": [40, 8, 4.6], "offset": [40, 0, 0]},
    )[...] = VALUES
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, top + path.relative_to(folder).as_posix())
    return file


@pytest.mark.parametrize(
    ("name", "zarr_format", "top", "shards"),
    [
        ("a.zarr.zip", 2, "", False),
        ("a.ozx", 3, "", False),
        ("a.zip", 3, "a.zarr/", True),
    ],
)
def test_reading(
    tmp_path: Path, name: str, zarr_format: int, top: str, shards: bool
) -> None:
    file = _zipped(tmp_path / name, zarr_format, top, shards)
    before = state_of(tmp_path)
    for path in (file, file / "volumes/raw"):
        config = open_path(path)
        assert (config.name, config.dataset) == ("a_volumes_raw", "volumes/raw")
    (info,) = list_arrays(file)
    assert (info.path, info.voxel_size) == ("volumes/raw", (40, 8, 4.6))
    array = config.create_array()
    part = Roi((40 * 3, 8 * 5, 4.6 * 7), (40 * 17, 8 * 18, 4.6 * 19))
    assert np.array_equal(array[part], VALUES[2:19, 5:23, 7:26])
    again = pickle.loads(pickle.dumps(array))  # noqa: S301 - our own
    assert np.array_equal(again[part], array[part])
    assert state_of(tmp_path) == before


def test_nothing_is_written(tmp_path: Path) -> None:
    file = _zipped(tmp_path / "a.zarr.zip")
    array = ZarrArrayConfig("raw", file, "volumes/raw").create_array()
    assert not array.writable
    with pytest.raises(DataError, match="zip files are only read"):
        array[array.roi] = 1
    with pytest.raises(DataError, match="zip files are only read"):
        ZarrArray.create_from_array_identifier(
            LocalArrayIdentifier(file, "new"), ["x"], Roi((0,), (4,)), None, (1,), "u1"
        )


def test_damaged_files(tmp_path: Path) -> None:
    good = _zipped(tmp_path / "a.zarr.zip")
    data = good.read_bytes()
    (tmp_path / "cut.zarr.zip").write_bytes(data[: len(data) // 2])
    (tmp_path / "text.ozx").write_text("hello")
    for name in ("cut.zarr.zip", "text.ozx"):
        with pytest.raises(DataError, match=rf"{name} is no complete zip file.*again"):
            open_path(tmp_path / name)
        valid, reason = ZarrArrayConfig("a", tmp_path / name, "raw").verify()
        assert not valid
        assert "complete zip file" in reason
    with zipfile.ZipFile(good) as archive:
        at = archive.getinfo("volumes/raw/1.1.1").header_offset + 100
    (tmp_path / "bit.zarr.zip").write_bytes(data[:at] + b"XXXX" + data[at + 4 :])
    array = open_path(tmp_path / "bit.zarr.zip").create_array()
    with pytest.raises(DataError, match=r"chunk 1\.1\.1 is damaged"):
        array[array.roi]


def test_files_without_zarr(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("notes/read.me", "hello")
    with pytest.raises(DataError, match="holds no zarr or N5 array"):
        open_path(tmp_path / "a.zip")
    with pytest.raises(DataError, match="holds no metadata of zarr or N5"):
        list_arrays(tmp_path / "a.zip")
    with pytest.raises(DataNotFoundError, match="does not exist"):
        open_path(tmp_path / "b.zarr.zip")
