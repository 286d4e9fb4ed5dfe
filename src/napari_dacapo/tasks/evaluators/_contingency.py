"""How two label volumes overlap: the one table that instance scores come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable


@attrs.frozen(eq=False)
class Contingency:
    """Voxel counts of every pair of labels that occurs.

    Attributes
    ----------
    truth_labels, output_labels : ndarray
        The labels that occur, ascending; 0 is background.
    row, column : ndarray of int
        Positions of each pair in `truth_labels` and `output_labels`.
    shared : ndarray of int
        Voxels of each pair.
    """

    truth_labels: NDArray[Any]
    output_labels: NDArray[Any]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    shared: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        truth: NDArray[Any],
        output: NDArray[Any],
        mask: NDArray[Any] | None = None,
    ) -> Contingency:
        """Count the pairs of two label volumes of the same shape.

        Voxels where `mask` is 0 take no part. Labels may be any integers: memory
        depends on how many there are, not on how large they are.
        """
        if mask is not None:
            used = mask != 0
            truth, output = truth[used], output[used]
        unique = _unique()
        truth_labels, rows = unique(_native(truth), return_inverse=True)
        output_labels, columns = unique(_native(output), return_inverse=True)
        width = max(1, len(output_labels))
        cells = rows.ravel().astype(np.uint64) * np.uint64(width)
        cells += columns.ravel().astype(np.uint64)
        cells, shared = unique(cells, return_counts=True)
        row, column = np.divmod(cells.astype(np.int64), width)
        return cls(truth_labels, output_labels, row, column, shared.astype(np.int64))

    @property
    def total(self) -> int:
        """Number of voxels."""
        return int(self.shared.sum())

    @property
    def truth_sizes(self) -> NDArray[np.int64]:
        """Voxels of each truth label."""
        return _sums(self.row, self.shared, len(self.truth_labels))

    @property
    def output_sizes(self) -> NDArray[np.int64]:
        """Voxels of each output label."""
        return _sums(self.column, self.shared, len(self.output_labels))

    def without_background(self, *, of_output: bool) -> Contingency:
        """Return the table of the voxels that are foreground in truth.

        With `of_output`, of those that are foreground in both. Labels that have no
        voxel left stay listed.
        """
        keep = self.truth_labels[self.row] != 0
        if of_output:
            keep &= self.output_labels[self.column] != 0
        return attrs.evolve(
            self,
            row=self.row[keep],
            column=self.column[keep],
            shared=self.shared[keep],
        )


def _native(labels: NDArray[Any]) -> NDArray[Any]:
    """Return labels as compiled code takes them: contiguous, native byte order."""
    return np.ascontiguousarray(labels, labels.dtype.newbyteorder("="))


def _unique() -> Callable[..., Any]:
    """Return a replacement of `numpy.unique` that hashes instead of sorting."""
    import fastremap

    unique: Callable[..., Any] = fastremap.unique
    return unique


def _sums(
    position: NDArray[np.int64], counts: NDArray[np.int64], length: int
) -> NDArray[np.int64]:
    # float64 counts voxels exactly up to 2**53
    return np.bincount(position, counts, minlength=length).astype(np.int64)
