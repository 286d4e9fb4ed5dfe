"""Training samples by number: crop, augments, target."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate

from ._dataset_source import DatasetSource
from ._sources import MemoryBudget
from .sampling import CropSizes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array
    from napari_dacapo.datasplits.datasets import Dataset
    from napari_dacapo.geometry import Roi
    from napari_dacapo.nn.model import Model
    from napari_dacapo.tasks.predictors import Predictor

    from .augments.base import Augment, Sample, SampleRequest


#: voxel sizes that differ by less than this factor are the same to a network
_SIMILAR = 1.25


@dataclass(frozen=True)
class TrainingSample:
    """One sample, augmented, with its target but without weight.

    `raw` covers the network input, `target_roi` is the network output; `gt` and `mask`
    cover the ground truth needed to make the target of it, `target` this or less.
    """

    raw: NumpyArray
    gt: NumpyArray
    target: NumpyArray
    mask: NumpyArray
    target_roi: Roi


class SampleMaker:
    """Makes training samples; number `i` depends on the seed and `i` only.

    Parameters
    ----------
    sources : sequence of DatasetSource
        One per dataset, drawn from in proportion to their weights.
    augments : sequence of Augment
        Applied in this order.
    predictor : Predictor
        Makes the targets.
    seed : int
        Of the run.
    """

    def __init__(
        self,
        sources: Sequence[DatasetSource],
        augments: Sequence[Augment],
        predictor: Predictor,
        seed: int,
    ) -> None:
        self._sources, self._augments = sources, augments
        self._predictor, self._seed = predictor, seed
        weights = np.array([source.weight for source in sources])
        self._probabilities = weights / weights.sum()

    def with_augments(self, augments: Sequence[Augment], seed: int) -> SampleMaker:
        """Return a maker that draws from the same opened data, with other augments."""
        return SampleMaker(self._sources, augments, self._predictor, seed)

    @property
    def sample_bytes(self) -> int:
        """About how much memory a sample takes: raw, labels, mask and target."""
        return max(_sample_bytes(source.sizes) for source in self._sources)

    def make(self, index: int) -> TrainingSample:
        """Return sample number `index`; may run in several threads at once."""
        import torch

        # the augments have a stream of their own: the same crops are seen without them
        places, changes = np.random.SeedSequence((self._seed, index)).spawn(2)
        generator = np.random.default_rng(places)
        number = generator.choice(len(self._sources), p=self._probabilities)
        source = self._sources[int(number)]
        offset = source.draw(generator)
        request = source.sizes.request(offset)
        torch_generator = torch.Generator().manual_seed(
            int(changes.generate_state(1, np.uint64)[0] >> np.uint64(1))
        )
        sample = self._load(source, request, torch_generator)
        roi = source.sizes.target_roi(offset)
        return self._with_target(source, request, sample, roi)

    def preview(self, index: int) -> dict[str, NumpyArray]:
        """Return raw, gt, target, weight and mask of sample number `index`.

        All but raw are cut to the network output.
        """
        sample = self.make(index)
        roi = sample.target_roi
        weight = weigh(sample, self._predictor, None)[0]
        parts = {"gt": sample.gt, "target": sample.target, "weight": weight}
        parts["mask"] = sample.mask
        arrays = {
            name: NumpyArray.from_np_array(part[roi], roi, part.voxel_size, part.axes)
            for name, part in parts.items()
        }
        return {"raw": sample.raw, **arrays}

    def _load(
        self, source: DatasetSource, request: SampleRequest, generator: torch.Generator
    ) -> Sample:
        transforms = []
        for augment in reversed(self._augments):
            request, transform = augment.plan(request, generator)
            transforms.append(transform)
        sample = source.load(request)
        for transform in reversed(transforms):
            sample = transform(sample)
        return sample

    def _with_target(
        self, source: DatasetSource, request: SampleRequest, sample: Sample, roi: Roi
    ) -> TrainingSample:
        def array(values: NDArray[Any], roi: Roi, voxel_size: Any) -> NumpyArray:
            return NumpyArray.from_np_array(values, roi, voxel_size, source.axes)

        labels = source.restore_labels(sample.gt.contiguous().numpy())
        gt = array(labels, request.gt_roi, request.gt_voxel_size)
        return TrainingSample(
            array(sample.raw.numpy(), request.raw_roi, request.raw_voxel_size),
            gt,
            _in_memory(self._predictor.create_target(gt, roi)),
            array(sample.mask.numpy(), request.gt_roi, request.gt_voxel_size),
            roi,
        )


def _sample_bytes(sizes: CropSizes) -> int:
    request = sizes.request(Coordinate((0,) * sizes.context.dims))
    raw = math.prod((request.raw_roi.shape / request.raw_voxel_size).as_integers())
    gt = math.prod((request.gt_roi.shape / request.gt_voxel_size).as_integers())
    return 4 * raw * sizes.raw_channels + 13 * gt


def _in_memory(array: Array) -> NumpyArray:
    return NumpyArray.from_np_array(
        array[array.roi], array.roi, array.voxel_size, array.axes
    )


def create_sample_maker(  # noqa: PLR0913
    datasets: Sequence[Dataset],
    model: Model,
    predictor: Predictor,
    *,
    augments: Sequence[Augment] = (),
    seed: int = 0,
    budget: MemoryBudget | None = None,
    min_masked: float = 0,
    clip_raw: bool = False,
    block: int = 4,
    warn: Callable[[str], None],
) -> SampleMaker:
    """Check that `datasets` fit together and to `model`; return their sample maker.

    Parameters
    ----------
    datasets : sequence of Dataset
        With ground truth. Each is seen at its own voxel size: crops have the same
        number of voxels everywhere. `warn` is told if voxel sizes are very different.
    model : Model
        Only its sizes are used.
    predictor : Predictor
        Makes the targets.
    augments, seed
        As for `SampleMaker`.
    budget : MemoryBudget, optional
        For volumes that are read into memory.
    min_masked, clip_raw, block, warn
        As for `DatasetSource`.

    Raises
    ------
    DataError
        If a dataset cannot be used; the text names it.
    ConfigError
        If an augment is not meant for such data.
    """
    import torch

    if not datasets:
        raise DataError("there is no dataset to train on; add one to the data split")
    budget = MemoryBudget() if budget is None else budget
    sources = [
        DatasetSource(
            dataset,
            CropSizes.of(model, predictor, dataset.raw.voxel_size),
            budget,
            min_masked=min_masked,
            clip_raw=clip_raw,
            block=block,
            warn=warn,
        )
        for dataset in datasets
    ]
    _compare_voxel_sizes(sources, warn)
    for augment in augments:  # complain of unfit settings now, not in the background
        request = sources[0].sizes.request(sources[0].region.offset)
        augment.plan(request, torch.Generator())
    return SampleMaker(sources, augments, predictor, seed)


def _compare_voxel_sizes(
    sources: Sequence[DatasetSource], warn: Callable[[str], None]
) -> None:
    """Tell of datasets in which the same thing has another size in voxels."""
    first = sources[0]
    for source in sources[1:]:
        one, other = first.sizes.raw_voxel_size, source.sizes.raw_voxel_size
        factors = [float(a / b) for a, b in zip(one, other, strict=True)]
        if max(*factors, *(1 / f for f in factors)) > _SIMILAR:
            warn(
                f"dataset {source.name!r}: raw has voxel size {other}, dataset "
                f"{first.name!r} {one}; the same object is another number of voxels "
                "large in both. If the network is not meant to learn that, bring them "
                "to one voxel size with a ResampledArrayConfig"
            )


def weigh(
    sample: TrainingSample, predictor: Predictor, class_counts: Any
) -> tuple[NumpyArray, Any]:
    """Return the loss weight of `sample`, where its target is, and the new counts."""
    weight, counts = predictor.create_weight(
        sample.gt, sample.target, sample.mask, class_counts
    )
    return _in_memory(weight), counts
