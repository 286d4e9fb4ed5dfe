"""How much room the results of a run take, told before it is trained."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from ._checkpoints import NUM_LATEST_KEPT
from ._cost import Disk

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from napari_dacapo.arrays import Array

    from .run import Run

_FLOAT = 4


def disk_use(run: Run) -> Disk:
    """Return what the results of `run`, of which iterations were made, will take."""
    state = (
        run.model.state_dict(),
        run.optimizer.state_dict(),
        run.trainer.state_dict(),
    )
    pairs, best, every = validation_pairs(run), _num_best(run), run.config.keep_every
    checkpoints = NUM_LATEST_KEPT + best
    checkpoints += 0 if every is None else run.train_until // every
    inputs = sum(map(_array_bytes, itertools.chain(*pairs)))
    results = sum(_result_bytes(run, gt) for _, gt in pairs)
    return Disk(
        checkpoints=checkpoints * tensor_bytes(state),
        snapshots=_num_snapshots(run) * _snapshot_bytes(run),
        validation=inputs + results * min(best + 1, num_validations(run)),
    )


def validation_pairs(run: Run) -> list[tuple[Array, Array]]:
    """Return raw data and ground truth on which `run` is validated."""
    return [(d.raw, d.gt) for d in run.datasplit.validate if d.gt is not None]


def num_validations(run: Run) -> int:
    """Return how often `run` is validated until its end."""
    if not validation_pairs(run):
        return 0
    return math.ceil(run.train_until / run.validation_interval)


def _num_best(run: Run) -> int:
    """Return how many iterations may be best by some criterion, at most."""
    number = num_validations(run)
    if not number:
        return 0
    evaluator = run.task.evaluator
    criteria = sum(map(evaluator.store_best, evaluator.score.criteria))
    return min(number, criteria * len(validation_pairs(run)))


def tensor_bytes(state: Any) -> int:
    """Return the bytes of all tensors in nested containers, each counted once."""
    found = {t.data_ptr(): t.nbytes for t in _tensors(state)}
    return sum(found.values())


def _tensors(state: Any) -> Iterator[torch.Tensor]:
    import torch

    if isinstance(state, torch.Tensor):
        yield state
    elif isinstance(state, dict):
        for member in state.values():
            yield from _tensors(member)
    elif isinstance(state, (list, tuple)):
        for member in state:
            yield from _tensors(member)


def _num_snapshots(run: Run) -> int:
    interval = getattr(run.trainer, "snapshot_iteration", None)
    return 0 if interval is None else math.ceil(run.train_until / interval)


def _snapshot_bytes(run: Run) -> int:
    """Return the size of raw, gt, target, weight, mask, prediction and gradients."""
    model = run.model
    raw = model.num_in_channels * math.prod(model.input_shape.as_integers()) * _FLOAT
    output = math.prod(model.output_shape.as_integers())
    gt = run.datasplit.train[0].gt
    truth = 1 if gt is None else _voxel_bytes(gt)
    # prediction, gradients, target and weight have the same channels; a mask has one
    return raw + output * (4 * model.num_out_channels * _FLOAT + truth + 1)


def _result_bytes(run: Run, gt: Array) -> int:
    """Return the size of prediction and segmentations of one validation.

    Segmentations, one per set of parameters, hold up to eight bytes per voxel, but are
    compressed to less than one.
    """
    segmentations = len(list(run.task.post_processor.enumerate_parameters()))
    return math.prod(gt.shape) * (run.model.num_out_channels + segmentations)


def _array_bytes(array: Array) -> int:
    return math.prod(array.shape) * _voxel_bytes(array)


def _voxel_bytes(array: Array) -> int:
    return array.dtype.itemsize * (array.num_channels or 1)
