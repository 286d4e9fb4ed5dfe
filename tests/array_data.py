"""What the tests of arrays share: arrays in memory, real volumes, changes of files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from napari_dacapo.arrays import Array, NumpyArray
from napari_dacapo.geometry import Coordinate, Roi

#: real volumes that are not part of the repository; tests that need them are skipped
DATA = Path(os.environ.get("NAPARI_DACAPO_TEST_DATA", "/work/shared/data"))


def manifest(name: str, key: str) -> list[Any]:
    """Return the entries of a manifest as parameters, or one that skips."""
    file = DATA / name
    if not file.is_file():
        skip = pytest.mark.skip(reason="the development data are not here")
        return [pytest.param({}, marks=skip, id="no-data")]
    entries = json.loads(file.read_text(encoding="utf-8"))[key]
    return [pytest.param(entry, id=entry["id"]) for entry in entries]


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of the last change of everything below `folder`."""
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in (folder, *folder.rglob("*"))
    }


@attrs.define
class InMemoryConfig:
    """Stands for the config of an array that exists already.

    Not an `ArrayConfig`: those are registered, and tests go through all of them.
    """

    array: Array

    def array_type(self, config: Any) -> Array:
        return self.array

    def create_array(self) -> Array:
        return self.array


def in_memory(
    values: Any,
    voxel_size: Any = None,
    offset: Any = None,
    axes: str | None = None,
) -> Any:
    """Return a config of `values` with the last axes ``z y x``, the others ``c``."""
    values = np.asarray(values)
    axes = axes or "czyx"[-values.ndim :]
    spatial = [n for n, axis in zip(values.shape, axes, strict=True) if axis in "zyx"]
    size = Coordinate(voxel_size or (1,) * len(spatial))
    roi = Roi(offset or (0,) * len(spatial), Coordinate(spatial) * size)
    return InMemoryConfig(NumpyArray.from_np_array(values, roi, size, list(axes)))
