"""Labels to paint on: copies of a segmentation, or of the part that is looked at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array
    from napari_dacapo.gui._regions import Region
    from napari_dacapo.runs import RunConfig

    from .preview import Preview, Segmentation

#: a part of a prediction that is too large as a whole is corrected up to this size
MOST_VOXELS = 2**25


@attrs.frozen(eq=False)
class Editing:
    """Labels that are being corrected.

    Attributes
    ----------
    preview : Preview
        Where they come from.
    config : RunConfig
        The run that made them.
    before : NumpyArray
        The labels as the run made them; not changed.
    values : ndarray
        A copy to paint on, with the axes of `before`.
    """

    preview: Any
    config: Any
    before: Any
    values: Any

    def changed(self) -> Roi | None:
        """Return the box (nm) around everything painted; `None` if nothing was."""
        before = self.before
        different = np.asarray(before.data) != self.values
        if CHANNEL_AXIS in before.axes:
            different = different.any(axis=0)
        sides = []
        for axis in range(before.dims):
            others = tuple(i for i in range(before.dims) if i != axis)
            (places,) = np.nonzero(different.any(axis=others))
            if not len(places):
                return None
            sides.append((int(places[0]), int(places[-1]) + 1))
        begin, end = (Coordinate(side) for side in zip(*sides, strict=True))
        size = before.voxel_size
        return Roi(before.roi.begin + begin * size, (end - begin) * size)


def edit(
    preview: Preview,
    config: RunConfig,
    parameters: Any,
    made: Segmentation | None,
    region: Region,
) -> Editing:
    """Return labels to paint on; called in workers only.

    Parameters
    ----------
    preview : Preview
        The prediction.
    config : RunConfig
        The run that made it.
    parameters : PostProcessorParameters
        What makes labels of it.
    made : Segmentation or None
        The labels of all of it, if they were computed.
    region : Region
        What is on the screen: the part to take of a prediction that is too large.

    Raises
    ------
    DataError
        If the part is too large as well, or outside.
    """
    if made is not None:
        before = made.array
    elif preview.fits_in_memory:
        before = preview.segment(parameters, with_scores=False).array
    else:
        roi = part_in_view(preview.prediction, region)
        before = preview.segment_part(parameters, roi)
    return Editing(preview, config, before, np.array(before.data))


def part_in_view(prediction: Array, region: Region) -> Roi:
    """Return as much of what is on the screen as can be painted on, in whole voxels.

    A plane becomes a stack of sections around it.

    Raises
    ------
    DataError
        If there is too much on the screen.
    """
    size, begin = prediction.voxel_size, prediction.roi.begin
    seen = region.within(prediction.roi)
    voxels = (seen - begin).snap_to_grid(size) / size
    spans = list(zip(voxels.begin.as_integers(), voxels.end.as_integers(), strict=True))
    thin = [i for i, (first, last) in enumerate(spans) if last - first <= 2]
    wide = math.prod(b - a for i, (a, b) in enumerate(spans) if i not in thin)
    if wide > MOST_VOXELS:
        raise DataError(
            f"{wide:,} voxels are on the screen, more than can be painted on at once "
            f"({MOST_VOXELS:,}); zoom in and try again"
        )
    for axis in thin[:1]:
        depth = MOST_VOXELS // max(1, wide)
        first, last = spans[axis]
        middle = (first + last) // 2
        low = max(0, middle - depth // 2)
        spans[axis] = low, min(prediction.shape[axis], max(last, low + depth))
    corner, end = (Coordinate(side) for side in zip(*spans, strict=True))
    found = Roi(begin + corner * size, (end - corner) * size)
    return found.intersect(prediction.roi)
