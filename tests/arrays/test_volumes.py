"""Every development volume: shape, place in the world, unit, and values."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

from array_data import DATA, manifest
from napari_dacapo.arrays import ZarrArrayConfig
from napari_dacapo.arrays._multiscales import level_paths
from napari_dacapo.arrays._nodes import find_array
from napari_dacapo.geometry import Coordinate

NANOMETRES = {"nm": 1, "micrometer": 1000, None: 1}


@pytest.mark.parametrize("entry", manifest("manifest.json", "datasets"))
def test_volume(entry: dict[str, Any]) -> None:
    for described in entry["arrays"]:
        config = ZarrArrayConfig("array", DATA / entry["path"], described["path"])
        array = config.create_array()
        assert "".join(array.axes) == described["axes"]
        assert array.shape == tuple(described["shape"])
        assert array.dtype == np.dtype(described["dtype"])
        factor = NANOMETRES[described["unit"]]
        dims = len(described["shape"])
        for ours, theirs in (
            (array.voxel_size, described["voxel_size"] or [1] * dims),
            (array.roi.offset, described["offset"] or [0] * dims),
        ):
            expected = [factor * number for number in theirs]
            assert ours.as_floats() == pytest.approx(expected, rel=1e-8)
        content = np.ascontiguousarray(array[array.roi]).tobytes()
        assert hashlib.sha256(content).hexdigest() == described["sha256"]
        _check_levels(config, array.voxel_size, array.roi.offset)


def _check_levels(
    config: ZarrArrayConfig, voxel_size: Coordinate, offset: Coordinate
) -> None:
    """All levels have the corner of level 0 and voxels whole times as large."""
    group = find_array(config.file_name, config.dataset).parent
    for path in level_paths(group) if group is not None else []:
        dataset = f"{group.path}/{path}".strip("/")
        level = ZarrArrayConfig("level", config.file_name, dataset).create_array()
        assert level.roi.offset == offset
        assert level.voxel_size.is_multiple_of(voxel_size)


def test_fractional_voxel_size_is_exact() -> None:
    if not DATA.is_dir():
        pytest.skip("the development data are not here")
    crop = "recon-1/labels/groundtruth/crop2/mito/s0"
    array = ZarrArrayConfig("m", DATA / "vnc_sstem/vnc_sstem.zarr", crop).create_array()
    assert array.voxel_size == Coordinate(50, 4.6, 4.6)
    assert array.roi.offset == Coordinate(350, 588.8, 588.8)
    assert array.roi.offset.is_multiple_of(array.voxel_size)
