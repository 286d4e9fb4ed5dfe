"""OME-Zarr images that we write: valid by the schema, in place, with right levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray
from napari_dacapo.arrays._ome_zarr import add_pyramid, create_image
from napari_dacapo.errors import DataError, DataNotFoundError
from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from pathlib import Path

SIZE = Coordinate(40, 4.6, 4.6)
PLACE: dict[str, Any] = {
    "axes": ["z", "y", "x"],
    "roi": Roi((80, 9.2, -4.6), SIZE * (5, 300, 260)),
    "voxel_size": SIZE,
    "num_channels": None,
    "dtype": "uint8",
}


def _open(container: Path, path: str) -> ZarrArray:
    return ZarrArray.open_from_array_identifier(LocalArrayIdentifier(container, path))


def _validated(folder: Path) -> Any:
    models = pytest.importorskip("ome_zarr_models")
    return models.open_ome_zarr(zarr.open_group(str(folder), mode="r"))


def test_image_with_channels(tmp_path: Path) -> None:
    arguments = {**PLACE, "axes": "zyxc", "num_channels": 3, "dtype": np.float32}
    array = create_image(
        tmp_path / "p.zarr",
        "runs/pred",
        **arguments,
        chunk_shape=(2, 64, 64),
        attributes={"iteration": 7},
    )
    assert array.axes == ["c", "z", "y", "x"]
    assert array.roi == PLACE["roi"]
    assert array.voxel_size == SIZE
    assert array.data.chunks == (3, 2, 64, 64)
    assert array.attrs["resolution"] == [40, 4.6, 4.6]
    assert array.writable
    image = _validated(tmp_path / "p.zarr/runs/pred")
    dataset = image.ome_attributes.multiscales[0].datasets[0]
    assert dataset.coordinateTransformations[0].scale == [1, 40, 4.6, 4.6]
    assert dataset.coordinateTransformations[1].translation == [0, 80, 9.2, -4.6]
    group = zarr.open_group(str(tmp_path / "p.zarr"), mode="r")["runs/pred"]
    assert group.attrs["iteration"] == 7
    assert group["s0"].metadata.dimension_names == ("c", "z", "y", "x")


def test_pyramid_of_a_picture(tmp_path: Path) -> None:
    array = create_image(tmp_path / "p.zarr", "raw", **PLACE)
    values = np.random.default_rng(0).integers(0, 255, array.shape, dtype=np.uint8)
    array[array.roi] = values
    for _ in range(2):  # doing it again changes nothing
        add_pyramid(tmp_path / "p.zarr", "raw")
    levels = [_open(tmp_path / "p.zarr", f"raw/s{i}") for i in range(3)]
    assert [level.shape for level in levels] == [
        (5, 300, 260),
        (5, 150, 130),
        (5, 75, 65),
    ]
    assert all(level.roi.offset == array.roi.offset for level in levels)
    blocks = values.reshape(5, 150, 2, 130, 2).mean(axis=(2, 4))
    np.testing.assert_array_equal(levels[1][levels[1].roi], np.rint(blocks))
    image = _validated(tmp_path / "p.zarr/raw")
    datasets = image.ome_attributes.multiscales[0].datasets
    assert [d.path for d in datasets] == ["s0", "s1", "s2"]
    shift = datasets[2].coordinateTransformations[1].translation
    assert shift == pytest.approx([80, 9.2 + 1.5 * 4.6, -4.6 + 1.5 * 4.6])


def test_pyramid_of_labels(tmp_path: Path) -> None:
    arguments = {**PLACE, "dtype": np.uint64}
    create_image(tmp_path / "p.zarr", "raw", **PLACE)
    array = create_image(tmp_path / "p.zarr", "raw/labels/gt", **arguments, labels=True)
    values = np.random.default_rng(0).integers(0, 2**60, array.shape, dtype=np.uint64)
    array[array.roi] = values
    add_pyramid(tmp_path / "p.zarr", "raw/labels/gt")
    coarse = _open(tmp_path / "p.zarr", "raw/labels/gt/s1")
    np.testing.assert_array_equal(coarse[coarse.roi], values[:, 1::2, 1::2])
    _validated(tmp_path / "p.zarr/raw/labels/gt")
    listing = zarr.open_group(str(tmp_path / "p.zarr/raw/labels"), mode="r")
    assert listing.attrs["ome"]["labels"] == ["gt"]
    create_image(tmp_path / "p.zarr", "raw/labels/more", **arguments, labels=True)
    listing = zarr.open_group(str(tmp_path / "p.zarr/raw/labels"), mode="r")
    assert listing.attrs["ome"]["labels"] == ["gt", "more"]


def test_odd_lengths_and_channels(tmp_path: Path) -> None:
    roi = Roi((0, 0), (4 * 301, 4 * 1))
    array = create_image(
        tmp_path / "p.zarr",
        "",
        axes=["c", "y", "x"],
        roi=roi,
        voxel_size=(4, 4),
        num_channels=2,
        dtype=np.float32,
    )
    array[roi] = np.arange(301, dtype=np.float32)[None, :, None] * [[[1]], [[2]]]
    add_pyramid(tmp_path / "p.zarr", "")
    coarse = _open(tmp_path / "p.zarr", "s1")
    assert coarse.data.shape == (2, 150, 1)
    assert coarse[coarse.roi][:, 1, 0].tolist() == [2.5, 5]


def test_existing_image_is_only_replaced_on_demand(tmp_path: Path) -> None:
    first = create_image(tmp_path / "p.zarr", "raw", **PLACE)
    first[first.roi] = 1
    with pytest.raises(DataError, match=r"raw exists already in .*p\.zarr"):
        create_image(tmp_path / "p.zarr", "raw", **PLACE)
    assert first[first.roi].all()
    again = create_image(tmp_path / "p.zarr", "raw", **PLACE, overwrite=True)
    assert not again[again.roi].any()


def test_what_cannot_be_written(tmp_path: Path) -> None:
    wrong = {**PLACE, "roi": Roi((0, 0, 0), (41, 46, 46))}
    with pytest.raises(DataError, match="whole number of voxels"):
        create_image(tmp_path / "p.zarr", "raw", **wrong)
    with pytest.raises(DataNotFoundError, match="'raw' does not exist"):
        add_pyramid(tmp_path / "p.zarr", "raw")
    assert not (tmp_path / "p.zarr").exists()
