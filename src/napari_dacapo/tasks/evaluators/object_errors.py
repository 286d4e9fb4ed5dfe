"""Where a segmentation is wrong: its splits, merges, misses and inventions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.geometry import Coordinate, Roi

from ._comparison import Comparison, compare_arrays
from ._objects import ObjectKind, ObjectReport, object_reports

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array

#: matched objects below this intersection over union are errors of their outline
RIGHT_IOU = 0.5


@attrs.frozen
class ObjectError:
    """A wrong object and its place in the world.

    Attributes
    ----------
    kind : ObjectKind
        What became of it; MATCHED means found, but with a poor outline.
    label : int
        Label of the true object, of the output object if it is invented; 0 where
        objects are the regions of a class instead of having labels of their own.
    channel : int
        Number of the channel or class, counted from 0.
    voxels : int
        Its size.
    iou : float
        Intersection over union with the output object that covers most of it.
    center : Coordinate
        Mean position of its voxels, world units.
    roi : Roi
        Its bounding box, world units.
    """

    kind: ObjectKind
    label: int
    channel: int
    voxels: int
    iou: float
    center: Coordinate
    roi: Roi


def find_object_errors(
    output: Array,
    truth: Array,
    mask: Array | None = None,
    *,
    labels_are_objects: bool,
    minimum_voxels: int = 1,
) -> list[ObjectError]:
    """Return the wrong objects of a segmentation, the largest first.

    Parameters
    ----------
    output, truth : Array
        Segmentation and ground truth, with voxels of the same size; only what both
        cover is compared. Several channels are compared one by one.
    mask : Array, optional
        1 = count this voxel, 0 = ignore it.
    labels_are_objects : bool
        Whether every label is an object. Otherwise labels are classes, and objects are
        their connected regions (faces touch).
    minimum_voxels : int
        Smaller objects are left out.

    Raises
    ------
    DataError
        If the arrays do not fit together.
    """
    return errors_in(
        compare_arrays(output, truth, mask), labels_are_objects, minimum_voxels
    )


def errors_in(
    comparison: Comparison, labels_are_objects: bool, minimum_voxels: int = 1
) -> list[ObjectError]:
    """Return what `find_object_errors` does, of arrays that were read already."""
    found = [
        _located(report, channel, comparison, labels_are_objects)
        for channel in range(min(len(comparison.truth), len(comparison.output)))
        for report in object_reports(
            _objects(comparison.truth[channel], labels_are_objects),
            _objects(comparison.output[channel], labels_are_objects),
            comparison.channel_mask(channel),
        )
        if _is_wrong(report) and report.voxels >= minimum_voxels
    ]
    return sorted(found, key=lambda error: -error.voxels)


def _is_wrong(report: ObjectReport) -> bool:
    return report.kind is not ObjectKind.MATCHED or report.iou < RIGHT_IOU


def _objects(labels: NDArray[Any], labels_are_objects: bool) -> NDArray[Any]:
    if labels_are_objects:
        return labels
    import cc3d

    regions: NDArray[Any] = cc3d.connected_components(
        labels.astype(np.uint32, copy=False), connectivity=6 if labels.ndim == 3 else 4
    )
    return regions


def _located(
    report: ObjectReport,
    channel: int,
    comparison: Comparison,
    labels_are_objects: bool,
) -> ObjectError:
    size, corner = comparison.voxel_size, comparison.roi.offset
    low = Coordinate(side[0] for side in report.box)
    shape = Coordinate(side[1] - side[0] for side in report.box)
    center = Coordinate(round(position * 2 + 1) for position in report.center)
    return ObjectError(
        report.kind,
        report.label if labels_are_objects else 0,
        channel,
        report.voxels,
        report.iou,
        corner + center * size / 2,
        Roi(corner + low * size, shape * size),
    )
