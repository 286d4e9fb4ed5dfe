"""Labels a volume block by block and joins the pieces of objects across blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from napari_dacapo.geometry import Roi, world_to_voxels

from ._overlaps import same_objects
from .runner import run_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_dacapo.arrays.numpy_array import NumpyArray
    from napari_dacapo.arrays.zarr_array import ZarrArray
    from napari_dacapo.geometry import Coordinate

    from .grid import Block, BlockGrid
    from .runner import Progress

    #: where preliminary labels are kept: ``array[roi]`` can be read and written
    LabelStore = NumpyArray | ZarrArray
    Labels = NDArray[np.unsignedinteger[Any]] | NDArray[np.signedinteger[Any]]


@attrs.frozen(eq=False)
class Pieces:
    """Labels of one block's read region.

    Attributes
    ----------
    labels : ndarray of int
        0 is background, objects are numbered from 1.
    measure : ndarray of float, optional
        A value per voxel whose mean over each object is wanted.
    """

    labels: Labels
    measure: NDArray[np.floating[Any]] | None = None


@attrs.frozen(eq=False)
class Objects:
    """The joined objects of a volume.

    Attributes
    ----------
    of_piece : ndarray of int
        Object of every preliminary label; 0 for background.
    sizes : ndarray of int
        Voxels of every object; entry 0 is not used.
    means : ndarray of float
        Mean of the measure over every object, NaN if there was none.
    on_border : ndarray of bool
        Which objects touch a face of the volume.
    """

    of_piece: NDArray[np.int64]
    sizes: NDArray[np.int64]
    means: NDArray[np.float64]
    on_border: NDArray[np.bool_]

    def names(self, accepted: NDArray[np.bool_]) -> NDArray[np.uint64]:
        """Return the final label of every preliminary one.

        Objects that are not `accepted` become 0, the others consecutive numbers.
        """
        # objects that were seen in the context of blocks only have no voxel
        accepted = accepted & (self.sizes > 0)
        accepted[0] = False
        names = np.where(accepted, np.cumsum(accepted), 0).astype(np.uint64)
        return names[self.of_piece]


class Stitcher:
    """Labels blocks one after the other and remembers what belongs together.

    Every block is labelled with some context, and only its write region is stored. In
    the shell around it (as thick as `shell`) its labels are compared with what earlier
    blocks stored there, to find pieces of one object (`same_objects`). An object that
    is one piece in a block and several in the next becomes one.

    Parameters
    ----------
    grid : BlockGrid
        In world units.
    store : NumpyArray or ZarrArray
        Integer labels, all 0, covering the grid.
    shell : Coordinate
        World units, at most the context of the grid.
    minimum_overlap : float
        How well pieces have to agree, below 1; with 0 a single common voxel joins.
    """

    def __init__(
        self,
        grid: BlockGrid,
        store: LabelStore,
        shell: Coordinate,
        minimum_overlap: float,
    ) -> None:
        self.grid = grid
        self.store = store
        self.shell = shell
        self.minimum_overlap = minimum_overlap
        self._sizes: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
        self._sums: list[NDArray[np.float64]] = [np.zeros(1)]
        self._border: list[NDArray[np.int64]] = []
        self._joined: list[NDArray[np.int64]] = []
        self._count = 0

    def label(
        self, segment: Callable[[Roi], Pieces], progress: Progress | None = None
    ) -> Objects:
        """Label every block by `segment` (called with its read region) and join."""
        run_blocks(
            self.grid,
            lambda block: self._label_block(block, segment(block.read_roi)),
            progress=progress,
        )
        return self._objects()

    def _label_block(self, block: Block, pieces: Pieces) -> None:
        written = self._slices(block.write_roi, block.read_roi)
        labels = _numbered_from(pieces.labels, self._count)
        own = labels[written]
        local = pieces.labels[written].ravel()
        number = int(pieces.labels.max(initial=0))
        self._sizes.append(np.bincount(local, minlength=number + 1)[1:])
        if pieces.measure is not None:
            weights = pieces.measure[written].ravel()
            sums = np.bincount(local, weights, minlength=number + 1)
            self._sums.append(sums[1:].astype(np.float64))
        self._border.append(self._touching_border(block, own))
        for neighbour in self._earlier_neighbours(block):
            shell = block.write_roi.grow(self.shell, self.shell)
            contact = shell.intersect(neighbour)
            if not contact.empty:
                here = labels[self._slices(contact, block.read_roi)]
                pairs = same_objects(here, self.store[contact], self.minimum_overlap)
                self._joined.append(pairs)
        self.store[block.write_roi] = own
        self._count += number

    def _slices(self, roi: Roi, within: Roi) -> tuple[slice, ...]:
        return world_to_voxels(roi, within.begin, self.store.voxel_size).to_slices()

    def _earlier_neighbours(self, block: Block) -> Iterator[Roi]:
        """Yield the write regions of adjacent blocks that are stored already."""
        shape = self.grid.block_shape
        for step in np.ndindex(*(3,) * len(block.index)):
            direction = tuple(s - 1 for s in step)
            if direction < (0,) * len(direction):
                neighbour = block.write_roi.begin + shape * direction
                yield Roi(neighbour, shape).intersect(self.grid.total_write_roi)

    def _touching_border(self, block: Block, own: Labels) -> NDArray[np.int64]:
        total = self.grid.total_write_roi
        found: list[NDArray[Any]] = [np.zeros(0, np.int64)]
        for axis in range(own.ndim):
            if block.write_roi.begin[axis] == total.begin[axis]:
                found.append(np.unique(own.take(0, axis)))
            if block.write_roi.end[axis] == total.end[axis]:
                found.append(np.unique(own.take(-1, axis)))
        return np.concatenate([labels.astype(np.int64) for labels in found])

    def _objects(self) -> Objects:
        of_piece = _join(self._count, self._joined)
        number = int(of_piece.max(initial=0)) + 1
        sizes = _summed(of_piece, np.concatenate(self._sizes), number)
        means = np.full(number, np.nan)
        if self._sums[1:]:
            sums = _summed(of_piece, np.concatenate(self._sums), number)
            np.divide(sums, sizes, out=means, where=sizes > 0)
        on_border = np.zeros(number, bool)
        for pieces in self._border:
            on_border[of_piece[pieces]] = True
        return Objects(of_piece, sizes.astype(np.int64), means, on_border)


def relabel(
    grid: BlockGrid,
    source: LabelStore,
    target: LabelStore,
    names: NDArray[Any],
    progress: Progress | None = None,
) -> None:
    """Write the labels of `source` to `target` under new names.

    Parameters
    ----------
    grid : BlockGrid
        Blocks without context.
    source, target : NumpyArray or ZarrArray
        Labels; may be the same array.
    names : ndarray
        The new name of every label, indexed by label.
    progress : callable, optional
        As for `run_blocks`.
    """

    def rename(block: Block) -> None:
        target[block.write_roi] = names[source[block.write_roi]]

    run_blocks(grid, rename, progress=progress)


def _numbered_from(labels: Labels, count: int) -> NDArray[np.uint64]:
    numbered = labels.astype(np.uint64)
    if count:
        np.add(numbered, np.uint64(count), out=numbered, where=labels != 0)
    return numbered


def _join(count: int, joined: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the object of every label from 0 to `count`; background stays 0."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = np.concatenate([np.zeros((0, 2), np.int64), *joined])
    ones = np.ones(len(pairs), np.uint8)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count + 1, count + 1))
    # label 0 has no pairs and comes first, hence is component 0
    components = connected_components(graph.tocsr(), directed=False)[1]
    return np.asarray(components, np.int64)


def _summed(
    of_piece: NDArray[np.int64], values: NDArray[Any], number: int
) -> NDArray[np.float64]:
    return np.bincount(of_piece, values, minlength=number).astype(np.float64)
