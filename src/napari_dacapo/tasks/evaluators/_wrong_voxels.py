"""Which voxels of a segmentation are wrong, as pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.arrays import NumpyArray
from napari_dacapo.arrays.base import CHANNEL_AXIS

from ._contingency import Contingency

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ._comparison import Comparison

    BoolArray = NDArray[np.bool_]
    #: from truth, output and mask (or None), spatial axes only, to what is wrong
    Difference = Callable[[NDArray[Any], NDArray[Any], NDArray[Any] | None], BoolArray]


def wrong_in(
    comparison: Comparison, difference: Difference, axes: list[str]
) -> NumpyArray:
    """Return where `difference` finds the output of `comparison` wrong.

    Returns
    -------
    NumpyArray
        uint8, 1 = wrong, 0 = right or not scored; `axes` are those of the output.
    """
    channels = []
    for number, output in enumerate(comparison.output):
        truth = comparison.truth[min(number, len(comparison.truth) - 1)]
        mask = comparison.channel_mask(min(number, len(comparison.truth) - 1))
        wrong = difference(truth, output, mask)
        channels.append(wrong if mask is None else wrong & (mask != 0))
    values = np.stack(channels).astype(np.uint8)
    return NumpyArray.from_np_array(
        values if CHANNEL_AXIS in axes else values[0],
        comparison.roi,
        comparison.voxel_size,
        axes,
    )


def foregrounds_differ(
    truth: NDArray[Any], output: NDArray[Any], mask: NDArray[Any] | None
) -> BoolArray:
    """Return where only one of both is foreground."""
    different: BoolArray = (truth != 0) != (output != 0)
    return different


def classes_differ(
    truth: NDArray[Any], output: NDArray[Any], mask: NDArray[Any] | None
) -> BoolArray:
    """Return where the labels differ."""
    different: BoolArray = truth != output
    return different


def objects_differ(
    truth: NDArray[Any], output: NDArray[Any], mask: NDArray[Any] | None
) -> BoolArray:
    """Return where a voxel does not lie in the right object, whatever its label.

    A true object and an output object belong together if each has its largest overlap
    with the other, background aside. So the smaller part of a split object is wrong,
    and of merged objects all but the largest.
    """
    table = Contingency.of(truth, output, mask)
    partner = _partners(table)
    # voxels that the mask leaves out may have labels that the table does not know
    position = np.searchsorted(table.truth_labels, truth)
    position = np.minimum(position, max(0, len(table.truth_labels) - 1))
    if not len(partner):
        return np.zeros(truth.shape, np.bool_)
    has_partner = (partner >= 0)[position]
    expected = table.output_labels[np.maximum(partner, 0)][position]
    both_background = (truth == 0) & (output == 0)
    wrong: BoolArray = ~(both_background | (has_partner & (output == expected)))
    return wrong


def _partners(table: Contingency) -> NDArray[np.int64]:
    """Return, by true label, the position of the output label it belongs to, or -1."""
    objects = table.without_background(of_output=True)
    # of repeated positions the last one stays: that of the largest overlap
    order = np.argsort(objects.shared, kind="stable")
    row, column = objects.row[order], objects.column[order]
    best_output = np.full(len(table.truth_labels), -1, np.int64)
    best_truth = np.full(len(table.output_labels), -1, np.int64)
    best_output[row], best_truth[column] = column, row
    known = np.flatnonzero(best_output >= 0)
    lost = known[best_truth[best_output[known]] != known]
    best_output[lost] = -1
    return best_output
