"""File > Open Sample: volumes that are made up on the spot, with ground truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo.samples import synthetic_cells

from ._layers import placement

if TYPE_CHECKING:
    from collections.abc import Sequence

#: small enough to be made while the menu closes
VOLUME, PLANE = (16, 96, 96), (256, 256)


def cells_volume() -> list[tuple[Any, dict[str, Any], str]]:
    """Return a volume of cells with organelles, voxels of 40 x 8.25 x 8.25 nm."""
    return _layers(VOLUME)


def cells_plane() -> list[tuple[Any, dict[str, Any], str]]:
    """Return one section of cells with organelles, pixels of 8.25 nm."""
    return _layers(PLANE)


def _layers(shape: Sequence[int]) -> list[tuple[Any, dict[str, Any], str]]:
    sample = synthetic_cells(shape)
    place = placement(sample.raw)
    names = list(sample.class_names)
    # napari tells the class of the label under the mouse
    features = {"index": list(range(len(names))), "class": names}
    instances = {**place, "name": "cells instances", "visible": False}
    classes = {**place, "name": "cells classes", "features": features}
    return [
        (sample.raw.data, {**place, "name": "cells raw"}, "image"),
        (sample.instances.data, instances, "labels"),
        (sample.classes.data, classes, "labels"),
    ]
