"""However large the volume: something is trained on, something else is validated on."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray, ZarrArrayConfig
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.runs import suggest

#: nm; three different ones, of which one is fractional
VOXEL_SIZE, OFFSET = Coordinate(40, 8, 4.6), Coordinate(400, -80, 46)


def volume(folder, name, values):
    roi = Roi(OFFSET, VOXEL_SIZE * values.shape)
    place = LocalArrayIdentifier(folder / "vol.zarr", name)
    array = ZarrArray.create_from_array_identifier(
        place, ["z", "y", "x"], roi, None, VOXEL_SIZE, values.dtype
    )
    array[roi] = values
    return ZarrArrayConfig(name, place.container, place.dataset)


@settings(max_examples=12, deadline=None)
@given(shape=st.tuples(*[st.integers(low, 90) for low in (5, 24, 24)]))
def test_both_parts_are_there_and_apart(shape):
    labels = np.zeros(shape, np.uint32)
    labels[:, ::6] = 1
    raw = (labels * 120 + 60).astype(np.uint8)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pair = volume(folder, "raw", raw), volume(folder, "gt", labels)
        split = suggest([pair], num_iterations=10).run_config.datasplit_config
        [train], [validate] = split.train_configs, split.validate_configs
        parts = [each.gt_config.create_array().roi for each in (train, validate)]
    whole = Roi(OFFSET, VOXEL_SIZE * shape)
    assert all(not part.empty and whole.contains(part) for part in parts)
    assert parts[0].intersect(parts[1]).empty
    share = float(parts[1].size) / float(parts[0].size + parts[1].size)
    assert 0.02 < share < 0.5
