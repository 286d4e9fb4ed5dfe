"""Broken and awkward containers: accepted as meant, or refused in one sentence."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from zarr.storage import LocalStore

from array_data import DATA, manifest, state_of
from napari_dacapo.arrays import ZarrArray, ZarrArrayConfig
from napari_dacapo.arrays.inspect import list_arrays
from napari_dacapo.errors import ConfigError, DataError

if TYPE_CHECKING:
    from pathlib import Path

BAD = DATA / "bad"


def _configs(case: dict[str, Any], part: str) -> list[ZarrArrayConfig]:
    paths = case[part] if isinstance(case[part], list) else [case[part]]
    return [ZarrArrayConfig(p, BAD / case["path"], p) for p in paths if p]


def _hash(values: np.ndarray) -> str:
    little = values.astype(values.dtype.newbyteorder("<"))
    return hashlib.sha256(np.ascontiguousarray(little).tobytes()).hexdigest()


def _assert_message(case: dict[str, Any], message: str) -> None:
    assert "\n" not in message
    for alternatives in case["message_should_mention"]:
        assert any(a.lower() in message.lower() for a in alternatives), message


@pytest.mark.timeout(20)
@pytest.mark.parametrize("case", manifest("bad/manifest.json", "cases"))
def test_bad_container(case: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    before = state_of(BAD / case["id"])
    rejected = case["expect"] == "reject"
    infos = {i.path: i for i in list_arrays(BAD / case["path"])}
    for part in ("raw", "gt"):
        for config in _configs(case, part):
            valid, message = config.verify()
            if part == "raw" and rejected and case["stage"] == "open":
                assert not valid
                _assert_message(case, message)
                assert infos[config.dataset].problem
                with pytest.raises(DataError):
                    ZarrArray(config)
                with pytest.raises(ConfigError):
                    config.create_array()
                continue
            assert valid, message
            if case["expect"] == "warn" and case["stage"] == "open":
                _assert_message(case, message)
                _assert_message(case, " ".join(infos[config.dataset].notes))
            array = config.create_array()
            assert infos[config.dataset].shape == array.data.shape
            if part == "raw" and rejected:
                with pytest.raises(DataError) as error:
                    array[array.roi]
                _assert_message(case, str(error.value))
                continue
            _check_values(case, part, array)
    assert state_of(BAD / case["id"]) == before


def _check_values(case: dict[str, Any], part: str, array: ZarrArray) -> None:
    canonical = case.get("canonical", {}).get(part)
    if canonical is None:
        return
    values = array[array.roi]
    assert list(values.shape) == canonical["shape"]
    assert array.dtype == values.dtype == np.dtype(canonical["dtype"])
    assert values.dtype.isnative
    assert _hash(values) == canonical["sha256"]
    meant = case.get("interpretation", {})
    if part == "raw" and "voxel_size_zyx" in meant:
        assert array.voxel_size.to_plain() == meant["voxel_size_zyx"]
        assert array.spatial_axes == ["z", "y", "x"]


def test_offset_off_the_grid_is_kept() -> None:
    if not BAD.is_dir():
        pytest.skip("the development data are not here")
    config = ZarrArrayConfig("gt", BAD / "gt_offset_off_grid/data.zarr", "gt")
    assert config.create_array().roi.offset == (25, 20, 15)


def test_truncated_chunk_is_always_found() -> None:
    """Blosc alone sometimes returns whatever lies behind the chunk in memory."""
    if not BAD.is_dir():
        pytest.skip("the development data are not here")
    config = ZarrArrayConfig("raw", BAD / "truncated_chunk/data.zarr", "raw")
    array = config.create_array()
    for _ in range(20):
        with pytest.raises(DataError, match=r"chunk 0\.0\.0 is damaged or truncated"):
            array[array.roi]


def test_a_failed_read_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.zarr"
    zarr.create_array(path, shape=(8, 8), chunks=(4, 4), dtype="u1", name="raw")[:] = 1
    (path / "raw/c/0/0").write_bytes(b"cut")
    read, finished = LocalStore.get, []

    async def slow(store: Any, key: str, **options: Any) -> Any:
        if not key.endswith("c/0/0"):
            await asyncio.sleep(0.2)
        found = await read(store, key, **options)
        finished.append(key)
        return found

    array = ZarrArray(ZarrArrayConfig("raw", path, "raw"))
    monkeypatch.setattr(LocalStore, "get", slow)
    with pytest.raises(DataError, match=r"chunk 0\.0 is damaged"):
        _ = array.data[...]
    assert {key[-5:] for key in finished} == {"c/0/0", "c/0/1", "c/1/0", "c/1/1"}
