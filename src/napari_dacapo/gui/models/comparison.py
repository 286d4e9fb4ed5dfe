"""Two stored results of one volume side by side; no widget in here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.arrays import NumpyArray
from napari_dacapo.errors import DataError
from napari_dacapo.runs.control import StopRequestedError
from napari_dacapo.store import Project
from napari_dacapo.tasks.evaluators import BlockScores, ScoreDifference, score_blocks
from napari_dacapo.tasks.evaluators.paired_bootstrap import common_roi, cropped

from .preview import validation_dataset
from .results import Result, load_result

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from napari_dacapo.arrays import Array
    from napari_dacapo.tasks.evaluators.base import Criterion

    from .scores import ScoreRow

#: values of the difference
BOTH, ONLY_A, ONLY_B = 1, 2, 3
#: value by whether A and whether 2 * B is marked
_VALUES = np.array([0, ONLY_A, ONLY_B, BOTH], np.uint8)
NO_MASK = (
    "The files of the volume were moved: this is the copy of the ground truth that "
    "validation stored, without a mask."
)


@attrs.frozen(eq=False)
class Comparison:
    """Two results of one volume.

    Attributes
    ----------
    a, b : Result
        What is stored of them.
    difference : NumpyArray or None
        uint8, by voxel: 0, `BOTH`, `ONLY_A` or `ONLY_B` is wrong, or foreground without
        ground truth; `None` where the results are too large for the memory.
    evaluator : Evaluator
        That of the run of A.
    truth, mask : Array or None
        The ground truth, and 1 where it counts.
    note : str
        What the user should know about them.
    """

    a: Result
    b: Result
    difference: NumpyArray | None
    evaluator: Any
    truth: Any
    mask: Any
    note: str

    @property
    def criteria(self) -> dict[str, Criterion]:
        """All criteria by name, those by which weights are kept first."""
        score = self.evaluator.score
        known = {name: score.criterion(name) for name in score.criteria}
        names = sorted(known, key=lambda name: not known[name].store_best)
        return {name: known[name] for name in names}

    def score_blocks(self, cancelled: threading.Event) -> BlockScores:
        """Score both in blocks; called in workers only.

        Raises
        ------
        StopRequestedError
            Soon after `cancelled` was set.
        """

        def check() -> None:
            if cancelled.is_set():
                raise StopRequestedError("the comparison was closed")

        return score_blocks(
            self.evaluator,
            segmentation(self.a),
            segmentation(self.b),
            self.truth,
            self.mask,
            check=check,
        )


def load_comparison(folder: Path, a: ScoreRow, b: ScoreRow) -> Comparison:
    """Read two results, whose rows name their runs; called in workers only.

    Raises
    ------
    DataError
        If a segmentation is not stored any more, or they are not of the same volume.
    """
    first, second = (load_result(folder, row.run, row) for row in (a, b))
    for name, result in (("A", first), ("B", second)):
        if result.get("segmentation") is None:
            raise DataError(
                f"the segmentation of {name} is not stored any more; kept are the "
                "results of the last validation and of the best ones"
            )
    if not _are_of_one_volume(first, second):
        raise DataError(
            f"A is a result of {a.dataset}, B one of another volume; choose two "
            "results of the same volume"
        )
    config = Project(folder).configs.retrieve_run_config(a.run)
    evaluator = config.task_config.create_task().evaluator
    dataset = validation_dataset(config, a.dataset)
    truth: Array | None
    mask: Array | None
    if dataset is not None and dataset.gt is not None:
        truth, mask, note = dataset.gt, dataset.mask, ""
    else:
        stored = first.get("ground truth")
        truth, mask = None if stored is None else stored.array, None
        note = "" if truth is None else NO_MASK
    difference = _difference(first, second, evaluator, truth, mask)
    return Comparison(first, second, difference, evaluator, truth, mask, note)


def segmentation(result: Result) -> Array:
    """Return the stored segmentation; DataError if it is not stored."""
    shown = result.get("segmentation")
    if shown is None:
        raise DataError("the segmentation is not stored any more")
    array: Array = shown.array
    return array


def _are_of_one_volume(a: Result, b: Result) -> bool:
    """Return whether both were predicted from the same picture.

    Names do not tell: those of validation volumes are often alike. So a plane through
    the middle of both pictures is compared.
    """
    if a.run == b.run:
        return a.dataset == b.dataset
    first, second = a.get("raw"), b.get("raw")
    if first is None or second is None:
        return a.dataset == b.dataset
    try:
        roi = common_roi(first.array, second.array)
    except DataError:
        return False
    thickness = first.array.voxel_size[0]
    planes = int(roi.shape[0] / thickness)
    begin = [planes // 2 * thickness, *[0] * (roi.dims - 1)]
    plane = type(roi)(roi.offset + begin, [thickness, *roi.shape[1:]])
    return np.array_equal(first.array[plane], second.array[plane])


def _difference(
    a: Result, b: Result, evaluator: Any, truth: Array | None, mask: Array | None
) -> NumpyArray | None:
    shown = [result.get("segmentation") for result in (a, b)]
    if any(array is None or array.values is None for array in shown):
        return None
    first, second = segmentation(a), segmentation(b)
    others = [array for array in (truth, mask) if array is not None]
    roi = common_roi(first, second, *others)
    crops = [cropped(array, roi) for array in (first, second)]
    if truth is None:
        marks = [crop[roi] != 0 for crop in crops]
    else:
        target = cropped(truth, roi)
        used = None if mask is None else cropped(mask, roi)
        wrong = (evaluator.wrong_voxels(crop, target, used) for crop in crops)
        marks = [array[roi] != 0 for array in wrong]
    if marks[0].shape != marks[1].shape:
        raise DataError("A and B have different classes; choose results of one task")
    values = _VALUES[marks[0] + 2 * marks[1].astype(np.uint8)]
    return NumpyArray.from_np_array(values, roi, first.voxel_size, first.axes)


def in_words(found: ScoreDifference, criterion: str, *, higher_is_better: bool) -> str:
    """Return one sentence about the difference ``A - B`` of a criterion."""
    name = criterion.replace("__", " ")
    if found.blocks < 2:
        return (
            f"Too few blocks to compare {name}: it is defined for both in "
            f"{found.blocks} of them."
        )
    low, high, difference = found.low, found.high, found.difference
    text = "No clear difference in {name}: A - B = {value}"
    if found.is_clear:
        a_is_better = (difference > 0) == higher_is_better
        text = ("A" if a_is_better else "B") + " is better by {value} {name}"
        if difference < 0:
            low, high, difference = -high, -low, -difference
    digits = _digits(high - low)
    value, low_text, high_text = (f"{x:.{digits}f}" for x in (difference, low, high))
    return (
        f"{text.format(name=name, value=value)} (95 % interval {low_text} to "
        f"{high_text}, {found.blocks} blocks)."
    )


def _digits(width: float) -> int:
    """Return how many decimals tell the ends of an interval of `width` apart."""
    return 3 if width <= 0 else min(6, max(0, 1 - math.floor(math.log10(width))))
