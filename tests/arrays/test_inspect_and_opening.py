"""Listing containers and finding the array that a path means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

from array_data import DATA, state_of
from napari_dacapo.arrays import TiffArrayConfig, ZarrArrayConfig
from napari_dacapo.arrays import _nodes as nodes
from napari_dacapo.arrays._ome_zarr import add_pyramid, create_image
from napari_dacapo.arrays.inspect import list_arrays
from napari_dacapo.arrays.opening import open_path
from napari_dacapo.errors import DataError, DataNotFoundError
from napari_dacapo.geometry import Roi

if TYPE_CHECKING:
    from pathlib import Path


def _plain(container: Path, path: str, dtype: Any = "uint8", **attributes: Any) -> None:
    attributes = {"resolution": [40, 8, 4], **attributes}
    zarr.create_array(
        str(container), name=path, shape=(2, 3, 4), dtype=dtype, attributes=attributes
    )


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A picture with two levels, its labels, and nothing else."""
    container = tmp_path / "image.zarr"
    place: dict[str, Any] = {
        "axes": "zyx",
        "roi": Roi((40, 0, 0), (80, 8 * 200, 4 * 200)),
        "voxel_size": (40, 8, 4),
        "num_channels": None,
    }
    create_image(container, "", **place, dtype="uint8")
    add_pyramid(container, "")
    create_image(container, "labels/cells", **place, dtype="uint16", labels=True)
    return container


def test_listing_an_image(image: Path) -> None:
    before = state_of(image)
    infos = {info.path: info for info in list_arrays(image)}
    assert list(infos) == ["labels/cells/s0", "s0", "s1", "s2"]
    assert [i.level for i in infos.values()] == [0, 0, 1, 2]
    assert [i.role for i in infos.values()] == ["labels", "raw", "raw", "raw"]
    assert all(
        i.is_image_level and not i.problem and not i.notes for i in infos.values()
    )
    fine = infos["s0"]
    assert (fine.shape, fine.dtype, fine.axes) == ((2, 200, 200), "uint8", tuple("zyx"))
    assert fine.voxel_size == (40, 8, 4)
    assert fine.offset == infos["s1"].offset == (40, 0, 0)
    assert state_of(image) == before


@pytest.mark.parametrize(
    ("path", "dtype", "attributes", "role"),
    [
        ("em", "uint8", {}, "raw"),
        ("em", "float32", {}, "raw"),
        ("em", "uint64", {}, "labels"),
        ("em", "bool", {}, "labels"),
        ("volumes/labels/all", "uint8", {}, "labels"),
        ("GT", "uint16", {}, "labels"),
        ("mito", "uint8", {"cellmap": {"annotation": {}}}, "labels"),
    ],
)
def test_role_is_guessed(
    tmp_path: Path, path: str, dtype: str, attributes: Any, role: str
) -> None:
    _plain(tmp_path / "a.zarr", path, dtype, **attributes)
    (info,) = list_arrays(tmp_path / "a.zarr")
    assert info.role == role


def test_problems_are_listed(tmp_path: Path) -> None:
    container = tmp_path / "a.zarr"
    for path in ("good", "bad_json", "bad_unit", "odd_type"):
        _plain(container, path)
    _plain(container, "bad_unit2", units="furlong")
    (container / "bad_json/zarr.json").write_text("{")
    document = (container / "odd_type/zarr.json").read_text()
    (container / "odd_type/zarr.json").write_text(
        document.replace("uint8", "complex64")
    )
    problems = {info.path: info.problem for info in list_arrays(container)}
    assert problems["good"] == ""
    assert "not valid JSON" in problems["bad_json"]
    assert "furlong" in problems["bad_unit2"]
    assert "complex64" in problems["odd_type"]


def test_listing_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    container = tmp_path / "a.zarr"
    for i in range(5):
        _plain(container, f"g/a{i}")
    (container / "/".join("abcdefghijklmnop")).mkdir(parents=True)
    monkeypatch.setattr(nodes, "MAX_ARRAYS", 3)
    assert len(list_arrays(container)) == 3
    monkeypatch.setattr(nodes, "MAX_FOLDERS", 4)
    assert len(list(nodes.iter_nodes(container))) <= 4


def test_chunks_without_metadata_do_not_stall_a_listing(tmp_path: Path) -> None:
    container = tmp_path / "a.zarr"
    _plain(container, "good")
    for i in range(200):
        (container / f"lost/c/{i}/0").mkdir(parents=True)
    assert [info.path for info in list_arrays(container)] == ["good"]


def test_what_is_no_container(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="does not exist"):
        list_arrays(tmp_path / "a.zarr")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match=r"ends in \.zarr or \.n5"):
        list_arrays(tmp_path / "folder")


@pytest.mark.parametrize(
    ("inner", "dataset"),
    [("", "s0"), ("s1", "s1"), ("labels/cells", "labels/cells/s0")],
)
def test_opening_an_image(image: Path, inner: str, dataset: str) -> None:
    config = open_path(str(image / inner))
    assert isinstance(config, ZarrArrayConfig)
    assert (config.file_name, config.dataset) == (image, dataset)
    assert config.verify()[0]
    assert config.name == "_".join(["image", *dataset.split("/")])


def test_opening_the_only_array(tmp_path: Path) -> None:
    _plain(tmp_path / "Größe 5 µm #1.zarr", "a b/Rohdaten (EM)")
    config = open_path(tmp_path / "Größe 5 µm #1.zarr")
    assert config.create_array().shape == (2, 3, 4)
    zarr.create_array(str(tmp_path / "top.zarr"), shape=(3, 4), dtype="u1")
    top = open_path(tmp_path / "top.zarr")
    assert (top.name, top.create_array().shape) == ("top", (3, 4))


def test_opening_an_image_inside_a_container(tmp_path: Path) -> None:
    create_image(
        tmp_path / "a.zarr",
        "em/raw",
        axes="yx",
        roi=Roi((0, 0), (4, 4)),
        voxel_size=(1, 1),
        num_channels=None,
        dtype="uint8",
    )
    config = open_path(tmp_path / "a.zarr")
    assert isinstance(config, ZarrArrayConfig)
    assert config.dataset == "em/raw/s0"


def test_opening_a_tiff_file(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "cells.TIF", np.zeros((3, 4), np.uint8))
    config = open_path(tmp_path / "cells.TIF")
    assert isinstance(config, TiffArrayConfig)
    assert config.create_array().shape == (3, 4)


def test_paths_that_are_not_clear(tmp_path: Path) -> None:
    _plain(tmp_path / "a.zarr", "volumes/raw")
    _plain(tmp_path / "a.zarr", "volumes/gt")
    with pytest.raises(
        DataError, match="2 arrays; choose one: volumes/gt, volumes/raw"
    ):
        open_path(tmp_path / "a.zarr")
    with pytest.raises(
        DataNotFoundError, match=r"no array 'x'.*volumes/gt, volumes/raw"
    ):
        open_path(tmp_path / "a.zarr/x")
    zarr.create_group(str(tmp_path / "empty.zarr"))
    with pytest.raises(DataError, match="holds no zarr or N5 array"):
        open_path(tmp_path / "empty.zarr")
    with pytest.raises(DataNotFoundError, match="does not exist"):
        open_path(tmp_path / "nothing")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DataError, match="neither a TIFF file nor inside a container"):
        open_path(tmp_path / "notes.txt")


def test_broken_neighbour_is_not_passed_over() -> None:
    """Else the labels would be taken for the picture."""
    container = DATA / "bad/json_garbage/data.zarr"
    if not container.is_dir():
        pytest.skip("the development data are not here")
    with pytest.raises(DataError, match="choose one: gt, raw"):
        open_path(container)
