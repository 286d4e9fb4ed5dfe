"""DVID volumes, read over HTTP from a small server that behaves like DVID's."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_dacapo.arrays import DVIDArray, DVIDArrayConfig
from napari_dacapo.errors import ConfigError, DataError, DataNotFoundError, RoiError
from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from collections.abc import Iterator

RNG = np.random.default_rng(0)
#: axes z, y, x; the first voxel is at x, y, z = 5, -3, 10
GRAY = RNG.integers(0, 255, (4, 6, 8), dtype=np.uint8)
LABELS = RNG.integers(2**60, 2**64 - 1, (4, 6, 8), dtype=np.uint64)
FIRST_XYZ = (5, -3, 10)
EXTENT = {"MinPoint": [5, -3, 10], "MaxPoint": [12, 2, 13]}
EMPTY = {"MinPoint": None, "MaxPoint": None}


def _info(kind: str, value: str, unit: str = "nanometers", **more: Any) -> Any:
    extended = {
        "VoxelSize": [4, 8.5, 40],
        "VoxelUnits": [unit] * 3,
        "Values": [{"DataType": value, "Label": "x"}],
    }
    extended |= more.pop("extended", {})
    return {"Base": {"TypeName": kind}, "Extended": extended, **more}


INSTANCES = {
    "grayscale": (_info("uint8blk", "uint8", Extents=EXTENT), GRAY),
    "em-clahe": (_info("uint8blk", "uint8", extended=EXTENT), GRAY),
    "seg": (_info("labelmap", "uint64", extended=EXTENT), LABELS),
    "microns": (_info("uint8blk", "uint8", "micrometers", Extents=EXTENT), GRAY),
    "empty": (_info("uint8blk", "uint8", Extents=EMPTY), GRAY),
    "rgba": (_info("rgba8blk", "rgba", Extents=EXTENT), GRAY),
    "broken": (_info("uint8blk", "uint8", Extents=EXTENT), GRAY[:, :, :3]),
}


class _Handler(BaseHTTPRequestHandler):
    requests: list[str]

    def do_GET(self) -> None:
        self.server.requests.append(self.path)  # type: ignore[attr-defined]
        found = re.fullmatch(r"/api/node/3f8c/([\w-]+)/(.*)", self.path)
        if found is None or found[1] not in INSTANCES:
            self._answer(400, b"invalid data name or UUID")
            return
        info, voxels = INSTANCES[found[1]]
        if found[2] == "info":
            self._answer(200, json.dumps(info).encode())
            return
        size, offset = (
            [int(n) for n in part.split("_")]
            for part in found[2].removeprefix("raw/0_1_2/").split("/")
        )
        begin = [o - f for o, f in zip(offset, FIRST_XYZ, strict=True)]
        index = tuple(slice(b, b + s) for b, s in zip(begin, size, strict=True))
        self._answer(200, voxels[index[::-1]].tobytes())

    def _answer(self, code: int, content: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        running.requests = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def _config(server: ThreadingHTTPServer, instance: str) -> DVIDArrayConfig:
    address = f"127.0.0.1:{server.server_port}"
    return DVIDArrayConfig("d", [address, "3f8c", instance])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("instance", "voxels"),
    [("grayscale", GRAY), ("em-clahe", GRAY), ("seg", LABELS)],
)
def test_reading(server: ThreadingHTTPServer, instance: str, voxels: Any) -> None:
    array = _config(server, instance).create_array()
    assert array.voxel_size == Coordinate(40, 8.5, 4)
    assert array.roi.offset == Coordinate(400, -25.5, 20)
    assert array.shape == (4, 6, 8)
    assert array.dtype == voxels.dtype
    assert (array.axes, array.num_channels, array.writable) == (
        list("zyx"),
        None,
        False,
    )
    np.testing.assert_array_equal(array[array.roi], voxels)
    part = Roi((440, -17, 28), (80, 17, 12))
    np.testing.assert_array_equal(array[part], voxels[1:3, 1:3, 2:5])
    assert array[Roi((440, -17, 28), (0, 17, 12))].shape == (0, 2, 3)
    with pytest.raises(RoiError):
        array[Roi((0, 0, 0), (40, 8.5, 4))]


def test_unit_and_description(server: ThreadingHTTPServer) -> None:
    array = _config(server, "microns").create_array()
    assert isinstance(array, DVIDArray)
    assert array.voxel_size == (40000, 8500, 4000)
    assert array.attrs["Base"] == {"TypeName": "uint8blk"}
    with pytest.raises(DataError, match="read-only"):
        array.add_metadata({"a": 1})


def test_description_is_fetched_once(server: ThreadingHTTPServer) -> None:
    config = _config(server, "grayscale")
    requests = server.requests  # type: ignore[attr-defined]
    requests.clear()
    array = DVIDArray(config)
    for _ in range(3):
        assert array.roi.dims == array.dims == 3
        array[array.roi]
    assert [path.rpartition("/")[2] for path in requests].count("info") == 1
    assert requests[1].endswith("/raw/0_1_2/8_6_4/5_-3_10")


@pytest.mark.parametrize(
    ("instance", "error", "match"),
    [
        ("empty", DataError, "MinPoint None: the instance holds no data"),
        ("rgba", DataError, "'rgba8blk', which is not supported"),
        ("missing", DataNotFoundError, "refused .400: invalid data name"),
    ],
)
def test_unusable_instances(
    server: ThreadingHTTPServer, instance: str, error: type[DataError], match: str
) -> None:
    config = _config(server, instance)
    with pytest.raises(error, match=match):
        DVIDArray(config)
    assert not config.verify()[0]


def test_answer_of_the_wrong_length(server: ThreadingHTTPServer) -> None:
    array = _config(server, "broken").create_array()
    with pytest.raises(DataError, match="sent 72 bytes"):
        array[array.roi]


def test_unreachable_server() -> None:
    valid, reason = DVIDArrayConfig("d", ("127.0.0.1:9", "a", "b")).verify()
    assert not valid
    assert "cannot be reached" in reason


@pytest.mark.parametrize(
    "source", [("a", "b"), ("a", "b", ""), ("file:///etc", "b", "c")]
)
def test_sources_that_are_none(source: Any) -> None:
    with pytest.raises(ConfigError, match="source: "):
        DVIDArray(DVIDArrayConfig("d", source))
