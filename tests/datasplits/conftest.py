"""Small stored volumes."""

from __future__ import annotations

import numpy as np
import pytest

from napari_dacapo.arrays import LocalArrayIdentifier, ZarrArray, ZarrArrayConfig
from napari_dacapo.geometry import Coordinate, Roi


@pytest.fixture
def store_array(tmp_path):
    """Return a function that stores an array and returns its config."""

    def store(
        dataset,
        voxel_size=(40, 8, 4),
        shape=(6, 8, 10),
        offset=None,
        channels=None,
        container="volume.zarr",
        value=1,
    ):
        size = Coordinate(voxel_size)
        roi = Roi(offset or (0,) * size.dims, size * shape)
        axes = ["z", "y", "x"][-size.dims :]
        array = ZarrArray.create_from_array_identifier(
            LocalArrayIdentifier(tmp_path / container, dataset),
            axes if channels is None else ["c", *axes],
            roi,
            channels,
            size,
            np.uint8,
        )
        array[roi] = value
        return ZarrArrayConfig(dataset.replace("/", "_"), tmp_path / container, dataset)

    return store
