"""TIFF stacks: plain, compressed, ImageJ, OME; axes, voxel sizes, laziness."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from napari_dacapo.arrays import TiffArray, TiffArrayConfig
from napari_dacapo.arrays.opening import open_path
from napari_dacapo.arrays.tiff_array import is_tiff
from napari_dacapo.errors import ConfigError, DataError, DataNotFoundError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.gui._experiment_sources import arrays_at

if TYPE_CHECKING:
    from pathlib import Path

STACK = np.arange(5 * 6 * 7, dtype=np.uint16).reshape(5, 6, 7)
OME = {
    "axes": "CZYX",
    **{f"PhysicalSize{a}": size for a, size in zip("XYZ", (4.6, 8, 0.04), strict=True)},
    **{
        f"PhysicalSize{a}Unit": u
        for a, u in zip("XYZ", ("nm", "nm", "µm"), strict=True)
    },
}
IMAGEJ = {"spacing": 0.04, "unit": "um", "axes": "ZCYX"}


def _array(file: Path, **fields: Any) -> TiffArray:
    array = TiffArrayConfig("t", file, **fields).create_array()
    assert isinstance(array, TiffArray)
    return array


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "Größe 1.tif"


@pytest.mark.parametrize(
    "keywords",
    [{}, {"compression": "zlib"}, {"byteorder": ">"}, {"tile": (16, 16)}],
    ids=str,
)
def test_plain_stack(file: Path, keywords: Any) -> None:
    tifffile.imwrite(file, STACK, **keywords)
    array = _array(file, voxel_size=(40, 4.6, 4), offset=(80, 0, -4))
    assert array.axes == ["z", "y", "x"]
    assert array.roi == Roi((80, 0, -4), Coordinate(40, 4.6, 4) * STACK.shape)
    assert array.dtype == np.uint16
    assert array[array.roi].dtype.isnative
    np.testing.assert_array_equal(array[array.roi], STACK)
    part = Roi((120, 9.2, 0), (80, 9.2, 8))
    np.testing.assert_array_equal(array[part], STACK[1:3, 2:4, 1:3])
    np.testing.assert_array_equal(array.data[3, ..., ::2], STACK[3, :, ::2])
    copy = pickle.loads(pickle.dumps(array))  # noqa: S301
    np.testing.assert_array_equal(copy[part], array[part])
    assert not array.writable
    assert not array.notes


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_ome(file: Path, compression: str | None) -> None:
    values = np.stack([STACK, STACK + 1000])
    file = file.with_suffix(".ome.tif")
    tifffile.imwrite(file, values, metadata=OME, compression=compression)
    array = _array(file)
    assert array.axes == ["c", "z", "y", "x"]
    assert array.num_channels == 2
    assert array.voxel_size == Coordinate(40, 8, 4.6)
    np.testing.assert_array_equal(array[array.roi], values)
    part = Roi((40, 8, 4.6), (80, 16, 9.2))
    np.testing.assert_array_equal(array[part], values[:, 1:3, 1:3, 1:3])


def test_imagej_hyperstack(file: Path) -> None:
    values = np.stack([STACK, STACK + 1000], axis=1)
    resolution = (1 / 0.004, 1 / 0.008)
    tifffile.imwrite(file, values, imagej=True, resolution=resolution, metadata=IMAGEJ)
    array = _array(file)
    assert array.axes == ["c", "z", "y", "x"]
    assert array.voxel_size == (40, 8, 4)
    np.testing.assert_array_equal(array[array.roi], values.swapaxes(0, 1))


def test_colour_picture(file: Path) -> None:
    values = np.arange(6 * 7 * 3, dtype=np.uint8).reshape(6, 7, 3)
    tifffile.imwrite(file, values, photometric="rgb")
    array = _array(file)
    assert array.axes == ["c", "y", "x"]
    np.testing.assert_array_equal(array[array.roi], np.moveaxis(values, 2, 0))


def test_unknown_voxel_size_is_told(file: Path) -> None:
    tifffile.imwrite(file, STACK, resolution=(72, 72))
    array = _array(file)
    assert array.voxel_size == (1, 1, 1)
    assert "no voxel size along z, y, x" in array.notes[0]
    assert array.notes[0] in TiffArrayConfig("t", file).verify()[1]


def test_entered_axes(file: Path) -> None:
    tifffile.imwrite(file, STACK)
    array = _array(file, axes=["c", "y", "x"], voxel_size=(8, 4))
    assert array.num_channels == 5
    turned = _array(file, axes=["x", "y", "z"], voxel_size=(40, 8, 4))
    assert turned.voxel_size == (40, 8, 4)
    np.testing.assert_array_equal(turned[turned.roi], STACK.T)


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"axes": ["z", "y"]}, "axes: z, y do not fit"),
        ({"axes": ["z", "z", "x"]}, "name each axis once"),
        ({"axes": ["a", "y", "x"]}, "axes: a, y, x do not fit"),
        ({"voxel_size": (4, 4)}, "voxel_size: .* 2 numbers"),
        ({"offset": (4, 4)}, "offset: .* 2 numbers"),
    ],
)
def test_entries_that_do_not_fit(file: Path, fields: Any, match: str) -> None:
    tifffile.imwrite(file, STACK)
    config = TiffArrayConfig("t", file, **fields)
    assert not config.verify()[0]
    with pytest.raises(ConfigError, match=match):
        TiffArray(config)


def test_files_that_are_none(file: Path) -> None:
    with pytest.raises(DataNotFoundError, match="does not exist"):
        TiffArray(TiffArrayConfig("t", file))
    file.write_bytes(b"no picture")
    with pytest.raises(DataError, match="not a TIFF file"):
        TiffArray(TiffArrayConfig("t", file))
    tifffile.imwrite(file, STACK.astype(np.complex64))
    with pytest.raises(DataError, match="no image of numbers"):
        TiffArray(TiffArrayConfig("t", file))


def test_damaged_section(file: Path) -> None:
    tifffile.imwrite(file, STACK, compression="zlib")
    with tifffile.TiffFile(file) as opened:
        start = opened.pages[2].dataoffsets[0]
    content = bytearray(file.read_bytes())
    content[start : start + 8] = b"\xff" * 8
    file.write_bytes(content)
    array = _array(file, voxel_size=(1, 1, 1))
    np.testing.assert_array_equal(array[Roi((0, 0, 0), (2, 6, 7))], STACK[:2])
    with pytest.raises(DataError, match=r"chunk 2\.0\.0 is damaged"):
        array[array.roi]


@pytest.fixture
def sections(tmp_path: Path) -> Path:
    folder = tmp_path / "sections"
    folder.mkdir()
    for number, section in enumerate(STACK, 8):  # 9 comes before 10
        tifffile.imwrite(folder / f"s{number}.tif", section, compression="zlib")
    (folder / "notes.txt").write_text("of the microscope")
    (folder / "._s8.tif").write_text("left by another system")
    return folder


def test_a_folder_of_sections(sections: Path) -> None:
    config = open_path(sections)
    assert isinstance(config, TiffArrayConfig)
    array = _array(sections, voxel_size=(40, 4.6, 4), offset=(80, 0, -4))
    assert array.axes == ["z", "y", "x"]
    np.testing.assert_array_equal(array[array.roi], STACK)
    part = Roi((120, 9.2, 0), (80, 9.2, 8))
    np.testing.assert_array_equal(array[part], STACK[1:3, 2:4, 1:3])
    np.testing.assert_array_equal(array.data[1:1], STACK[1:1])
    copy = pickle.loads(pickle.dumps(array))  # noqa: S301
    np.testing.assert_array_equal(copy[part], array[part])
    (found,) = arrays_at(sections)
    assert found.config == config


def test_coloured_sections(tmp_path: Path) -> None:
    picture = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    for number in range(2):
        name = tmp_path / f"{number}.tiff"
        tifffile.imwrite(name, picture + number, photometric="rgb")
    array = _array(tmp_path, voxel_size=(40, 4, 4))
    assert array.axes == ["c", "z", "y", "x"]
    assert array[array.roi].shape == (3, 2, 4, 5)
    np.testing.assert_array_equal(
        array[array.roi][:, 1], (picture + 1).transpose(2, 0, 1)
    )


def test_sections_that_differ_are_refused(sections: Path) -> None:
    tifffile.imwrite(sections / "s10.tif", STACK[0, :3])
    array = _array(sections, voxel_size=(40, 4, 4))
    np.testing.assert_array_equal(array.data[:2], STACK[:2])
    with pytest.raises(DataError, match=r"s10\.tif has the shape \(3, 7\)"):
        array.data[2]


def test_folders_that_hold_no_sections(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no TIFF files"):
        _array(tmp_path)
    with pytest.raises(DataError, match="neither a TIFF file nor"):
        open_path(tmp_path)
    tifffile.imwrite(tmp_path / "stack.tif", STACK)
    with pytest.raises(ConfigError, match="more than one section; choose the file"):
        _array(tmp_path)
    (tmp_path / "volume.zarr/raw").mkdir(parents=True)
    tifffile.imwrite(tmp_path / "volume.zarr/raw/stack.tif", STACK)
    assert is_tiff(tmp_path)
    assert not is_tiff(tmp_path / "volume.zarr/raw"), "files of arrays are not listed"
