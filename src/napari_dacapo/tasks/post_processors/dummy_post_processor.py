"""A post-processor without purpose, for trying out pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field
from napari_dacapo.geometry import Coordinate, Roi

from .base import PostProcessor, PostProcessorParameters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.blockwise import Progress

    from .storage import ValueRange

OUTPUT_SHAPE = (10, 10, 10)


@attrs.frozen
class DummyPostProcessorParameters(PostProcessorParameters):
    """What the dummy fills its output with."""

    min_size: int = config_field("The value of every voxel of the output.")


class DummyPostProcessor(PostProcessor):
    """Ignores the prediction and writes ten voxels cubed of one value.

    Parameters
    ----------
    detection_threshold : float
        Kept, not used.
    """

    def __init__(self, detection_threshold: float) -> None:
        self.detection_threshold = detection_threshold
        self.prediction_array_identifier: LocalArrayIdentifier | None = None

    def enumerate_parameters(self) -> Iterator[DummyPostProcessorParameters]:
        for number in range(10):
            yield DummyPostProcessorParameters(id=number, min_size=number + 1)

    def set_prediction(self, prediction_array_identifier: LocalArrayIdentifier) -> None:
        self.prediction_array_identifier = prediction_array_identifier

    def process_block(
        self,
        prediction: NDArray[Any],
        parameters: DummyPostProcessorParameters,
        value_range: ValueRange | None = None,
    ) -> NDArray[np.uint64]:
        """Return the constant, in the spatial shape of `prediction`."""
        return np.full(prediction.shape[1:], parameters.min_size, np.uint64)

    def process(
        self,
        parameters: DummyPostProcessorParameters,
        output_array_identifier: LocalArrayIdentifier,
        num_workers: int = 16,
        block_size: Any = None,
        chunk_size: Any = None,
        progress: Progress | None = None,
    ) -> Array:
        from napari_dacapo.arrays.zarr_array import ZarrArray

        roi = Roi((0,) * len(OUTPUT_SHAPE), OUTPUT_SHAPE)
        output = ZarrArray.create_from_array_identifier(
            output_array_identifier,
            ["z", "y", "x"],
            roi,
            None,
            Coordinate((1,) * len(OUTPUT_SHAPE)),
            np.uint64,
            overwrite=True,
        )
        output[roi] = np.full(OUTPUT_SHAPE, parameters.min_size, np.uint64)
        return output
