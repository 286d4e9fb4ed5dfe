"""Containers behind addresses, on a web server of this machine."""

from __future__ import annotations

import json
import pickle
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from file_server import FileServer, serving
from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray, ZarrArrayConfig
from napari_dacapo.arrays import _transfer as transfer
from napari_dacapo.arrays._ome_zarr import add_pyramid, create_image
from napari_dacapo.arrays.inspect import list_arrays
from napari_dacapo.arrays.locations import Url, to_location
from napari_dacapo.arrays.opening import open_path
from napari_dacapo.errors import DataError, DataNotFoundError
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.store.converter import dump_yaml, from_doc, to_doc

if TYPE_CHECKING:
    from collections.abc import Iterator

VALUES = np.arange(20 * 30 * 40, dtype="u2").reshape(20, 30, 40)
SIZE = Coordinate(40, 8, 4.6)
WHOLE = Roi((400, 80, 46), SIZE * VALUES.shape)
PLACE = {"resolution": SIZE.to_plain(), "offset": [400, 80, 46]}
LAYOUTS: dict[str, dict[str, Any]] = {
    "v2": {"zarr_format": 2, "chunks": (16, 16, 16)},
    "v3": {"zarr_format": 3, "chunks": (16, 16, 16)},
    "sharded": {"zarr_format": 3, "chunks": (8, 8, 8), "shards": (16, 16, 16)},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Containers of every kind."""
    folder = tmp_path_factory.mktemp("served")
    for name, layout in LAYOUTS.items():
        array = zarr.create_array(
            str(folder / f"{name}.zarr"),
            name="volumes/raw",
            shape=VALUES.shape,
            dtype="u2",
            attributes=PLACE,
            **layout,
        )
        array[...] = VALUES
    zarr.consolidate_metadata(str(_copy(folder, "v2.zarr", "known.zarr")))
    n5 = LocalArrayIdentifier(folder / "a.n5", "g/raw")
    pytest.importorskip("tensorstore")
    target = ZarrArray.create_from_array_identifier(
        n5, list("zyx"), WHOLE, None, SIZE, "uint16"
    )
    target[WHOLE] = VALUES
    image = create_image(
        folder / "Größe 5 µm.zarr",
        "",
        axes="zyx",
        roi=Roi((0, 0, 0), (40, 8 * 200, 4 * 200)),
        voxel_size=(40, 8, 4),
        num_channels=None,
        dtype="uint8",
    )
    image[image.roi] = 3
    add_pyramid(folder / "Größe 5 µm.zarr", "")
    _write_ome_zarr_04(folder / "old.zarr")
    return folder


def _copy(folder: Path, name: str, new: str) -> Path:
    (folder / name).rename(folder / new)
    zarr.create_array(
        str(folder / name),
        name="volumes/raw",
        shape=VALUES.shape,
        dtype="u2",
        attributes=PLACE,
        **LAYOUTS["v2"],
    )[...] = VALUES
    return folder / new


def _write_ome_zarr_04(container: Path) -> None:
    group = zarr.create_group(str(container), zarr_format=2)
    group.create_array("0", shape=(4, 5), dtype="u1")[...] = 7
    axes = [{"name": n, "type": "space", "unit": "micrometer"} for n in "yx"]
    scale = {"type": "scale", "scale": [0.5, 0.25]}
    level = {"path": "0", "coordinateTransformations": [scale]}
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": [level]}]


@pytest.fixture
def server(folder: Path) -> Iterator[FileServer]:
    with serving(folder) as server:
        yield server


@pytest.mark.parametrize("lists_folders", [True, False])
@pytest.mark.parametrize(
    "path",
    [*(f"{name}.zarr/volumes/raw" for name in LAYOUTS), "known.zarr", "a.n5/g/raw"],
)
def test_volumes(server: FileServer, path: str, lists_folders: bool) -> None:
    server.lists_folders = lists_folders
    config = open_path(f"{server.url}/{path}")
    array = config.create_array()
    assert (array.voxel_size, array.roi) == (SIZE, WHOLE)
    assert not array.writable
    part = Roi(WHOLE.offset + SIZE * (2, 3, 4), SIZE * (17, 18, 19))
    assert np.array_equal(array[part], VALUES[2:19, 3:21, 4:23])
    elsewhere = pickle.loads(pickle.dumps(array))  # noqa: S301 - our own
    assert np.array_equal(elsewhere[part], array[part])


@pytest.mark.parametrize("lists_folders", [True, False])
def test_images_are_found_without_listing(
    server: FileServer, lists_folders: bool
) -> None:
    server.lists_folders = lists_folders
    new = open_path(f"{server.url}/Größe 5 µm.zarr").create_array()
    assert (new.shape, new.voxel_size) == ((1, 200, 200), (40, 8, 4))
    assert (new[new.roi] == 3).all()
    levels = [i.path for i in list_arrays(f"{server.url}/Größe 5 µm.zarr")]
    assert levels == ["s0", "s1", "s2"]
    old = open_path(f"{server.url}/old.zarr").create_array()
    assert old.voxel_size == (500, 250)


def test_listing(server: FileServer) -> None:
    (info,) = list_arrays(f"{server.url}/v2.zarr")
    assert (info.path, info.shape) == ("volumes/raw", VALUES.shape)
    server.lists_folders = False
    (info,) = list_arrays(f"{server.url}/known.zarr")
    assert info.voxel_size == SIZE
    assert len(server.requests) < 40
    for name in ("v2.zarr", "v3.zarr"):
        with pytest.raises(DataError, match=r"does not list .*name the array itself"):
            list_arrays(f"{server.url}/{name}")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("v2.zarr/volumes/gt", r"no array 'volumes/gt' .*there are: volumes/raw"),
        ("none.zarr", r"none\.zarr does not exist, or holds no metadata"),
    ],
)
def test_what_is_missing(server: FileServer, path: str, message: str) -> None:
    with pytest.raises(DataNotFoundError, match=message):
        open_path(f"{server.url}/{path}")


@pytest.mark.parametrize(
    ("status", "message"),
    [(403, "status 403.*log in"), (500, "zarr.json cannot be read: status 500")],
)
def test_servers_that_fail(server: FileServer, status: int, message: str) -> None:
    array = open_path(f"{server.url}/v2.zarr/volumes/raw").create_array()
    server.status = status
    with pytest.raises(DataError, match=message):
        open_path(f"{server.url}/v2.zarr/volumes/raw")
    config = ZarrArrayConfig("raw", f"{server.url}/v2.zarr", "volumes/raw")
    assert not config.verify()[0]
    with pytest.raises(DataError, match=rf"raw/\d.\d.\d .*status {status}"):
        array[WHOLE]


def test_hosts_that_are_not_there() -> None:
    for host in ("127.0.0.1:9", "no.such.host.invalid"):
        with pytest.raises(DataError, match=rf"http://{host}.*check the address"):
            open_path(f"http://{host}/a.zarr/raw")


@pytest.mark.timeout(20)
def test_silent_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a.zarr"
        with pytest.raises(DataError, match="no answer within"):
            list_arrays(address)


def test_web_page_instead_of_metadata(tmp_path: Path) -> None:
    (tmp_path / "a.zarr/raw").mkdir(parents=True)
    (tmp_path / "a.zarr/raw/zarr.json").write_text("<html>Welcome</html>")
    with serving(tmp_path) as server, pytest.raises(DataError, match="is a web page"):
        open_path(f"{server.url}/a.zarr/raw")


def test_nothing_is_written(server: FileServer) -> None:
    identifier = LocalArrayIdentifier(f"{server.url}/v2.zarr", "volumes/raw")
    array = ZarrArray.open_from_array_identifier(identifier)
    with pytest.raises(DataError, match="addresses are only read"):
        array[WHOLE] = 1
    with pytest.raises(DataError, match="addresses are only read"):
        array.add_metadata({"a": 1})
    with pytest.raises(DataError, match="addresses are only read"):
        ZarrArray.create_from_array_identifier(
            identifier, list("zyx"), WHOLE, None, SIZE, "uint8"
        )
    place = {"axes": "zyx", "roi": WHOLE, "voxel_size": SIZE, "num_channels": None}
    with pytest.raises(DataError, match="addresses are only read"):
        create_image(identifier.container, "new", **place, dtype="uint8")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://host/a b.zarr/", Url("https", "host/a b.zarr")),
        (Path("https://host/a.zarr"), Url("https", "host/a.zarr")),
        ("S3://bucket/a.zarr", Url("s3", "bucket/a.zarr")),
        ("file:///data/a.zarr", Path("/data/a.zarr")),
        ("data/a.zarr", Path("data/a.zarr")),
    ],
)
def test_addresses_stay_as_they_are(given: Any, meant: Any, tmp_path: Path) -> None:
    assert to_location(given) == meant
    config = ZarrArrayConfig("raw", given, "s0")
    assert config.file_name == meant
    for base in (None, tmp_path):
        again = from_doc(json.loads(json.dumps(to_doc(config, base))), type(config))
        is_address = isinstance(meant, Url)
        assert again.file_name == meant or not (is_address or base is None)
    assert str(meant) in dump_yaml(config)


def test_addresses_that_cannot_be_read() -> None:
    with pytest.raises(DataError, match="after \\? or #"):
        to_location("https://host/a.zarr?token=1")
    with pytest.raises(DataError, match="begin with https:// or s3://"):
        open_path("furlong://host/a.zarr/raw")
