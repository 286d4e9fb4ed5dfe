"""Batches of weighted training samples, made ahead in the background."""

from __future__ import annotations

import copy
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.geometry import Coordinate, Roi

from ._loading import Prefetcher, try_twice
from ._samples import TrainingSample, weigh

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from napari_dacapo.tasks.predictors import Predictor

    from ._samples import SampleMaker

logger = logging.getLogger(__name__)

#: batches that wait ready made
_AHEAD = 2
#: samples that wait or are being made take about this much memory, at most
_BYTES_AHEAD = 2**29


@dataclass(frozen=True)
class Batch:
    """Tensors ``(batch, channel, *space)`` and what belongs to them.

    `raw`, `target` and `weight` are float32; all but `raw` cover the network output.
    The boxes are those of the first sample; `class_counts` are the running counts
    after this batch.
    """

    raw: Tensor
    gt: Tensor
    target: Tensor
    weight: Tensor
    mask: Tensor
    raw_roi: Roi
    target_roi: Roi
    spatial_axes: list[str]
    class_counts: Any

    def split(self, number: int) -> list[Batch]:
        """Return views of up to `number` portions, as equal as possible."""
        number = min(number, len(self.raw))
        names = ("raw", "gt", "target", "weight", "mask")
        parts = [getattr(self, name).tensor_split(number) for name in names]
        return [
            replace(self, **dict(zip(names, portion, strict=True)))
            for portion in zip(*parts, strict=True)
        ]

    def arrays(self) -> tuple[NumpyArray, ...]:
        """Return raw, gt, target, weight and mask, axes ``b c`` + spatial."""
        axes = ["b", "c", *self.spatial_axes]
        parts = (self.raw, self.gt, self.target, self.weight, self.mask)
        rois = (self.raw_roi, *[self.target_roi] * 4)
        return tuple(
            NumpyArray.from_np_array(
                part.numpy(), roi, roi.shape / Coordinate(part.shape[2:]), axes
            )
            for part, roi in zip(parts, rois, strict=True)
        )


class BatchMaker:
    """Weighs samples in order and stacks them.

    Parameters
    ----------
    take : callable
        Returns the next sample.
    predictor : Predictor
        Makes the weights.
    batch_size : int
        Samples per batch.
    class_counts : nested lists of numbers, optional
        Running class counts to start from.
    warn : callable, optional
        Is told of failures that a second attempt mended.
    """

    def __init__(
        self,
        take: Callable[[], TrainingSample],
        predictor: Predictor,
        batch_size: int,
        class_counts: Any = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._take, self._predictor = take, predictor
        self._batch_size, self._counts = batch_size, class_counts
        self._warn = warn or logger.warning

    def make(self, index: int) -> Batch:
        """Return the next batch; `index` is only there for the prefetcher."""
        samples = [self._take() for _ in range(self._batch_size)]
        parts = [self._parts(sample) for sample in samples]
        raw, gt, target, weight, mask = map(_stack, zip(*parts, strict=True))
        return Batch(
            raw,
            gt,
            target.float(),
            weight.float(),
            mask,
            samples[0].raw.roi,
            samples[0].target_roi,
            samples[0].raw.spatial_axes,
            copy.deepcopy(self._counts),
        )

    def _parts(self, sample: TrainingSample) -> tuple[NDArray[Any], ...]:
        weight, self._counts = try_twice(
            lambda: weigh(sample, self._predictor, self._counts),
            "the loss weight of a training sample",
            self._warn,
        )
        roi = sample.target_roi
        gt = sample.gt[roi]
        if gt.dtype == np.uint64:  # torch knows it, but can do nothing with it
            gt = gt.view(np.int64)
        raw = sample.raw.data
        return raw, gt, sample.target[roi], weight[roi], sample.mask[roi]


def _stack(values: Sequence[NDArray[Any]]) -> Tensor:
    import torch

    return torch.from_numpy(np.stack(values))


class BatchProvider:
    """Hands out batches in order; the same ones whatever the number of workers.

    Parameters
    ----------
    maker : SampleMaker
        Makes the samples, in `workers` threads or fewer if samples are huge.
    predictor : Predictor
        Makes the weights, in one more thread and in order, as class balancing counts
        all samples before.
    batch_size : int
        Samples per batch.
    workers : int
        0 makes each batch when it is asked for.
    first_batch : int
        Number of the first batch.
    class_counts : nested lists of numbers, optional
        Running class counts of the batches before.
    warn : callable
        Is told, from the loader threads, of failures that a second attempt mended.
    """

    def __init__(
        self,
        maker: SampleMaker,
        predictor: Predictor,
        *,
        batch_size: int,
        workers: int,
        first_batch: int = 0,
        class_counts: Any = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        warn = warn or logger.warning
        room = max(1, _BYTES_AHEAD // maker.sample_bytes)
        self._samples = Prefetcher(
            maker.make,
            start=first_batch * batch_size,
            workers=min(workers, room),
            ahead=min(workers + batch_size, room),
            warn=warn,
        )
        batch_maker = BatchMaker(
            self._samples.take, predictor, batch_size, class_counts, warn
        )
        self._batches = Prefetcher(
            batch_maker.make,
            start=first_batch,
            workers=min(workers, 1),
            ahead=_AHEAD,
            name="napari-dacapo-batches",
            repeatable=False,  # weights depend on the samples before
        )
        self._batches.start()

    def take(self) -> Batch:
        """Return the next batch, waiting for it if need be."""
        return self._batches.take()

    def close(self) -> None:
        """Stop all threads; safe to call twice."""
        self._batches.cancel()
        self._samples.close()
        self._batches.close()
