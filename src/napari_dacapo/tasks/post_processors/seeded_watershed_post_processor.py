"""Objects from distance predictions: one per peak, touching objects are parted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo._config import config_field
from napari_dacapo.blockwise import Objects, Pieces
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate

from ._components import connected_regions
from ._fields import (
    channel_field,
    context_field,
    min_size_field,
    sigma_field,
    threshold_field,
)
from ._stitched import (
    FILTER_REACH,
    ObjectPostProcessor,
    in_voxels,
    selected_channel,
    smoothed,
)
from .base import PostProcessorParameters
from .storage import ValueRange, threshold_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

DEFAULT_SEED_THRESHOLDS = (150, 180, 210)


@attrs.frozen
class SeededWatershedPostProcessorParameters(PostProcessorParameters):
    """Where objects are and where one ends and the next begins."""

    threshold: float = threshold_field(default=127.0)
    seed_threshold: float = config_field(
        "Every connected region above this becomes one object, which then grows down "
        "to the threshold; the scale is the same. Higher values part more objects, but "
        "lose those whose prediction stays below.",
        default=180.0,
        minimum=0,
        maximum=255,
        step=1,
    )
    context: Coordinate = context_field()  # noqa: RUF009
    sigma: float = sigma_field()
    min_size: int = min_size_field()
    channel: int = channel_field()

    def __attrs_post_init__(self) -> None:
        if self.seed_threshold < self.threshold:
            raise ConfigError(
                f"seed_threshold: {self.seed_threshold} is below the threshold "
                f"{self.threshold}; seeds lie inside objects, choose a higher value"
            )


class SeededWatershedPostProcessor(ObjectPostProcessor):
    """Grows connected regions of high prediction until they meet or end.

    Made for distance predictions, which are highest in the middle of objects.

    In volumes of several blocks (those that do not fit in memory) the result is that of
    the whole up to names if `context` reaches across every object that a border of
    blocks cuts, since each block needs the seeds around it; with less, voxels far from
    their seed may become background and objects be cut at the border.

    Parameters
    ----------
    seed_thresholds : iterable of float
        What `enumerate_parameters` tries, on the scale 0..255.
    **options
        Other fields of the parameters, such as ``min_size=100``.
    """

    def __init__(
        self,
        seed_thresholds: Iterable[float] = DEFAULT_SEED_THRESHOLDS,
        **options: Any,
    ) -> None:
        self.seed_thresholds = tuple(seed_thresholds)
        self.options = options

    def enumerate_parameters(self) -> Iterator[SeededWatershedPostProcessorParameters]:
        for number, threshold in enumerate(self.seed_thresholds):
            yield SeededWatershedPostProcessorParameters(
                id=number, seed_threshold=threshold, **self.options
            )

    def pieces(
        self,
        prediction: NDArray[Any],
        parameters: SeededWatershedPostProcessorParameters,
        value_range: ValueRange,
    ) -> Pieces:
        from skimage import segmentation

        values = selected_channel(prediction, parameters.channel)
        low, high = (
            threshold_for(threshold, values.dtype, value_range)
            for threshold in (parameters.threshold, parameters.seed_threshold)
        )
        if parameters.sigma:
            values = smoothed(values.astype(np.float32), parameters.sigma)
        seeds = connected_regions(values > high)
        depth = ~values if values.dtype.kind == "u" else -values.astype(np.float32)
        watershed: Any = segmentation.watershed
        return Pieces(watershed(depth, seeds.astype(np.int32), mask=values > low))

    def accepted(
        self, objects: Objects, parameters: SeededWatershedPostProcessorParameters
    ) -> NDArray[np.bool_]:
        return objects.sizes >= parameters.min_size

    def context(
        self, parameters: SeededWatershedPostProcessorParameters, voxel_size: Coordinate
    ) -> Coordinate:
        reach = int(np.ceil(FILTER_REACH * parameters.sigma))
        return in_voxels(parameters.context, voxel_size) + reach

    def shell(
        self, parameters: SeededWatershedPostProcessorParameters, dims: int
    ) -> Coordinate:
        return Coordinate((1,) * dims)

    def bytes_per_voxel(self, num_channels: int) -> int:
        # the queue of the watershed takes most
        return num_channels * 8 + 96
