"""Masks without the boxes that are to be ignored."""

from __future__ import annotations

import numpy as np
import pytest

from array_data import in_memory
from napari_dacapo.arrays import (
    ArrayConfig,
    ExceptBoxesArrayConfig,
    OnesArrayConfig,
    ZarrArrayConfig,
)
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Roi
from napari_dacapo.store.converter import from_doc, to_doc

LABELS = np.zeros((3, 4, 5), np.uint8)


def test_voxels_that_a_box_touches_are_0_also_when_a_part_is_read() -> None:
    source = OnesArrayConfig("ones", in_memory(LABELS, (40, 8, 4.6), (400, -16, 9.2)))
    boxes = [Roi((440, -16, 9.2), (40, 12, 4.6)), Roi((0, 0, 0), (1, 1, 1))]
    config = ExceptBoxesArrayConfig("mask", source, boxes)
    array = config.create_array()
    expected = np.ones(LABELS.shape, bool)
    expected[1, :2, :1] = False
    np.testing.assert_array_equal(array[array.roi], expected)
    part = Roi((440, -8, 9.2), (80, 16, 9.2))
    np.testing.assert_array_equal(array[part], expected[1:, 1:3, :2])
    assert config.verify()[0]


def test_boxes_have_the_axes_of_the_source() -> None:
    config = ExceptBoxesArrayConfig("mask", in_memory(LABELS), [Roi((0, 0), (1, 1))])
    with pytest.raises(ConfigError, match=r"boxes\[0\]: .* has 2 axes, the source has"):
        config.create_array()


def test_boxes_are_kept_in_files() -> None:
    source = ZarrArrayConfig("raw", "vol.zarr", "raw")
    config = ExceptBoxesArrayConfig("mask", source, [Roi((0, 4.6), (8, 9.2))])
    assert from_doc(to_doc(config), ArrayConfig) == config
