"""Where training crops are taken: sizes of the crops and choice of their places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import attrs
import numpy as np

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

from .augments.base import SampleRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from napari_dacapo.nn.model import Model
    from napari_dacapo.tasks.predictors import Predictor

    from ._annotation import Annotation

#: random places that are tried before the best of them is taken
MAX_TRIES = 64


@attrs.frozen
class CropSizes:
    """Sizes of all crops of a training.

    Parameters
    ----------
    raw_voxel_size, gt_voxel_size : Coordinate
        World units; ground truth is finer where the network is super-resolving.
    input_shape, output_shape : Coordinate
        What the network takes and gives, in voxels of raw and of ground truth.
    grow_low, grow_high : Coordinate
        How much ground truth beyond the output is needed to make the target, in
        world units.
    raw_channels : int
        Channels that the network takes.
    """

    raw_voxel_size: Coordinate
    gt_voxel_size: Coordinate
    input_shape: Coordinate
    output_shape: Coordinate
    grow_low: Coordinate
    grow_high: Coordinate
    raw_channels: int = 1

    @classmethod
    def of(
        cls, model: Model, predictor: Predictor, raw_voxel_size: Coordinate
    ) -> CropSizes:
        """Work out the sizes for `model`, without running it.

        Raises
        ------
        DataError
            If the raw data has not as many axes as the network.
        """
        if raw_voxel_size.dims != model.input_shape.dims:
            raise DataError(
                f"raw data has {raw_voxel_size.dims} spatial axes, the network "
                f"{model.input_shape.dims}; choose an architecture with as many axes "
                "as the data"
            )
        voxel_size = model.scale(raw_voxel_size)
        target = Roi((0,) * voxel_size.dims, model.output_shape * voxel_size)
        region = predictor.gt_region_for_roi(target, voxel_size)
        region = region.snap_to_grid(voxel_size)
        return cls(
            raw_voxel_size,
            voxel_size,
            model.input_shape,
            model.output_shape,
            target.begin - region.begin,
            region.end - target.end,
            model.num_in_channels,
        )

    @property
    def output_size(self) -> Coordinate:
        """Size of the output in world units."""
        return self.output_shape * self.gt_voxel_size

    @property
    def context(self) -> Coordinate:
        """Distance from the lower corner of the input to that of the output.

        World units, whole ground truth voxels; an odd voxel goes to the upper side.
        """
        surplus = self.input_shape * self.raw_voxel_size - self.output_size
        return (surplus / 2).floor_division(self.gt_voxel_size) * self.gt_voxel_size

    def target_roi(self, offset: Coordinate) -> Roi:
        """Return the output box at `offset`."""
        return Roi(offset, self.output_size)

    def request(self, offset: Coordinate) -> SampleRequest:
        """Return what is needed of raw and ground truth for the output at `offset`."""
        raw = Roi(offset - self.context, self.input_shape * self.raw_voxel_size)
        gt = self.target_roi(offset).grow(self.grow_low, self.grow_high)
        return SampleRequest(raw, gt, self.raw_voxel_size, self.gt_voxel_size)


@attrs.frozen
class CropGrid:
    """The places of a crop in an annotated region, numbered from 0 along every axis.

    Place ``k`` has its output box at ``origin + k * step`` (world units), which is
    voxel ``first + k * stride`` of the region. At every place the voxel at the middle
    of the output box lies in the region; the box itself may hang over the edge.
    """

    origin: Coordinate
    step: Coordinate
    first: tuple[int, ...]
    stride: tuple[int, ...]
    counts: tuple[int, ...]

    @classmethod
    def fit(
        cls, region: Roi, anchor: Coordinate, step: Coordinate, sizes: CropSizes
    ) -> CropGrid:
        """Lay the grid through `anchor`, a possible corner of an output box.

        `region` and `anchor` lie on the ground truth grid. A region smaller than one
        step has the one place nearest to it.
        """
        voxel = sizes.gt_voxel_size
        half = Coordinate(n // 2 for n in sizes.output_shape)
        stride = (step / voxel).as_integers()
        middle = ((anchor - region.begin) / voxel + half).as_integers()
        extent = (region.shape / voxel).as_integers()
        first = [m % f for m, f in zip(middle, stride, strict=True)]
        counts = [
            max(1, -(-(n - m) // f))
            for n, m, f in zip(extent, first, stride, strict=True)
        ]
        start = tuple(m - h for m, h in zip(first, half, strict=True))
        origin = region.begin + Coordinate(start) * voxel
        return cls(origin, step, start, stride, tuple(counts))

    def start(self, place: Iterable[int]) -> tuple[int, ...]:
        """Return the first voxel of the output box at `place`."""
        return tuple(
            f + int(k) * s
            for f, k, s in zip(self.first, place, self.stride, strict=True)
        )

    def offset(self, place: Iterable[int]) -> Coordinate:
        """Return the corner of the output box at `place`, in world units."""
        return self.origin + self.step * Coordinate(int(k) for k in place)

    def contains(self, place: Iterable[int]) -> bool:
        """Whether `place` exists."""
        return all(0 <= k < n for k, n in zip(place, self.counts, strict=True))


@dataclass(eq=False)
class CropSampler:
    """Chooses places at random.

    Parameters
    ----------
    name : str
        The dataset, for error messages.
    grid : CropGrid
        All places.
    annotation : Annotation
        How much of each can be used.
    cells : ndarray of int, shape (n, axes)
        First places of the cells from which places are drawn.
    cell_shape : tuple of int
        Places per cell and axis.
    least : float
        Usable fraction of the output box below which a place is refused.
    probabilities : ndarray of float, shape (n,), optional
        Of the cells; equal by default.
    """

    name: str
    grid: CropGrid
    annotation: Annotation
    cells: NDArray[np.int64]
    cell_shape: tuple[int, ...]
    least: float
    probabilities: NDArray[np.float64] | None = None

    def draw(self, generator: np.random.Generator) -> Coordinate:
        """Return the corner (world units) of the output box of the next crop.

        Places are drawn until one is usable; after `MAX_TRIES` the best one met is
        taken.

        Raises
        ------
        DataError
            If nothing usable was met at all.
        """
        best, best_fraction = self._middle(self.cells[0]), 0.0
        for attempt in range(MAX_TRIES + 1):
            cell = self.cells[self._pick(generator)]
            place = cell + generator.integers(0, self.cell_shape)
            if attempt == MAX_TRIES:  # known to be usable where masks are in memory
                place = self._middle(cell)
            if not self.grid.contains(place):
                continue
            fraction = self.annotation.fraction(self.grid.start(place))
            if fraction > 0 and fraction >= self.least:
                return self.grid.offset(place)
            if fraction > best_fraction:
                best, best_fraction = place, fraction
        if best_fraction == 0:
            raise DataError(
                f"dataset {self.name!r}: {MAX_TRIES} random crops held no voxel that "
                "the mask allows to use; crop the dataset to where its mask is 1, or "
                "give sample_points"
            )
        return self.grid.offset(best)

    def _pick(self, generator: np.random.Generator) -> int:
        if self.probabilities is None:
            return int(generator.integers(len(self.cells)))
        return int(generator.choice(len(self.cells), p=self.probabilities))

    def _middle(self, cell: NDArray[np.int64]) -> NDArray[np.int64]:
        return middle_of_cells(cell, self.cell_shape, self.grid.counts)


def middle_of_cells(
    cells: NDArray[np.int64], cell_shape: Sequence[int], counts: Sequence[int]
) -> NDArray[np.int64]:
    """Return the middle place of each cell, kept on the grid."""
    half = np.asarray(cell_shape, dtype=np.int64) // 2
    middle: NDArray[np.int64] = np.minimum(
        cells + half, np.asarray(counts, dtype=np.int64) - 1
    )
    return middle
