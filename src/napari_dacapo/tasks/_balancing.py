"""Loss weights that give every class the same say, however rare it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from napari_dacapo.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: per channel and class ``[voxels of the class, all voxels]`` over all samples so far
ChannelCounts: TypeAlias = list[list[list[float]]]


def balance_classes(
    labels: NDArray[Any],
    mask: NDArray[Any],
    counts: ChannelCounts | None = None,
    *,
    num_classes: int = 2,
    clipmin: float = 0.05,
    clipmax: float = 0.95,
) -> tuple[NDArray[np.float32], ChannelCounts]:
    """Weigh every voxel by the inverse of how frequent its class is.

    A class that makes up the fraction ``f`` of all voxels seen so far gets the weight
    ``1 / (num_classes * f)``. Each class starts out with 0 of 1 voxel.

    Parameters
    ----------
    labels : ndarray of integers or bool
        Class per voxel, ``(channel, *space)``; channels are balanced on their own.
    mask : ndarray
        Not 0 = use; broadcast against `labels`. Other voxels get weight 0 and are not
        counted.
    counts : nested lists, optional
        What the call for the sample before returned; not changed.
    num_classes : int
        Number of classes in each channel.
    clipmin, clipmax : float
        Bounds for the fraction, which keep weights of rare classes from exploding.

    Returns
    -------
    weights : ndarray of float32
        Shape of `labels`.
    counts : nested lists
        Counts that include this sample.

    Raises
    ------
    DataError
        If a label is not in ``0 .. num_classes - 1``, or `counts` are for another
        number of channels.
    """
    if counts is None:
        counts = [[[0.0, 1.0]] * num_classes] * len(labels)
    if len(counts) != len(labels):
        raise DataError(
            f"class counts of {len(counts)} channels do not fit {len(labels)} "
            "channels; they belong to another task"
        )
    use = np.broadcast_to(mask != 0, labels.shape)
    weights = np.empty(labels.shape, np.float32)
    updated: ChannelCounts = []
    for channel, before in enumerate(counts):
        numbers = _count(labels[channel], use[channel], num_classes)
        total = sum(numbers)
        after = [
            [number + n, seen + total]
            for (number, seen), n in zip(before, numbers, strict=True)
        ]
        fractions = np.clip([n / d for n, d in after], clipmin, clipmax)
        class_weights = (1 / (num_classes * fractions)).astype(np.float32)
        if labels.dtype == np.bool_:
            weights[channel] = np.where(labels[channel], *class_weights[::-1])
        else:
            index = labels[channel].astype(np.intp)
            np.take(class_weights, index, out=weights[channel])
        updated.append(after)
    weights *= use
    return weights, updated


def _count(
    labels: NDArray[Any], use: NDArray[np.bool_], num_classes: int
) -> list[float]:
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= num_classes:
        raise DataError(
            f"the ground truth holds the label {high if low >= 0 else low}, but this "
            f"task needs labels from 0 to {num_classes - 1}; choose the labels of each "
            "class with a BinarizeArrayConfig"
        )
    if num_classes == 2:
        foreground = np.count_nonzero(use & (labels != 0))
        return [float(np.count_nonzero(use) - foreground), float(foreground)]
    return [
        float(n)
        for n in np.bincount(labels[use].astype(np.intp), minlength=num_classes)
    ]
