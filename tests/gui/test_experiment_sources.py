import numpy as np
import pytest
import tifffile
from experiment_data import write_container

from napari_dacapo.arrays import (
    NumpyArray,
    TiffArrayConfig,
    ZarrArrayConfig,
)
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Roi
from napari_dacapo.gui import _experiment_sources as sources


@pytest.fixture
def container(tmp_path):
    return write_container(tmp_path / "vol.zarr")


def test_arrays_of_a_container_are_listed(container):
    found = sources.arrays_at(container)
    assert {each.config.dataset for each in found} == {"raw/s0", "labels/s0"}
    raw = next(each for each in found if each.config.dataset == "raw/s0")
    assert raw.config == ZarrArrayConfig("vol_raw_s0", container, "raw/s0")
    assert "raw/s0" in raw.text
    assert "24 \N{MULTIPLICATION SIGN} 64 \N{MULTIPLICATION SIGN} 64, uint8" in raw.text


def test_only_what_is_below_a_dropped_folder_is_listed(container):
    [found] = sources.arrays_at(container / "labels")
    assert found.config.dataset == "labels/s0"


def test_tiff_files_are_arrays(tmp_path):
    path = tmp_path / "stack.TIF"
    tifffile.imwrite(path, np.zeros((5, 8, 8), np.uint8))
    [found] = sources.arrays_at(path)
    assert found.config == TiffArrayConfig("stack", path)


def test_other_files_are_refused_with_advice(tmp_path):
    with pytest.raises(DataError, match=r"no \.zarr or \.n5 container, \.tif file or"):
        sources.arrays_at(tmp_path / "movie.avi")
    empty = tmp_path / "empty.zarr"
    empty.mkdir()
    (empty / ".zgroup").write_text('{"zarr_format": 2}')
    with pytest.raises(DataError, match=r"there is no array in .*empty\.zarr"):
        sources.arrays_at(empty)


def test_description_says_how_data_are_understood(container):
    raw = ZarrArrayConfig("raw", container, "raw/s0")
    text = sources.describe(raw, labels=False)
    assert text.replace("\N{MULTIPLICATION SIGN}", "x") == (
        "z y x, 40 x 8.25 x 8.25 nm, 24 x 64 x 64 voxels, uint8, from OME-Zarr"
    )
    labels = ZarrArrayConfig("labels", container, "labels/s0")
    assert "Labels in the middle: 0, 1" in sources.describe(labels, labels=True)


def test_description_says_what_is_assumed(tmp_path):
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.zeros((5, 8, 8), np.uint8))
    text = sources.describe(
        TiffArrayConfig("s", path, axes=["z", "y", "x"]), labels=False
    )
    assert "from TIFF" in text
    assert "1 nm" in text


def test_many_labels_are_counted():
    ids = np.arange(1000).reshape(10, 10, 10)
    array = NumpyArray.from_np_array(ids, Roi((0,) * 3, (10,) * 3), (1,) * 3, "zyx")
    assert sources.ids_in(array) == "1000 different labels in the middle, up to 999"


def test_labels_of_large_arrays_are_looked_up_in_the_middle(monkeypatch):
    monkeypatch.setattr(sources, "MAX_LOOKED_AT", 8)
    ids = np.zeros((6, 8), int)
    ids[2:4, 3:5] = 7
    array = NumpyArray.from_np_array(ids, Roi((4.6, 0), (27.6, 32)), (4.6, 4), "yx")
    assert sources.ids_in(array) == "Labels in the middle: 0, 7"
