"""What the post-processors share that find objects: blocks, stitching, filters."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np

from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.blockwise import (
    BlockGrid,
    Objects,
    Pieces,
    Stitcher,
    memory_budget,
    relabel,
)
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

from ._blockwise import StoredPredictionPostProcessor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.arrays.zarr_array import ZarrArray
    from napari_dacapo.blockwise import Progress
    from napari_dacapo.blockwise.stitching import LabelStore

    from .storage import ValueRange

LABEL_DTYPE = np.dtype(np.uint64)
#: how many standard deviations the Gaussian filter reaches
FILTER_REACH = 4


class ObjectPostProcessor(StoredPredictionPostProcessor):
    """Base of the post-processors whose result is a label volume of objects.

    Objects of large volumes are found block by block and joined where blocks meet.
    """

    minimum_overlap: ClassVar[float] = 0.5

    @abstractmethod
    def pieces(
        self, prediction: NDArray[Any], parameters: Any, value_range: ValueRange
    ) -> Pieces:
        """Return the objects of a prediction with channel axis, before any filter."""

    @abstractmethod
    def accepted(self, objects: Objects, parameters: Any) -> NDArray[np.bool_]:
        """Return which objects stay."""

    @abstractmethod
    def context(self, parameters: Any, voxel_size: Coordinate) -> Coordinate:
        """Return how many voxels blocks read beyond what they write."""

    @abstractmethod
    def shell(self, parameters: Any, dims: int) -> Coordinate:
        """Return how many voxels around a block decide what is joined."""

    @abstractmethod
    def bytes_per_voxel(self, num_channels: int) -> int:
        """Return the working memory that one voxel of a block needs."""

    def process_block(
        self,
        prediction: NDArray[Any],
        parameters: Any,
        value_range: ValueRange | None = None,
    ) -> NDArray[np.uint64]:
        """Return consecutive labels (uint64, 0 is background), spatial axes only.

        The same as `process` gives for a volume of one block; see the base class for
        the arguments.
        """
        found = self.pieces(
            prediction, parameters, value_range or self.default_value_range
        )
        dims = found.labels.ndim
        zero = Coordinate((0,) * dims)
        store = _empty_store(found.labels.shape)
        grid = BlockGrid(store.roi, store.roi.shape, zero, zero)
        objects = Stitcher(grid, store, zero, 0).label(lambda _: found)
        names = objects.names(self.accepted(objects, parameters))
        labels: NDArray[np.uint64] = names[store.data]
        return labels

    def process(
        self,
        parameters: Any,
        output_array_identifier: LocalArrayIdentifier,
        num_workers: int = 16,
        block_size: Any = None,
        chunk_size: Any = None,
        progress: Progress | None = None,
    ) -> Array:
        output = self._create_output(output_array_identifier, LABEL_DTYPE)
        store = self._store(output)
        shape = self._block_shape(
            block_size,
            chunk_size,
            self.bytes_per_voxel(self.prediction.num_channels or 1),
        )
        grid = self._grid(parameters, shape)
        objects = self._find(parameters, grid, store, progress)
        names = objects.names(self.accepted(objects, parameters))
        relabel(without_context(grid), store, output, names)
        return output

    def _find(
        self,
        parameters: Any,
        grid: BlockGrid,
        store: LabelStore,
        progress: Progress | None,
    ) -> Objects:
        value_range = self.value_range

        def segment(roi: Roi) -> Pieces:
            return self.pieces(self._read(roi), parameters, value_range)

        return self._stitcher(parameters, grid, store).label(segment, progress)

    def _stitcher(
        self, parameters: Any, grid: BlockGrid, store: LabelStore
    ) -> Stitcher:
        shell = self.shell(parameters, self.prediction.dims)
        return Stitcher(
            grid, store, shell * self.prediction.voxel_size, self.minimum_overlap
        )

    def _grid(self, parameters: Any, block_shape: Coordinate) -> BlockGrid:
        prediction = self.prediction
        voxel_size = prediction.voxel_size
        shell = self.shell(parameters, prediction.dims)
        wanted = self.context(parameters, voxel_size)
        context = Coordinate(map(max, wanted, shell)) * voxel_size
        return BlockGrid(
            prediction.roi, block_shape * voxel_size, context, context, prediction.roi
        )

    def _store(self, output: ZarrArray) -> LabelStore:
        """Return where preliminary labels go: memory, or the output if it is large."""
        prediction = self.prediction
        if math.prod(prediction.shape) * LABEL_DTYPE.itemsize > memory_budget() / 2:
            return output
        return NumpyArray.from_np_array(
            np.zeros(prediction.shape, LABEL_DTYPE),
            prediction.roi,
            prediction.voxel_size,
            prediction.spatial_axes,
        )


def _empty_store(shape: tuple[int, ...]) -> NumpyArray:
    ones, zeros = (1,) * len(shape), (0,) * len(shape)
    axes = "zyx"[-len(shape) :]
    return NumpyArray.from_np_array(
        np.zeros(shape, LABEL_DTYPE), Roi(zeros, shape), ones, axes
    )


def without_context(grid: BlockGrid) -> BlockGrid:
    """Return the blocks of `grid` that read only what they write."""
    none = Coordinate((0,) * grid.block_shape.dims)
    return attrs.evolve(grid, context_low=none, context_high=none)


def in_voxels(context: Coordinate, voxel_size: Coordinate) -> Coordinate:
    """Return a length in world units in whole voxels, rounded up.

    Of more components than axes (3D parameters with 2D data) the last ones count.
    """
    return Coordinate(context[-voxel_size.dims :]).ceil_division(voxel_size)


def selected_channel(prediction: NDArray[Any], channel: int) -> NDArray[Any]:
    """Return one channel of a prediction.

    Raises
    ------
    DataError
        If there are fewer channels.
    """
    if channel >= len(prediction):
        raise DataError(
            f"channel {channel} was asked for, but the prediction has only "
            f"{len(prediction)}, counted from 0"
        )
    selected: NDArray[Any] = prediction[channel]
    return selected


def smoothed(values: NDArray[Any], sigma: float) -> NDArray[Any]:
    """Return floats after a Gaussian filter of width `sigma` voxels."""
    from scipy import ndimage

    smooth: NDArray[Any] = ndimage.gaussian_filter(values, sigma, truncate=FILTER_REACH)
    return smooth
