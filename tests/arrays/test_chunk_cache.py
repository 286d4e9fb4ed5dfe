"""Chunks kept in memory: never stale, never too many, never decoded twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dacapo.arrays import ZarrArray, ZarrArrayConfig
from napari_dacapo.arrays._chunk_cache import (
    ENTRY_BYTES,
    CachedSource,
    Chunk,
    ChunkCache,
    shared_cache,
)
from napari_dacapo.geometry import Roi

if TYPE_CHECKING:
    from pathlib import Path

SHAPE, CHUNKS = (5, 13, 7), (2, 4, 7)
VALUES = np.random.default_rng(0).integers(0, 99, SHAPE, dtype="u2")


class Counting:
    """Voxels in memory that count how many are read."""

    shape, chunks, dtype = SHAPE, CHUNKS, VALUES.dtype

    def __init__(self) -> None:
        self.read = 0

    def __getitem__(self, index: tuple[slice, ...]) -> Any:
        self.read += VALUES[index].size
        return VALUES[index]

    def __setitem__(self, index: Any, value: Any) -> None: ...


def _cached(source: Counting) -> CachedSource:
    return CachedSource(source, object(), lambda at: 0, (Counting, ()))


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_cache(), "capacity", 2**20)


AXES = [
    st.tuples(st.integers(0, n), st.integers(0, n), st.integers(1, 2)) for n in SHAPE
]


@settings(max_examples=60)
@given(boxes=st.lists(st.tuples(*AXES), min_size=1, max_size=4))
def test_any_boxes(boxes: Any) -> None:
    cached = _cached(Counting())
    for box in boxes:
        index = tuple(slice(min(a, b), max(a, b), step) for a, b, step in box)
        assert np.array_equal(cached[index], VALUES[index])


def test_chunks_are_read_once() -> None:
    source = Counting()
    cached = _cached(source)
    for corner in np.ndindex(4, 12, 6):
        crop = tuple(slice(n, n + 2) for n in corner)
        values = cached[crop]
        assert np.array_equal(values, VALUES[crop])
        values[...] = 0  # a copy: what is kept stays as it is
    assert source.read == VALUES.size


def test_bounded() -> None:
    cache = ChunkCache(10 * (1000 + ENTRY_BYTES))
    for number in range(50):
        values = np.arange(1000, dtype="u1") + number
        cache.put({number: Chunk.holding(0, values)})
    assert cache.nbytes <= cache.capacity
    kept = [chunk is not None for chunk in cache.get((n, 0) for n in range(50))]
    assert kept == [False] * 40 + [True] * 10
    assert cache.get([(49, 1)]) == [None]  # another version
    constant = Chunk.holding(0, np.zeros((64, 64, 64), ">f4"))
    assert (constant.nbytes, constant.values.shape) == (ENTRY_BYTES, (64, 64, 64))


def test_large_regions_do_not_push_out_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared_cache(), "capacity", VALUES.nbytes)
    source = Counting()
    cached = _cached(source)
    for _ in range(2):
        assert np.array_equal(cached[tuple(map(slice, (0,) * 3, SHAPE))], VALUES)
    assert source.read == 2 * VALUES.size


@pytest.mark.parametrize(
    "layout",
    [
        {"zarr_format": 2, "chunks": (4, 4)},
        {"zarr_format": 3, "chunks": (4, 4)},
        {"zarr_format": 3, "chunks": (2, 2), "shards": (4, 4)},
    ],
)
def test_what_others_write_is_seen(tmp_path: Path, layout: Any) -> None:
    place = {"name": "raw", "shape": (8, 8), "dtype": "i4", "fill_value": 5}
    written = zarr.create_array(str(tmp_path / "a.zarr"), **place, **layout)
    config = ZarrArrayConfig("raw", tmp_path / "a.zarr", "raw")
    array, other = ZarrArray(config), ZarrArray(config)
    box = Roi((1, 1), (6, 6))
    assert (array[box] == 5).all()
    for value in (1, 2):
        written[:4, :4] = value
        assert array[box][0, 0] == value
        assert array[box][-1, -1] == 5
    other[box] = 9
    assert (array[box] == 9).all()
    zarr.create_array(
        str(tmp_path / "a.zarr"), **{**place, "fill_value": 7}, **layout, overwrite=True
    )
    assert (ZarrArray(config)[box] == 7).all()


def test_threads(tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(0, 255, (64, 64), dtype="u1")
    written = zarr.create_array(
        str(tmp_path / "a.zarr"), name="raw", shape=(64, 64), dtype="u1", chunks=(8, 8)
    )
    written[...] = values
    array = ZarrArray(ZarrArrayConfig("raw", tmp_path / "a.zarr", "raw"))
    corners = np.random.default_rng(2).integers(0, 40, (200, 2)).tolist()

    def is_right(corner: list[int]) -> bool:
        (y, x) = corner
        part = array[Roi(corner, (20, 20))]
        return np.array_equal(part, values[y : y + 20, x : x + 20])

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(is_right, corners))
