"""A region of a derived array reads the chunks it needs, and each of them once."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from zarr.storage import LocalStore

from napari_dacapo.arrays import (
    ArrayConfig,
    BinarizeArrayConfig,
    ConcatArrayConfig,
    CropArrayConfig,
    IntensitiesArrayConfig,
    LogicalOrArrayConfig,
    MergeInstancesArrayConfig,
    MissingAnnotationsMaskConfig,
    OnesArrayConfig,
    ResampledArrayConfig,
    SumArrayConfig,
    ZarrArrayConfig,
)
from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from pathlib import Path

VOXEL_SIZE = Coordinate(40, 8, 4.6)
OFFSET = Coordinate(400, -16, 9.2)
CHUNK, CHUNKS = 8, (3, 4, 5)


@pytest.fixture
def labels(tmp_path: Path) -> ZarrArrayConfig:
    shape = [CHUNK * n for n in CHUNKS]
    zarr.create_array(
        str(tmp_path / "a.zarr"),
        name="labels",
        data=np.arange(np.prod(shape)).reshape(shape).astype(np.uint64) % 7 + 1,
        chunks=(CHUNK,) * 3,
        compressors=None,
        attributes={
            "resolution": VOXEL_SIZE.to_plain(),
            "offset": OFFSET.to_plain(),
            "axes": ["z", "y", "x"],
        },
    )
    return ZarrArrayConfig("labels", tmp_path / "a.zarr", "labels")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the keys of the chunks that are read."""
    seen: list[str] = []
    get = LocalStore.get

    async def counted(self: LocalStore, key: str, *args: Any, **keywords: Any) -> Any:
        if "/c/" in key or key.startswith("c/"):
            seen.append(key[key.index("c/") :])
        return await get(self, key, *args, **keywords)

    monkeypatch.setattr(LocalStore, "get", counted)
    return seen


def _derived(labels: ZarrArrayConfig) -> dict[str, ArrayConfig]:
    groups = [("one", [1, 2]), ("rest", [])]
    whole = Roi(OFFSET, VOXEL_SIZE * (24, 32, 40))
    return {
        "binarize": BinarizeArrayConfig("a", labels, groups),
        "mask": MissingAnnotationsMaskConfig("a", labels, groups),
        "intensities": IntensitiesArrayConfig("a", labels, 0, 255),
        "crop": CropArrayConfig("a", labels, whole),
        "concat": ConcatArrayConfig("a", ["x", "gap"], {"x": labels}),
        "union": LogicalOrArrayConfig("a", BinarizeArrayConfig("b", labels, groups)),
        "sum": SumArrayConfig("a", [labels]),
        "merge": MergeInstancesArrayConfig("a", [labels]),
        "nearest": ResampledArrayConfig("a", labels, (1, 2, 1), (2, 1, 1), 0),
        "linear down": ResampledArrayConfig("a", labels, (1, 1, 1), (2, 2, 2), 1),
    }


@pytest.mark.parametrize("kind", [*_derived(None), "linear up", "ones"])  # type: ignore[arg-type]
def test_only_the_chunks_of_the_region_are_read(
    kind: str, labels: ZarrArrayConfig, reads: list[str]
) -> None:
    configs = _derived(labels)
    configs["linear up"] = ResampledArrayConfig("a", labels, (2, 2, 2), (1, 1, 1), 1)
    configs["ones"] = OnesArrayConfig("a", labels)
    config = configs[kind]
    array = config.create_array()
    assert config.verify()[0]
    assert not reads, "making and verifying an array reads metadata only"
    # chunks (1..2, 1, 2), without the voxels at their faces
    inner = Roi(VOXEL_SIZE * (12, 10, 18), VOXEL_SIZE * (8, 4, 4)) + OFFSET
    values = array[inner]
    expected = {f"c/{z}/1/2" for z in (1, 2)} if kind != "ones" else set()
    assert set(reads) == expected
    assert len(reads) == len(expected)
    assert values.shape[-3:] == (inner.shape / array.voxel_size).as_integers()
    reads.clear()
    array[Roi(inner.begin, (0, 0, 0))]
    assert not reads


def test_sources_of_a_combined_array_are_read_alike(
    labels: ZarrArrayConfig, reads: list[str]
) -> None:
    """Also when merging 64-bit ids: their maximum is never looked for."""
    first = Roi(OFFSET, VOXEL_SIZE * CHUNK)
    for config in (
        MergeInstancesArrayConfig("a", [labels, labels, labels]),
        SumArrayConfig("a", [labels, labels, labels]),
        ConcatArrayConfig("a", ["x", "y", "z"], {"x": labels, "y": labels}, labels),
    ):
        config.create_array()[first]
        assert set(reads) == {"c/0/0/0"}


def test_a_whole_array_reads_every_chunk_once(
    labels: ZarrArrayConfig, reads: list[str]
) -> None:
    array = IntensitiesArrayConfig("a", labels, 0, 7).create_array()
    assert array[array.roi].max() == 1
    places = product(*map(range, CHUNKS))
    assert sorted(reads) == sorted(f"c/{z}/{y}/{x}" for z, y, x in places)
