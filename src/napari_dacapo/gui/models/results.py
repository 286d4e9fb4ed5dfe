"""What validation stored of one result: picture, truth, prediction, segmentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.arraytypes import (
    AnnotationArray,
    ArrayType,
    IntensitiesTypeArray,
    ProbabilityArray,
)
from napari_dacapo.errors import DataError
from napari_dacapo.store import Project

if TYPE_CHECKING:
    from pathlib import Path

    from napari_dacapo.arrays import Array
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier

    from .scores import ScoreRow

#: arrays up to this size are read at once, so that scrolling never waits for a disk
IN_MEMORY_BYTES = 256 * 2**20


@attrs.frozen(eq=False)
class ShownArray:
    """An array of a result.

    Attributes
    ----------
    kind : {"raw", "ground truth", "prediction", "segmentation"}
        What it is.
    array : Array
        The array.
    values : ndarray or None
        Its voxels if they are few enough, axes as in ``array.axes``.
    meaning : ArrayType
        What the values mean.
    """

    kind: str
    array: Any
    values: np.ndarray | None
    meaning: ArrayType


@attrs.frozen(eq=False)
class Result:
    """What is stored of a result; `missing` are the kinds that are not."""

    run: str
    iteration: int
    dataset: str
    arrays: tuple[ShownArray, ...]
    missing: tuple[str, ...]

    def get(self, kind: str) -> ShownArray | None:
        """Return the array of that kind, if it is stored."""
        return next((shown for shown in self.arrays if shown.kind == kind), None)


def load_result(folder: Path, run: str, row: ScoreRow) -> Result:
    """Read what is stored of the result that `row` scores; called in workers only."""
    places = result_places(Project(folder), run, row.iteration, row.dataset)
    output = Project(folder).arrays.validation_output_array(
        run, row.iteration, row.dataset, row.parameters
    )
    places["segmentation"] = (output, AnnotationArray())
    return _load(places, run, row.iteration, row.dataset)


def load_prediction(folder: Path, run: str, iteration: int, dataset: str) -> Result:
    """Read picture, truth and prediction of a validation; called in workers only."""
    places = result_places(Project(folder), run, iteration, dataset)
    return _load(places, run, iteration, dataset)


def result_places(
    project: Project, run: str, iteration: int, dataset: str
) -> dict[str, tuple[LocalArrayIdentifier, ArrayType]]:
    """Return where picture, truth and prediction are."""
    raw, truth = project.arrays.validation_input_arrays(run, dataset)
    prediction = project.arrays.validation_prediction_array(run, iteration, dataset)
    return {
        "raw": (raw, IntensitiesTypeArray()),
        "prediction": (prediction, ProbabilityArray()),
        "ground truth": (truth, AnnotationArray()),
    }


def _load(places: dict[str, Any], run: str, iteration: int, dataset: str) -> Result:
    from napari_dacapo.arrays import ZarrArray

    found, missing = [], []
    for kind, (place, meaning) in places.items():
        try:
            array = ZarrArray.open_from_array_identifier(place)
        except DataError:
            missing.append(kind)
        else:
            found.append(ShownArray(kind, array, in_memory(array), meaning))
    return Result(run, iteration, dataset, tuple(found), tuple(missing))


def in_memory(array: Array) -> np.ndarray | None:
    """Return the voxels of `array` if they are few enough to be kept."""
    values = int(np.prod(array.shape, dtype=np.int64)) * (array.num_channels or 1)
    if values * array.dtype.itemsize > IN_MEMORY_BYTES:
        return None
    return array[array.roi]
