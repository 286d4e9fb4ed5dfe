"""Post-processing of a stored prediction, for a look at once and for real."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.arrays import NumpyArray
from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.errors import DaCapoError, DataError
from napari_dacapo.geometry import world_to_voxels
from napari_dacapo.store import Project
from napari_dacapo.tasks.post_processors import (
    PointwisePostProcessor,
    StoredPredictionPostProcessor,
    ThresholdPostProcessor,
)
from napari_dacapo.tasks.post_processors.storage import threshold_for

from .results import load_prediction

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array
    from napari_dacapo.datasplits.datasets import Dataset
    from napari_dacapo.geometry import Roi
    from napari_dacapo.runs import RunConfig
    from napari_dacapo.tasks.evaluators import ObjectError
    from napari_dacapo.tasks.post_processors import PostProcessorParameters

    from .scores import ScoreRow


@attrs.frozen(eq=False)
class Segmentation:
    """What post-processing made of a prediction; `scores` is empty without truth."""

    parameters: Any
    array: Any
    scores: dict[str, float]


@attrs.frozen(eq=False)
class Preview:
    """A prediction and the task that post-processes it.

    Attributes
    ----------
    result : Result
        Picture, truth and prediction.
    task : Task
        Its post-processor has the prediction set.
    dataset : Dataset or None
        The validation dataset, if its files can still be opened.
    """

    result: Any
    task: Any
    dataset: Any

    @property
    def defaults(self) -> PostProcessorParameters:
        """The first parameter set that validation tries."""
        first: PostProcessorParameters = next(
            iter(self.task.post_processor.enumerate_parameters())
        )
        return first

    @property
    def prediction(self) -> Array:
        """The stored prediction."""
        array: Array = self._shown.array
        return array

    @property
    def values(self) -> Any:
        """The prediction as ``(channel, *space)``, in memory if it is small."""
        shown = self._shown
        data = shown.array.data if shown.values is None else shown.values
        if CHANNEL_AXIS in shown.array.axes:
            return data
        return data[np.newaxis] if isinstance(data, np.ndarray) else _WithChannel(data)

    @property
    def is_supported(self) -> bool:
        """Whether the task's post-processor works on parts of a prediction."""
        return isinstance(self.task.post_processor, StoredPredictionPostProcessor)

    @property
    def is_pointwise(self) -> bool:
        """Whether every voxel is processed by itself, so that a slice can be."""
        return isinstance(self.task.post_processor, PointwisePostProcessor)

    @property
    def fits_in_memory(self) -> bool:
        """Whether the whole prediction may be processed at once."""
        return self._shown.values is not None

    @property
    def _shown(self) -> Any:
        return self.result.get("prediction")

    def function(self, parameters: PostProcessorParameters) -> Any:
        """Return the pure function from a prediction to its segmentation."""
        processor = self.task.post_processor
        return functools.partial(
            processor.process_block,
            parameters=parameters,
            value_range=processor.value_range,
        )

    def threshold(self, parameters: PostProcessorParameters) -> float | None:
        """Return the stored value above which voxels count, if that is all there is."""
        processor = self.task.post_processor
        if not isinstance(processor, ThresholdPostProcessor):
            return None
        threshold: float = parameters.threshold  # type: ignore[attr-defined]
        return threshold_for(threshold, self.prediction.dtype, processor.value_range)

    def segment(
        self, parameters: PostProcessorParameters, *, with_scores: bool
    ) -> Segmentation:
        """Process the whole prediction and score it; called in workers only."""
        labels = self.function(parameters)(np.asarray(self.values))
        array = _placed(labels, self.prediction)
        return Segmentation(
            parameters, array, self._score(array) if with_scores else {}
        )

    def segment_part(self, parameters: PostProcessorParameters, roi: Roi) -> NumpyArray:
        """Process the part `roi` (nm, whole voxels); called in workers only.

        Objects are numbered as if there was nothing outside.
        """
        prediction = self.prediction
        begin, size = prediction.roi.begin, prediction.voxel_size
        voxels = world_to_voxels(roi, begin, size).to_slices()
        values = np.asarray(self.values[(slice(None), *voxels)])
        return _placed(self.function(parameters)(values), prediction, roi)

    def find_errors(self, array: Array) -> list[ObjectError] | None:
        """Return where a segmentation is wrong; called in workers only.

        Returns
        -------
        list of ObjectError or None
            `None` without ground truth to compare with.
        """
        if self.dataset is None or self.dataset.gt is None:
            return None
        evaluator = self.task.evaluator
        errors: list[ObjectError] = evaluator.find_errors(
            array, self.dataset.gt, mask=self.dataset.mask
        )
        return errors

    @property
    def channels(self) -> list[str]:
        """Names of the classes that are scored; empty if there is only one."""
        return list(getattr(self.task.evaluator, "channels", ()))

    def _score(self, array: Array) -> dict[str, float]:
        # the copy of the truth beside the results has no mask: scores would differ
        if self.dataset is None or self.dataset.gt is None:
            return {}
        evaluator = self.task.evaluator
        scores = evaluator.evaluate_arrays(
            array, self.dataset.gt, mask=self.dataset.mask
        )
        values = evaluator.values(scores)
        return dict(zip(evaluator.score.criteria, values, strict=True))


class _WithChannel:
    """A lazy array without channel axis, seen with one of length 1."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self.shape = (1, *data.shape)
        self.dtype = data.dtype

    def __getitem__(self, index: tuple[Any, ...]) -> NDArray[Any]:
        values: NDArray[Any] = np.asarray(self._data[index[1:]])[np.newaxis][index[0]]
        return values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        values: NDArray[Any] = np.asarray(self._data, dtype=dtype)[np.newaxis]
        return values


def stored_predictions(
    folder: Path, run: str, rows: list[ScoreRow]
) -> list[tuple[int, str]]:
    """Return (iteration, dataset) of the predictions of `rows` that are still stored.

    Called in workers only.
    """
    arrays = Project(folder).arrays
    found = []
    for key in dict.fromkeys((row.iteration, row.dataset) for row in rows):
        place = arrays.validation_prediction_array(run, *key)
        if (place.container / place.dataset).is_dir():
            found.append(key)
    return found


def load_preview(
    folder: Path, config: RunConfig, iteration: int, dataset: str
) -> Preview:
    """Read a validation's prediction and make its task; called in workers only.

    Raises
    ------
    DataError
        If the prediction is not stored any more.
    """
    result = load_prediction(folder, config.name, iteration, dataset)
    if result.get("prediction") is None:
        raise DataError(
            f"the prediction of {dataset} after {iteration} iterations is not stored "
            "any more; choose the last validation or one of the best"
        )
    task = config.task_config.create_task()
    place = Project(folder).arrays.validation_prediction_array(
        config.name, iteration, dataset
    )
    task.post_processor.set_prediction(place)
    return Preview(result, task, validation_dataset(config, dataset))


def validation_dataset(config: RunConfig, name: str) -> Dataset | None:
    """Return a validation dataset, `None` if its files were moved since."""
    try:
        datasets = config.datasplit_config.create_datasplit().validate
    except DaCapoError:
        return None
    return next((dataset for dataset in datasets if dataset.name == name), None)


def _placed(
    labels: NDArray[Any], prediction: Array, roi: Roi | None = None
) -> NumpyArray:
    """Return `labels` of (a part of) `prediction`, a single channel dropped."""
    dims = prediction.dims
    if labels.ndim > dims and labels.shape[0] == 1:
        labels = labels[0]
    channels = [CHANNEL_AXIS] if labels.ndim > dims else []
    return NumpyArray.from_np_array(
        labels,
        roi or prediction.roi,
        prediction.voxel_size,
        [*channels, *prediction.spatial_axes],
    )
