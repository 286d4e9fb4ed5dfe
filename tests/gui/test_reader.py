"""Containers that are dropped on napari, or opened by ``viewer.open``."""

from __future__ import annotations

import hashlib
import shutil
import warnings

import napari
import numpy as np
import pytest
import zarr
from container_files import drop, untouched_settings, write_image
from napari._app_model import get_app_model
from napari._qt.qt_viewer import QtViewer
from napari.layers import Image, Labels

from array_data import DATA, manifest, state_of
from file_server import serving
from napari_dacapo.arrays._ome_zarr import create_image
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.gui._container_images import contents_at
from napari_dacapo.gui._layer_arrays import array_config_from_layer
from napari_dacapo.gui._reader_preference import prefer_dacapo
from napari_dacapo.gui._stored_view import StoredView

PLUGIN = "napari-dacapo"


@pytest.fixture(scope="module")
def module_window(qapp):
    """A napari window that is not shown, for all tests of this module."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        if "napari-dacapo.open_all" in get_app_model().commands:
            # by tests before; napari's own fixture has forgotten that they are there
            patch.setattr("napari.plugins._initialize_plugins", lambda: None)
        viewer = napari.Viewer(show=False)
    yield viewer
    viewer.close()
    QtViewer._instances.clear()  # in which napari's fixture looks for leaks


@pytest.fixture
def window(module_window, notifications):
    module_window.layers.clear()
    return module_window


@pytest.fixture(autouse=True)
def _settings():
    with untouched_settings():
        yield


def finest(layer):
    return layer.data[0] if layer.multiscale else layer.data


def corner(layer):
    return np.array(layer.translate) - np.array(layer.scale) / 2


# the development data


def right_place(layer, expected):
    """Compare with the manifest, which states corners in the unit of the file."""
    size = expected["voxel_size"] or [1] * layer.ndim
    np.testing.assert_allclose(layer.scale, size, rtol=1e-6)
    offset = expected["offset"] or [0] * layer.ndim
    np.testing.assert_allclose(corner(layer), offset, atol=1e-6)
    unit = {None: "pixel", "nm": "nanometer"}.get(expected["unit"], expected["unit"])
    assert {str(u) for u in layer.units} == {unit}
    assert "".join(layer.axis_labels) == expected["axes"]


@pytest.mark.slow
def test_every_volume_lands_at_its_place_when_dropped(window):
    entries = [p.values[0] for p in manifest("manifest.json", "datasets")]
    if not entries[0]:
        pytest.skip("the development data are not here")
    prefer_dacapo()
    for entry in entries:
        window.layers.clear()
        drop(window, DATA / entry["path"])
        shown = {layer.metadata[PLUGIN]: layer for layer in window.layers}
        assert len(shown) == len(entry["arrays"]), entry["id"]
        for expected in entry["arrays"]:
            layer = shown[str(DATA / entry["path"] / expected["path"])]
            kind = {"raw": Image, "labels": Labels}[expected["role"]]
            assert type(layer) is kind, expected["path"]
            right_place(layer, expected)
            assert finest(layer).shape == tuple(expected["shape"])
        raw = shown[str(DATA / entry["path"] / entry["arrays"][0]["path"])]
        sha = hashlib.sha256(np.asarray(finest(raw)).tobytes()).hexdigest()
        assert sha == entry["arrays"][0]["sha256"]


@pytest.mark.parametrize("case", manifest("bad/manifest.json", "cases"))
def test_awkward_containers_open_or_are_refused_in_one_sentence(
    window, notifications, case
):
    container = DATA / "bad" / case["path"]
    before = state_of(container)
    window.open(str(container), plugin=PLUGIN)
    assert state_of(container) == before
    shown = {layer.metadata[PLUGIN]: layer for layer in window.layers}
    names = case["raw"] if isinstance(case["raw"], list) else [case["raw"]]
    for role, paths in {"raw": names, "gt": [case["gt"]]}.items():
        for path in paths:
            layer = shown.get(str(container / path)) if path else None
            if case["expect"] == "reject":
                assert layer is None or role == "gt"
            elif path:
                canonical = case["canonical"][role]
                values = np.asarray(layer.data).astype(canonical["dtype"])
                assert values.shape == tuple(canonical["shape"])
                sha = hashlib.sha256(values.tobytes()).hexdigest()
                assert sha == canonical["sha256"]
    assert len(notifications) <= 1
    tells = case["expect"] == "reject" or case["id"] == "missing_voxel_size"
    assert bool(notifications) == tells
    for alternatives in case["message_should_mention"] if notifications else []:
        text = notifications[0].message.lower()
        assert any(word.lower() in text for word in alternatives), text


# what there is to open


@pytest.mark.parametrize(
    ("inside", "names"),
    [
        ("", ["cells", "gt", "raw"]),
        ("em", ["raw"]),
        ("em/raw", ["raw"]),
        ("em/raw/s0", ["raw/s0"]),
        ("labels", ["cells", "gt"]),
    ],
)
def test_containers_groups_and_arrays_in_them_open(window, tmp_path, inside, names):
    container = tmp_path / "a.zarr"
    values = write_image(container, "em/raw", shape=(3, 300, 200))
    write_image(container, "labels/cells", labels=True, dtype="u4")
    write_image(container, "labels/gt", dtype="u1")
    window.open(str(container / inside), plugin=PLUGIN)
    assert sorted(layer.name for layer in window.layers) == names
    kinds = {layer.name: type(layer) for layer in window.layers}
    assert {kinds[name] for name in names} <= {Image, Labels}
    for layer in window.layers:
        assert (type(layer) is Labels) == (layer.name in ("cells", "gt"))
        np.testing.assert_allclose(corner(layer), (80, 24, 18.4))
        if layer.name.startswith("raw"):
            assert layer.multiscale == (not inside.endswith("s0"))
            np.testing.assert_array_equal(finest(layer)[1], values[1])


def test_labels_in_the_folder_of_an_image_come_with_it(window, tmp_path):
    write_image(tmp_path / "cells.ome.zarr", dtype="f4")
    write_image(tmp_path / "cells.ome.zarr", "labels/a", labels=True, dtype="u2")
    write_image(tmp_path / "cells.ome.zarr", "labels/b", labels=True, dtype="i8")
    contents = contents_at(str(tmp_path / "cells.ome.zarr"))
    assert contents.is_clear
    assert [image.name for image in contents.images] == ["cells", "a", "b"]
    window.open(str(tmp_path / "cells.ome.zarr"), plugin=PLUGIN)
    assert [type(layer) for layer in window.layers] == [Image, Labels, Labels]


def test_zipped_containers_open(window, tmp_path):
    values = write_image(tmp_path / "a.zarr", "raw")
    shutil.make_archive(str(tmp_path / "a.zarr"), "zip", tmp_path / "a.zarr")
    window.open(str(tmp_path / "a.zarr.zip"), plugin=PLUGIN)
    np.testing.assert_array_equal(np.asarray(window.layers[0].data), values)


def test_addresses_open_when_they_are_dropped(window, tmp_path):
    values = write_image(tmp_path / "a.ome.zarr")
    prefer_dacapo()
    with serving(tmp_path) as server:
        drop(window, f"{server.url}/a.ome.zarr")
        (layer,) = window.layers
        np.testing.assert_array_equal(layer.data[3], values[3])
        drop(window, f"{server.url}/b.ome.zarr")
    assert len(window.layers) == 1


def test_booleans_are_labels_of_zero_and_one(window, tmp_path, project_folder):
    mask = zarr.create_array(
        str(tmp_path / "a.zarr"), name="m", shape=(4, 5), dtype=bool
    )
    mask.attrs.update({"resolution": [4, 4], "offset": [8, 0]})
    mask[1:] = True
    (layer,) = window.open(str(tmp_path / "a.zarr"), plugin=PLUGIN)
    assert type(layer) is Labels
    assert np.unique(np.asarray(layer.data)).tolist() == [0, 1]
    config = array_config_from_layer(layer, project_folder)
    assert config.file_name == tmp_path / "a.zarr"  # not copied


def test_named_channels_become_layers_and_others_an_axis(window, tmp_path):
    size = Coordinate(8, 4)
    values = np.random.default_rng(0).integers(0, 900, (2, 30, 40), "u2")
    for name, listed in (("plain", []), ("named", ["DAPI", "GFP"])):
        array = create_image(
            tmp_path / f"{name}.ome.zarr",
            "",
            axes="cyx",
            roi=Roi((0, 0), size * (30, 40)),
            voxel_size=size,
            num_channels=2,
            dtype="u2",
        )
        array[array.roi] = values
        group = zarr.open_group(str(tmp_path / f"{name}.ome.zarr"))
        channels = [{"label": text, "color": "00FF00"} for text in listed]
        channels = [c | {"window": {"start": 5, "end": 600}} for c in channels]
        group.attrs["ome"] = group.attrs["ome"] | {"omero": {"channels": channels}}
        window.open(str(tmp_path / f"{name}.ome.zarr"), plugin=PLUGIN)
    plain, dapi, gfp = window.layers
    assert list(plain.axis_labels) == ["c", "y", "x"]
    assert (dapi.name, gfp.name) == ("named: DAPI", "named: GFP")
    assert dapi.contrast_limits == [5, 600]
    assert dapi.colormap.colors[-1][:3].tolist() == [0, 1, 0]
    np.testing.assert_array_equal(np.asarray(gfp.data), values[1])
    np.testing.assert_allclose(gfp.scale, (8, 4))


@pytest.mark.parametrize(
    ("value", "dtype", "limits"),
    [(7, "u2", (7, 8)), (np.nan, "f4", (0, 1)), (127, "u1", (0, 255))],
)
def test_constant_images_have_contrast_limits(window, tmp_path, value, dtype, limits):
    array = zarr.create_array(
        str(tmp_path / "a.zarr"), name="raw", shape=(4, 5, 6), dtype=dtype
    )
    array.attrs["resolution"] = [4, 4, 4]
    array[...] = value
    (layer,) = window.open(str(tmp_path / "a.zarr"), plugin=PLUGIN)
    assert tuple(layer.contrast_limits) == limits


def test_damage_that_shows_only_on_scrolling_is_told(window, tmp_path, notifications):
    write_image(tmp_path / "a.zarr", "raw", shape=(400, 20, 20))
    folder = tmp_path / "a.zarr/raw/s0/c"
    for file in folder.rglob("0"):
        if file.is_file() and file.relative_to(folder).parts[0] == "2":
            file.write_bytes(b"damaged")
    (layer,) = window.open(str(tmp_path / "a.zarr/raw/s0"), plugin=PLUGIN)
    with pytest.raises(DataError, match=r"raw/s0.*chunk .*damaged"):
        layer.data[399]


# lazy voxels


class Recorder:
    """A source that remembers what was read of it."""

    def __init__(self, values):
        self.values, self.shape, self.dtype = values, values.shape, values.dtype
        self.seen = []

    def __getitem__(self, index):
        part = self.values[index]
        self.seen.append(part.size)
        return part


@pytest.mark.parametrize(
    "index",
    [
        np.s_[2],
        np.s_[..., 3],
        np.s_[1:3, 2, ::2],
        np.s_[-1, 5:1:-2, 1:1],
        np.s_[np.int64(3), 1, 2],
    ],
    ids=str,
)
def test_a_view_reads_what_is_indexed_by_a_number(index):
    values = np.arange(4 * 6 * 5).reshape(4, 6, 5)
    source = Recorder(values)
    view = StoredView(source)
    np.testing.assert_array_equal(view[index], values[index])
    part = view[1:, ::2]
    assert isinstance(part, StoredView)
    assert (part.shape, part.ndim, part.size) == ((3, 3, 5), 3, 45)
    seen = len(source.seen)
    np.testing.assert_array_equal(part[1], values[2, ::2])
    assert source.seen[seen:] == [25]  # one plane, not all of the tile
    np.testing.assert_array_equal(np.asarray(view.at(1, 2)), values[:, 2])
    assert view.astype("f4").dtype == np.float32
    with pytest.raises(DataError, match="Convert data type"):
        view[0, 0, 0] = 1


def test_an_image_far_larger_than_memory_opens(window, tmp_path):
    """2 TiB without a stored chunk, and only one level: nothing but a plane is read."""
    array = zarr.create_array(
        str(tmp_path / "a.zarr"),
        name="raw",
        shape=(2**21, 2**10, 2**10),
        chunks=(2**5, 2**5, 2**10),
        dtype="u1",
    )
    array.attrs["resolution"] = [8, 8, 8]
    (layer,) = window.open(str(tmp_path / "a.zarr"), plugin=PLUGIN)
    assert layer.data.nbytes == 2**41
    assert not layer.data[2**20].any()
