"""Boxes drawn on a volume: what each is for, their place, and which of them clash."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

from napari_dacapo.geometry import Coordinate, Roi, world_to_voxels

if TYPE_CHECKING:
    from collections.abc import Sequence


class Use(StrEnum):
    """What a box is for."""

    TRAIN = "train"
    VALIDATE = "validate"
    IGNORE = "ignore"


#: colours of the uses; told apart by colour-blind people, by brightness too
COLOURS = {Use.TRAIN: "#2dc78f", Use.VALIDATE: "#3d8bff", Use.IGNORE: "#a0a0a0"}
#: of boxes to train and to validate on that overlap
CLASH_COLOUR = "#ff3b30"


@attrs.frozen
class Box:
    """A part of a volume, in nm, and what it is for."""

    use: Use
    roi: Roi


@attrs.frozen
class Grid:
    """The voxels of the ground truth.

    Attributes
    ----------
    roi : Roi
        What it covers, in nm.
    voxel_size : Coordinate
        In nm.
    axes : tuple of str
        Names of the axes, as ``("z", "y", "x")``.
    """

    roi: Roi
    voxel_size: Coordinate
    axes: tuple[str, ...]

    def snapped(self, roi: Roi, step: Coordinate | None = None) -> Roi | None:
        """Return the part of `roi` inside, its faces moved to the nearest voxels.

        Parameters
        ----------
        roi : Roi
            In nm.
        step : Coordinate, optional
            Spacing of the faces in nm, by default that of voxels.

        Returns
        -------
        Roi or None
            At least one step long along each axis; `None` if `roi` lies outside.
        """
        inside = roi.intersect(self.roi)
        if inside.empty:
            return None
        size, begin = step or self.voxel_size, self.roi.begin
        near = inside.snap_to_grid(size, "closest", begin)
        wide = inside.snap_to_grid(size, "grow", begin)
        sides = [
            (a, b) if b > a else (c, d)
            for a, b, c, d in zip(
                near.begin, near.end, wide.begin, wide.end, strict=True
            )
        ]
        low, high = (Coordinate(values) for values in zip(*sides, strict=True))
        found = Roi(low, high - low).intersect(self.roi)
        return None if found.empty else found

    def to_voxels(self, roi: Roi) -> list[tuple[int, int]]:
        """Return begin and end along each axis in voxels of the grid."""
        voxels = world_to_voxels(roi, self.roi.begin, self.voxel_size)
        return list(
            zip(voxels.begin.as_integers(), voxels.end.as_integers(), strict=True)
        )

    def from_voxels(self, spans: Sequence[tuple[int, int]]) -> Roi:
        """Return the box (nm) with begin and end in voxels, along each axis."""
        begin, end = (Coordinate(values) for values in zip(*spans, strict=True))
        return Roi(begin, end - begin) * self.voxel_size + self.roi.begin


@attrs.frozen
class Reach:
    """How a network looks at a volume, in nm: around its output, and the output."""

    context: Coordinate
    output: Coordinate


def clashes(boxes: Sequence[Box], reach: Reach | None = None) -> dict[int, str]:
    """Return why boxes must not stay as they are, by their position in `boxes`.

    A volume to validate on must not be learned from; nor should a network have seen it
    beside what it learned.
    """
    found: dict[int, str] = {}
    for i, box in enumerate(boxes):
        for j, other in enumerate(boxes):
            if {box.use, other.use} != {Use.TRAIN, Use.VALIDATE} or i == j:
                continue
            text = _clash(box, other, j + 1, reach)
            if text and i not in found:
                found[i] = text
    return found


def _clash(box: Box, other: Box, number: int, reach: Reach | None) -> str:
    what = f"box {number}, which is to {other.use} on"
    common = box.roi.intersect(other.roi)
    if not common.empty:
        return (
            f"Overlaps with {what}, at {common} nm: scores on what was learned say "
            "nothing about new data. Move one of them."
        )
    if reach is None or reach.context.dims != box.roi.dims:
        return ""
    if box.roi.grow(reach.context, reach.context).intersect(other.roi).empty:
        return ""
    return (
        f"Too close to {what}: in training the network looks {reach.context} nm around "
        "what it learns, and so sees raw data of both. Move them apart."
    )
