"""Objects are the connected regions where the prediction exceeds a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np

from napari_dacapo._config import config_field
from napari_dacapo.blockwise import Objects, Pieces, Stitcher, relabel
from napari_dacapo.geometry import Coordinate

from ._components import CONNECTIVITIES, OPPOSITE, connected_regions, without_holes
from ._fields import channel_field, min_size_field, threshold_field
from ._stitched import ObjectPostProcessor, selected_channel, without_context
from .base import PostProcessorParameters
from .storage import ValueRange, threshold_for
from .threshold_post_processor import DEFAULT_THRESHOLDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_dacapo.blockwise import BlockGrid, Progress
    from napari_dacapo.blockwise.stitching import LabelStore
    from napari_dacapo.geometry import Roi


@attrs.frozen
class ConnectedComponentsPostProcessorParameters(PostProcessorParameters):
    """Which voxels are foreground and which regions are objects."""

    threshold: float = threshold_field(default=127.0)
    connectivity: str = config_field(
        "What two voxels must share to belong together: faces keeps objects apart that "
        "touch along an edge only, corners joins whatever touches.",
        default="faces",
        choices=tuple(CONNECTIVITIES),
    )
    min_size: int = min_size_field()
    fill_holes: bool = config_field(
        "Fill cavities inside objects that have no way out of the volume.",
        default=False,
        advanced=True,
    )
    channel: int = channel_field()


class ConnectedComponentsPostProcessor(ObjectPostProcessor):
    """Thresholds one channel and labels its connected regions.

    Exact whatever the block size.

    Parameters
    ----------
    thresholds : iterable of float
        What `enumerate_parameters` tries, on the scale 0..255.
    **options
        Other fields of the parameters, such as ``min_size=100``.
    """

    #: both blocks see the same foreground: one common voxel proves the connection
    minimum_overlap: ClassVar[float] = 0

    def __init__(
        self, thresholds: Iterable[float] = DEFAULT_THRESHOLDS, **options: Any
    ) -> None:
        self.thresholds = tuple(thresholds)
        self.options = options

    def enumerate_parameters(
        self,
    ) -> Iterator[ConnectedComponentsPostProcessorParameters]:
        for number, threshold in enumerate(self.thresholds):
            yield ConnectedComponentsPostProcessorParameters(
                id=number, threshold=threshold, **self.options
            )

    def pieces(
        self,
        prediction: NDArray[Any],
        parameters: ConnectedComponentsPostProcessorParameters,
        value_range: ValueRange,
    ) -> Pieces:
        mask = _foreground(prediction, parameters, value_range)
        if parameters.fill_holes:
            mask = without_holes(mask, parameters.connectivity)
        return Pieces(connected_regions(mask, parameters.connectivity))

    def accepted(
        self, objects: Objects, parameters: ConnectedComponentsPostProcessorParameters
    ) -> NDArray[np.bool_]:
        return objects.sizes >= parameters.min_size

    def context(self, parameters: Any, voxel_size: Coordinate) -> Coordinate:
        return self.shell(parameters, voxel_size.dims)

    def shell(self, parameters: Any, dims: int) -> Coordinate:
        return Coordinate((1,) * dims)

    def bytes_per_voxel(self, num_channels: int) -> int:
        return num_channels * 8 + 32

    def _find(
        self,
        parameters: ConnectedComponentsPostProcessorParameters,
        grid: BlockGrid,
        store: LabelStore,
        progress: Progress | None = None,
    ) -> Objects:
        if not parameters.fill_holes or len(grid) == 1:
            return super()._find(parameters, grid, store, progress)
        self._store_filled(parameters, grid, store)

        def segment(roi: Roi) -> Pieces:
            # blocks done before hold labels already, which are not 0 either
            return Pieces(connected_regions(store[roi] != 0, parameters.connectivity))

        return self._stitcher(parameters, grid, store).label(segment, progress)

    def _store_filled(
        self,
        parameters: ConnectedComponentsPostProcessorParameters,
        grid: BlockGrid,
        store: LabelStore,
    ) -> None:
        """Store the foreground with its holes, which may reach over many blocks."""
        value_range, opposite = self.value_range, OPPOSITE[parameters.connectivity]

        def background(roi: Roi) -> Pieces:
            mask = _foreground(self._read(roi), parameters, value_range)
            return Pieces(connected_regions(~mask, opposite))

        stitcher = Stitcher(grid, store, grid.context_low, self.minimum_overlap)
        objects = stitcher.label(background)
        outside = objects.on_border[objects.of_piece]
        outside[0] = False  # 0 is foreground here
        relabel(without_context(grid), store, store, (~outside).astype(np.uint64))


def _foreground(
    prediction: NDArray[Any],
    parameters: ConnectedComponentsPostProcessorParameters,
    value_range: ValueRange,
) -> NDArray[np.bool_]:
    values = selected_channel(prediction, parameters.channel)
    threshold = threshold_for(parameters.threshold, values.dtype, value_range)
    mask: NDArray[np.bool_] = values > threshold
    return mask
