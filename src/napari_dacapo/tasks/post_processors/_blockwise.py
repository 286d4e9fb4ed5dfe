"""What the post-processors share: the stored prediction, its blocks and the output."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.blockwise import BlockGrid, fitting_block_shape, run_blocks
from napari_dacapo.errors import RunError
from napari_dacapo.geometry import Coordinate

from .base import PostProcessor
from .storage import SIGNED_RANGE, ValueRange, stored_value_range

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.arrays.zarr_array import ZarrArray
    from napari_dacapo.blockwise import Block, Progress
    from napari_dacapo.geometry import Roi

#: chunk edge in voxels assumed for predictions that are not stored in chunks
ASSUMED_CHUNK = 64


class StoredPredictionPostProcessor(PostProcessor):
    """Base of the post-processors that read a stored prediction.

    Attributes
    ----------
    prediction_array_identifier : LocalArrayIdentifier or None
        What `set_prediction` was called with.
    default_value_range : (low, high)
        Range of float predictions that do not state their own (class attribute).
    """

    default_value_range: ClassVar[ValueRange] = SIGNED_RANGE
    prediction_array_identifier: LocalArrayIdentifier | None = None
    _prediction: Array | None = None

    def set_prediction(self, prediction_array_identifier: LocalArrayIdentifier) -> None:
        from napari_dacapo.arrays.zarr_array import ZarrArray

        self.prediction_array_identifier = prediction_array_identifier
        self._prediction = ZarrArray.open_from_array_identifier(
            prediction_array_identifier
        )

    @abstractmethod
    def process_block(
        self,
        prediction: NDArray[Any],
        parameters: Any,
        value_range: ValueRange | None = None,
    ) -> NDArray[Any]:
        """Return the segmentation of a prediction in memory.

        A pure function: it depends on its arguments and the post-processor's
        construction only, and is as good for a slice on the screen as for a volume.

        Parameters
        ----------
        prediction : ndarray
            Shape ``(channel, *space)``, as stored (uint8, uint16 or float).
        parameters : PostProcessorParameters
            What to compute.
        value_range : (low, high), optional
            Range of float predictions, by default `default_value_range`.
        """

    @property
    def prediction(self) -> Array:
        """The stored prediction.

        Raises
        ------
        RunError
            If `set_prediction` has not been called.
        """
        if self._prediction is None:
            raise RunError(
                f"{type(self).__name__} has no prediction to work on; call "
                "set_prediction first"
            )
        return self._prediction

    @property
    def value_range(self) -> ValueRange:
        """Range of the stored prediction's values if they are floats."""
        return stored_value_range(self.prediction, self.default_value_range)

    def _read(self, roi: Roi) -> NDArray[Any]:
        """Return the prediction in `roi` (world units) with its channel axis."""
        values: NDArray[Any] = self.prediction[roi]
        return values if CHANNEL_AXIS in self.prediction.axes else values[np.newaxis]

    def _chunk_shape(self) -> Coordinate:
        dims = self.prediction.dims
        chunks = getattr(self.prediction.data, "chunks", None)
        return Coordinate(chunks[-dims:] if chunks else (ASSUMED_CHUNK,) * dims)

    def _block_shape(
        self, block_size: Any, chunk_size: Any, bytes_per_voxel: float
    ) -> Coordinate:
        asked = block_size if block_size is not None else chunk_size
        if asked is None:
            return fitting_block_shape(
                self.prediction.shape, self._chunk_shape(), bytes_per_voxel
            )
        # 3D block sizes are common defaults: 2D data take the last axes
        return Coordinate(Coordinate(asked)[-self.prediction.dims :])

    def _create_output(
        self,
        identifier: LocalArrayIdentifier,
        dtype: np.dtype[Any],
        num_channels: int | None = None,
    ) -> ZarrArray:
        from napari_dacapo.arrays.zarr_array import ZarrArray

        prediction = self.prediction
        several = num_channels is not None and num_channels > 1
        return ZarrArray.create_from_array_identifier(
            identifier,
            [*([CHANNEL_AXIS] if several else []), *prediction.spatial_axes],
            prediction.roi,
            num_channels if several else None,
            prediction.voxel_size,
            dtype,
            write_size=self._chunk_shape() * prediction.voxel_size,
            overwrite=True,
        )


class PointwisePostProcessor(StoredPredictionPostProcessor):
    """Base of the post-processors that treat every voxel by itself."""

    @abstractmethod
    def output_channels(self, num_channels: int) -> int | None:
        """Return how many channels come out of `num_channels`, `None` for no axis."""

    @abstractmethod
    def output_dtype(self, num_channels: int) -> np.dtype[Any]:
        """Return the type of the segmentation of a prediction with `num_channels`."""

    def process(
        self,
        parameters: Any,
        output_array_identifier: LocalArrayIdentifier,
        num_workers: int = 16,
        block_size: Any = None,
        chunk_size: Any = None,
        progress: Progress | None = None,
    ) -> Array:
        prediction, value_range = self.prediction, self.value_range
        channels = prediction.num_channels or 1
        output_channels = self.output_channels(channels)
        output = self._create_output(
            output_array_identifier, self.output_dtype(channels), output_channels
        )
        # the prediction, the result, and one more of each on the way
        bytes_per_voxel = 2 * channels * (prediction.dtype.itemsize + 1)
        shape = self._block_shape(block_size, chunk_size, bytes_per_voxel)
        none = Coordinate((0,) * prediction.dims)
        grid = BlockGrid(prediction.roi, shape * prediction.voxel_size, none, none)
        drop_axis = output_channels == 1

        def process(block: Block) -> None:
            values = self._read(block.write_roi)
            result = self.process_block(values, parameters, value_range)
            output[block.write_roi] = result[0] if drop_axis else result

        run_blocks(grid, process, progress=progress)
        return output
