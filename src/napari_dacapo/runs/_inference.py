"""Block-wise application of a model to an array of any size."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.arrays.base import CHANNEL_AXIS, Array
from napari_dacapo.blockwise import Block, iter_blocks
from napari_dacapo.errors import DataError
from napari_dacapo.events import BlockDone
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.tasks.post_processors.storage import (
    SIGNED_RANGE,
    UNIT_RANGE,
    VALUE_RANGE_ATTRIBUTE,
    ValueRange,
    to_uint8,
)

from ._block_order import BlockQueue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    import torch
    from numpy.typing import NDArray

    from napari_dacapo.arrays import ZarrArray
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.nn.model import Model
    from napari_dacapo.nn.precision import Precision

    from ._done_blocks import DoneBlocks
    from .control import RunControl
    from .run import Run

#: input voxels that a block is enlarged to where the network allows it
TARGET_BLOCK_VOXELS = 2**20


def read_padded(array: Array, roi: Roi) -> NDArray[Any]:
    """Read `roi`, with zeros where it leaves the array."""
    inside = roi.intersect(array.roi)
    if inside == roi:
        return array[roi]
    shape = (roi.shape / array.voxel_size).as_integers()
    leading = () if array.num_channels is None else (array.num_channels,)
    padded = np.zeros((*leading, *shape), array.dtype)
    if not inside.empty:
        target = ((inside - roi.offset) / array.voxel_size).to_slices()
        whole = (slice(None),) * len(leading)
        padded[whole + target] = array[inside]
    return padded


@attrs.frozen
class BlockGeometry:
    """What a model predicts when it is given one block of input.

    Lengths in world units. The output of the network begins `result_begin` after its
    input; of it `output_size`, which begins `context` after the input, does not depend
    on padding inside the network. Both are snapped down to the voxel grid of the input.
    """

    input_size: Coordinate
    output_size: Coordinate
    output_voxel_size: Coordinate
    result_begin: Coordinate
    context: Coordinate

    @classmethod
    def of(
        cls, model: Model, voxel_size: Coordinate, input_shape: Coordinate
    ) -> BlockGeometry:
        """Return the geometry for raw data of `voxel_size`, `input_shape` in voxels."""
        _, result_shape = model.compute_output_shape(input_shape)
        output_voxel_size = Coordinate(model.scale(voxel_size))
        margin = voxel_size * model.architecture.margin
        input_size = voxel_size * input_shape
        result_size = output_voxel_size * result_shape
        begin = ((input_size - result_size) / 2).floor_division(voxel_size) * voxel_size
        return cls(
            input_size,
            result_size - margin * 2,
            output_voxel_size,
            begin,
            begin + margin,
        )

    @property
    def upper_context(self) -> Coordinate:
        """By how much the input exceeds the output on the upper side."""
        return self.input_size - self.output_size - self.context

    def seen_roi(self, roi: Roi) -> Roi:
        """Return what the network looks at in order to predict `roi`."""
        return roi.grow(self.context, self.upper_context)

    def valid_roi(self, raw_roi: Roi) -> Roi:
        """Return where a network without padding has all the input that it needs.

        For a network that pads this is everything. Lies on the output voxel grid that
        starts at the corner of `raw_roi`.
        """
        margin = self.context - self.result_begin
        upper = self.upper_context - margin
        inner = raw_roi.grow(-self.result_begin, -upper)
        grid = self.output_voxel_size
        return inner.snap_to_grid(grid, "shrink", origin=raw_roi.offset)


class BlockPredictor:
    """Applies a model to an array, one block after the other.

    Parameters
    ----------
    model : Model
        On `device`; put into evaluation mode while predicting and back afterwards.
    raw : Array
        Normalised input, float32; zeros are used beyond its border.
    device : torch.device
        Where the model is.
    roi : Roi, optional
        What to predict, snapped to the output voxel grid; by default everything that
        needs nothing beyond the border of `raw`.
    precision : Precision, optional
        In which numbers and layout to compute; by default float32, contiguous.

    Raises
    ------
    DataError
        If `raw` is too small for the network and no `roi` is given.
    """

    def __init__(
        self,
        model: Model,
        raw: Array,
        device: torch.device,
        roi: Roi | None = None,
        precision: Precision | None = None,
    ) -> None:
        from napari_dacapo.nn.precision import PLAIN

        self.model, self.raw, self.device = model, raw, device
        self._precision = precision or PLAIN
        shape = Coordinate(model.eval_input_shape)
        self.geometry = BlockGeometry.of(
            model, raw.voxel_size, shape + model.architecture.margin * 2
        )
        if roi is None:
            roi = self.geometry.valid_roi(raw.roi)
            if roi.empty:
                raise DataError(
                    f"the volume ({raw.roi.shape} nm) is smaller than what the network "
                    f"looks at ({self.geometry.input_size} nm); predict with padding, "
                    "or train a network with a smaller input_shape"
                )
        grid = self.geometry.output_voxel_size
        self.roi = roi.snap_to_grid(grid, origin=raw.roi.offset)
        wanted = self.geometry.seen_roi(self.roi).shape.ceil_division(raw.voxel_size)
        shape = model.architecture.enlarged_input_shape(wanted, TARGET_BLOCK_VOXELS)
        self.geometry = BlockGeometry.of(model, raw.voxel_size, shape)

    @classmethod
    def of_run(
        cls, run: Run, raw: Array, device: torch.device, roi: Roi | None = None
    ) -> BlockPredictor:
        """Return the predictor of the weights that `run` has now."""
        from napari_dacapo.nn.precision import prediction_precision

        precision = prediction_precision(run.trainer.precision_on(device), device)
        return cls(run.model, raw, device, roi, precision)

    @property
    def value_range(self) -> ValueRange:
        """Lowest and highest value that is told apart in an integer prediction."""
        activation = self.model.eval_activation
        if activation is None:
            return SIGNED_RANGE
        return getattr(activation, "value_range", UNIT_RANGE)

    @property
    def block_shape(self) -> Coordinate:
        """Output voxels per block."""
        geometry = self.geometry
        return (geometry.output_size / geometry.output_voxel_size).floor_division(1)

    def create_output(self, target: LocalArrayIdentifier, dtype: str) -> ZarrArray:
        """Create the OME-Zarr image around `target` that takes the prediction.

        A single output channel is stored without channel axis. The attribute
        ``value_range`` says which values the extremes of an integer type stand for.
        """
        from napari_dacapo.arrays._ome_zarr import create_image

        channels = self.model.num_out_channels
        spatial = self.raw.spatial_axes
        whole = (self.roi.shape / self.geometry.output_voxel_size).as_integers()
        chunks = map(min, self.block_shape.as_integers(), whole)
        return create_image(
            target.container,
            target.dataset.removesuffix("/s0"),
            axes=spatial if channels == 1 else [CHANNEL_AXIS, *spatial],
            roi=self.roi,
            voxel_size=self.geometry.output_voxel_size,
            num_channels=None if channels == 1 else channels,
            dtype=dtype,
            chunk_shape=tuple(chunks),
            overwrite=True,
            attributes={VALUE_RANGE_ATTRIBUTE: list(self.value_range)},
        )

    @property
    def blocks(self) -> list[Block]:
        """The blocks of the whole prediction, in C order."""
        size = self.block_shape * self.geometry.output_voxel_size
        return list(iter_blocks(self.roi, size))

    def run(
        self, output: ZarrArray, control: RunControl, record: DoneBlocks | None = None
    ) -> Iterator[BlockDone]:
        """Predict into `output`, yielding after each block that is written.

        Reading ahead and writing behind go on while the network computes. Blocks near
        the focus of `control` come first.

        Parameters
        ----------
        output : ZarrArray
            Made by `create_output`.
        control : RunControl
            Stops; says where the user looks.
        record : DoneBlocks, optional
            Says which blocks are wanted; those in it are left out, and every finished
            one is added to it.

        Raises
        ------
        StopRequestedError
            If `control` asks for a stop; blocks yielded until then are complete.
        """
        blocks = self.blocks if record is None else record.blocks_of(self.blocks)
        finished = record.finished if record is not None else ()
        was_training = self.model.training
        self.model.eval()
        try:
            with ThreadPoolExecutor(2, "predict-io") as pool:
                queue = BlockQueue(blocks, finished)
                done = itertools.count(len(blocks) - len(queue) + 1)
                for block in self._run(queue, output, control, pool):
                    if record is not None:
                        record.add(block.number)
                    yield BlockDone("predict", next(done), len(blocks), block.write_roi)
        finally:
            self.model.train(was_training)

    def _run(
        self,
        queue: BlockQueue,
        output: ZarrArray,
        control: RunControl,
        pool: ThreadPoolExecutor,
    ) -> Iterator[Block]:
        block = queue.take(control.focus)
        reading = None if block is None else pool.submit(self._read, block)
        written: tuple[Block, Future[None]] | None = None
        while block is not None and reading is not None:
            control.check()
            data = reading.result()
            following = queue.take(control.focus)
            reading = None if following is None else pool.submit(self._read, following)
            values = self._forward(data, block, output.dtype)
            if written is not None:
                written[1].result()
                yield written[0]
            writing = pool.submit(output.__setitem__, block.write_roi, values)
            written = block, writing
            block = following
        if written is not None:
            written[1].result()
            yield written[0]

    def _input_roi(self, block: Block) -> Roi:
        offset = block.write_roi.offset - self.geometry.context - self.raw.roi.offset
        on_grid = offset.floor_division(self.raw.voxel_size) * self.raw.voxel_size
        return Roi(on_grid + self.raw.roi.offset, self.geometry.input_size)

    def _read(self, block: Block) -> NDArray[Any]:
        data = read_padded(self.raw, self._input_roi(block))
        return data if CHANNEL_AXIS in self.raw.axes else data[np.newaxis]

    def _forward(
        self, data: NDArray[Any], block: Block, dtype: np.dtype[Any]
    ) -> NDArray[Any]:
        import torch

        batch = torch.from_numpy(np.ascontiguousarray(data, np.float32))[None]
        layout = self._precision.memory_format(batch.ndim - 2)
        batch = batch.to(self.device).contiguous(memory_format=layout)
        with torch.inference_mode(), self._precision.autocast(self.device):
            values = self.model(batch)[0]  # never across a yield: it is thread-wide
        result: NDArray[Any] = values.float().cpu().numpy()
        voxel = self.geometry.output_voxel_size
        begin = self._input_roi(block).offset + self.geometry.result_begin
        window = Roi(
            (block.write_roi.offset - begin) / voxel, block.write_roi.shape / voxel
        )
        result = result[:, *window.to_slices()]
        if self.model.num_out_channels == 1:
            result = result[0]
        if dtype == np.uint8:
            return to_uint8(result, sigmoid=self.value_range == UNIT_RANGE)
        return result.astype(dtype)
