"""A dataset as training sees it: checked, and ready to be sampled."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi, least_common_multiple

from ._annotation import Annotation, FullAnnotation, LazyAnnotation, MaskAnnotation
from ._crop_samplers import create_sampler, restrict_to_points
from ._sources import (
    MASK_BUDGET,
    FullMask,
    LabelReader,
    MaskReader,
    MemoryBudget,
    RawReader,
)
from .augments.base import Sample, SampleRequest
from .sampling import CropGrid, CropSampler, CropSizes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array
    from napari_dacapo.datasplits.datasets import Dataset


class DatasetSource:
    """Chooses crops of one dataset and reads them.

    Parameters
    ----------
    dataset : Dataset
        With ground truth.
    sizes : CropSizes
        Of the crops.
    budget : MemoryBudget
        Loads raw and ground truth into memory if they fit.
    min_masked : float
        Least usable fraction of an output box.
    clip_raw : bool
        Whether raw outside the ground truth is replaced by zeros.
    block : int
        Masks are looked at in blocks of this many places per axis.
    warn : callable
        Called with a text about what the user should know.

    Raises
    ------
    DataError
        If the arrays do not fit together or to the network.
    """

    def __init__(
        self,
        dataset: Dataset,
        sizes: CropSizes,
        budget: MemoryBudget,
        *,
        min_masked: float = 0,
        clip_raw: bool = False,
        block: int = 4,
        warn: Callable[[str], None],
    ) -> None:
        self.name, self.weight = dataset.name, float(dataset.weight)
        self.sizes, self._warn = sizes, warn
        gt = _ground_truth(dataset)
        self.axes = ["c", *gt.spatial_axes]
        _check(dataset, gt, sizes)
        self.region = self._annotated_region(dataset, gt)
        readable = None
        if clip_raw:
            readable = _snapped(gt.roi, dataset.raw.roi.offset, sizes.raw_voxel_size)
        self._gt = LabelReader(budget.load(gt))
        self._raw = self._open_raw(budget.load(dataset.raw), readable)
        self._mask = _open_mask(dataset.mask, self.region, sizes.gt_voxel_size)
        self.sampler = self._create_sampler(dataset, min_masked, block)

    def draw(self, generator: np.random.Generator) -> Coordinate:
        """Return the corner (world units) of the output box of a random crop."""
        return self.sampler.draw(generator)

    def load(self, request: SampleRequest) -> Sample:
        """Read what `request` asks for, zero where there is no data."""
        import torch

        try:
            raw = self._raw.read(request.raw_roi)
            gt = self._gt.read(request.gt_roi)
            mask = self._mask.read(request.gt_roi)
        except DataError as error:
            raise DataError(f"dataset {self.name!r}: {error}") from error
        return Sample(*(torch.from_numpy(values) for values in (raw, gt, mask)))

    def restore_labels(self, gt: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return ground truth of a sample with the labels that the file has."""
        return self._gt.restore(gt)

    def _open_raw(self, raw: Array, readable: Roi | None) -> RawReader:
        try:
            reader = RawReader(raw, readable)
        except DataError as error:
            raise DataError(f"dataset {self.name!r}: {error}") from error
        if isinstance(raw, NumpyArray) and raw.data.min() == raw.data.max():
            self._warn(
                f"dataset {self.name!r}: raw has the single value {raw.data.flat[0]}, "
                "so there is nothing to see in it; check that it is the right array"
            )
        return reader

    def _annotated_region(self, dataset: Dataset, gt: Array) -> Roi:
        region = gt.roi
        if dataset.mask is not None:
            region = region.intersect(dataset.mask.roi)
        inside = _snapped(dataset.raw.roi, gt.roi.offset, gt.voxel_size, "shrink")
        if region.empty or not region.intersects(inside):
            raise DataError(
                f"dataset {self.name!r}: raw covers {dataset.raw.roi}, ground truth "
                f"(where there is a mask) {region}, which have nothing in common; "
                "check offsets and voxel sizes (world units)"
            )
        if not inside.contains(region):
            self._warn(
                f"dataset {self.name!r}: ground truth {region} reaches outside of raw "
                f"{dataset.raw.roi}; only the common part is used"
            )
        size = self.sizes.input_shape * self.sizes.raw_voxel_size
        if any(s < n for s, n in zip(dataset.raw.roi.shape, size, strict=True)):
            self._warn(
                f"dataset {self.name!r}: raw has {Coordinate(dataset.raw.shape)} "
                f"voxels, fewer than the {self.sizes.input_shape} the network takes; "
                "the rest of each crop is filled with zeros"
            )
        return region.intersect(inside)

    def _create_sampler(
        self, dataset: Dataset, min_masked: float, block: int
    ) -> CropSampler:
        sizes, box = self.sizes, self.sizes.output_shape.as_integers()
        step = least_common_multiple([sizes.raw_voxel_size, sizes.gt_voxel_size])
        anchor = _anchor(dataset.raw.roi.offset, self.region.offset, sizes)
        if anchor is None:
            raise DataError(
                f"dataset {self.name!r}: the voxels of raw (offset "
                f"{dataset.raw.roi.offset}, voxel size {sizes.raw_voxel_size}) and "
                f"ground truth (offset {self.region.offset}, voxel size "
                f"{sizes.gt_voxel_size}) lie on different grids; correct one offset or "
                "resample one array"
            )
        grid = CropGrid.fit(self.region, anchor, step, sizes)
        sampler = create_sampler(
            self.name,
            grid,
            self._annotation(box),
            box=box,
            min_masked=min_masked,
            block=block,
            warn=self._warn,
        )
        if not dataset.sample_points:
            return sampler
        points = [Coordinate(point) for point in dataset.sample_points]
        return restrict_to_points(sampler, points, self.region, box, self._warn)

    def _annotation(self, box: tuple[int, ...]) -> Annotation:
        voxel_size = self.sizes.gt_voxel_size
        shape = (self.region.shape / voxel_size).as_integers()
        if isinstance(self._mask, FullMask):
            return FullAnnotation(shape, box)
        if self._mask.in_memory:
            return MaskAnnotation(_any_channel(self._mask.read(self.region)), box)
        mask = self._mask

        def read(start: Sequence[int]) -> NDArray[np.bool_]:
            offset = self.region.offset + Coordinate(start) * voxel_size
            values = mask.read(Roi(offset, Coordinate(box) * voxel_size))
            return _any_channel(values)

        return LazyAnnotation(shape, box, read)


def _any_channel(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(mask.any(0))


def _ground_truth(dataset: Dataset) -> Array:
    if dataset.gt is None:
        raise DataError(
            f"dataset {dataset.name!r} has no ground truth, so it cannot be trained "
            "on; give it one or use it for prediction only"
        )
    return dataset.gt


def _open_mask(
    mask: Array | None, region: Roi, voxel_size: Coordinate
) -> MaskReader | FullMask:
    if mask is None:
        return FullMask(region, voxel_size)
    # with a budget of its own: where crops are taken must not depend on other arrays
    return MaskReader(MemoryBudget(MASK_BUDGET).load(mask), region)


def _check(dataset: Dataset, gt: Array, sizes: CropSizes) -> None:
    where, channels = f"dataset {dataset.name!r}", dataset.raw.num_channels or 1
    if channels != sizes.raw_channels:
        raise DataError(
            f"{where}: raw has {channels} channels, the network takes "
            f"{sizes.raw_channels}; set fmaps_in of the architecture to {channels}"
        )
    if gt.voxel_size != sizes.gt_voxel_size:
        raise DataError(
            f"{where}: ground truth has voxel size {gt.voxel_size}, but the network "
            f"predicts at {sizes.gt_voxel_size} from raw at {sizes.raw_voxel_size}; "
            "resample one of them or change upsample_factors of the architecture"
        )
    mask = dataset.mask
    if mask is None:
        return
    if mask.voxel_size != gt.voxel_size:
        raise DataError(
            f"{where}: the mask has voxel size {mask.voxel_size}, ground truth "
            f"{gt.voxel_size}; they must be equal, use a ResampledArrayConfig"
        )
    if not (mask.roi.offset - gt.roi.offset).is_multiple_of(gt.voxel_size):
        raise DataError(
            f"{where}: the offsets of mask ({mask.roi.offset}) and ground truth "
            f"({gt.roi.offset}) differ by a part of a voxel ({gt.voxel_size}); correct "
            "one of them"
        )
    if (mask.num_channels or 1) not in (1, gt.num_channels or 1):
        raise DataError(
            f"{where}: the mask has {mask.num_channels} channels, ground truth "
            f"{gt.num_channels or 1}; it must have one, or as many"
        )


def _snapped(
    roi: Roi, offset: Coordinate, voxel_size: Coordinate, mode: str = "grow"
) -> Roi:
    """Return `roi` on the voxel grid that starts at `offset`."""
    return (roi - offset).snap_to_grid(voxel_size, mode) + offset


def _anchor(
    raw_offset: Coordinate, gt_offset: Coordinate, sizes: CropSizes
) -> Coordinate | None:
    """Return a corner of an output box for which both boxes are on their grids."""
    found = []
    corner = raw_offset + sizes.context
    for c, g, raw, gt in zip(
        corner, gt_offset, sizes.raw_voxel_size, sizes.gt_voxel_size, strict=True
    ):
        # faces of both grids meet again after this many raw voxels, if ever they meet
        for number in range(Fraction(gt, raw).numerator):
            if (c + number * raw - g) % gt == 0:
                found.append(c + number * raw)
                break
        else:
            return None
    return Coordinate(found)
