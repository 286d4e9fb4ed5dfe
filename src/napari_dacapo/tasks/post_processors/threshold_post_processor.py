"""Foreground is where the prediction exceeds a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from ._blockwise import PointwisePostProcessor
from ._fields import threshold_field
from .base import PostProcessorParameters
from .storage import ValueRange, threshold_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

DEFAULT_THRESHOLDS = (100, 127, 150)


@attrs.frozen
class ThresholdPostProcessorParameters(PostProcessorParameters):
    """Where foreground begins."""

    threshold: float = threshold_field(default=0.0)


class ThresholdPostProcessor(PointwisePostProcessor):
    """Marks voxels whose prediction exceeds a threshold; each channel by itself.

    Parameters
    ----------
    thresholds : iterable of float
        What `enumerate_parameters` tries, on the scale 0..255.
    channels : slice, optional
        The channels of the prediction that are segmented, by default all.
    """

    def __init__(
        self,
        thresholds: Iterable[float] = DEFAULT_THRESHOLDS,
        channels: slice | None = None,
    ) -> None:
        self.thresholds = tuple(thresholds)
        self.channels = slice(None) if channels is None else channels

    def enumerate_parameters(self) -> Iterator[ThresholdPostProcessorParameters]:
        for number, threshold in enumerate(self.thresholds):
            yield ThresholdPostProcessorParameters(id=number, threshold=threshold)

    def process_block(
        self,
        prediction: NDArray[Any],
        parameters: ThresholdPostProcessorParameters,
        value_range: ValueRange | None = None,
    ) -> NDArray[np.uint8]:
        """Return uint8, 1 where `prediction` is greater than the threshold, else 0.

        The channel axis stays; see the base class for the arguments.
        """
        threshold = threshold_for(
            parameters.threshold,
            prediction.dtype,
            value_range or self.default_value_range,
        )
        return (prediction[self.channels] > threshold).view(np.uint8)

    def output_channels(self, num_channels: int) -> int:
        return len(range(num_channels)[self.channels])

    def output_dtype(self, num_channels: int) -> np.dtype[Any]:
        return np.dtype(np.uint8)
