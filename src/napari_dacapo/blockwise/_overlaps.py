"""Which pieces of two neighbouring blocks are the same object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Labels = NDArray[np.unsignedinteger[Any]] | NDArray[np.signedinteger[Any]]
    Pairs = NDArray[np.int64]

#: matching parts join two pieces only if they are more than this part of the larger
#: one: in large volumes some accidental voxel would join any two neighbours
MINIMUM_MATCH = 0.05


def same_objects(here: Labels, there: Labels, minimum_overlap: float) -> Pairs:
    """Return the pairs of labels, shape ``(n, 2)``, that are the same object.

    Parameters
    ----------
    here, there : ndarray of int
        What two blocks found in the same voxels; 0 is background.
    minimum_overlap : float
        Connected parts of two labels match if they share more than this part of the
        larger; labels are the same object if matching parts make up more than
        `MINIMUM_MATCH` of the larger label. With 0 a single common voxel is enough.
    """
    pairs, shared = _overlaps(here, there)
    if minimum_overlap > 0:
        parts_here, of_part_here = _connected_parts(here)
        parts_there, of_part_there = _connected_parts(there)
        parts, shared = _overlaps(parts_here, parts_there)
        match = shared > minimum_overlap * _larger(parts, parts_here, parts_there)
        labels = [of_part_here[parts[match, 0]], of_part_there[parts[match, 1]]]
        pairs, of_match = np.unique(
            np.stack(labels, axis=1), axis=0, return_inverse=True
        )
        matching = np.bincount(of_match.ravel(), shared[match], len(pairs))
        pairs = pairs[matching > MINIMUM_MATCH * _larger(pairs, here, there)]
    objects: Pairs = pairs[pairs.all(axis=1)]
    return objects


def _overlaps(here: Labels, there: Labels) -> tuple[Pairs, NDArray[np.int64]]:
    """Return the pairs of labels that share voxels, and how many."""
    labels_here, rows = np.unique(here, return_inverse=True)
    labels_there, columns = np.unique(there, return_inverse=True)
    cells = rows.ravel() * len(labels_there) + columns.ravel()
    cells, shared = np.unique(cells, return_counts=True)
    row, column = np.divmod(cells, len(labels_there))
    pairs = np.stack([labels_here[row], labels_there[column]], axis=1)
    return pairs.astype(np.int64), shared


def _larger(pairs: Pairs, here: Labels, there: Labels) -> NDArray[np.int64]:
    """Return the voxels of the larger label of every pair."""
    sizes = []
    volumes: tuple[NDArray[Any], ...] = (here, there)
    for labels, volume in zip(pairs.T, volumes, strict=True):
        known, counts = np.unique(volume, return_counts=True)
        sizes.append(counts[np.searchsorted(known.astype(np.int64), labels)])
    larger: NDArray[np.int64] = np.maximum(*sizes)
    return larger


def _connected_parts(labels: Labels) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the connected part that every voxel is in, and the label of each part."""
    import cc3d

    _, inverse = np.unique(labels, return_inverse=True)
    # from 1: cc3d would leave 0 out
    numbers = inverse.reshape(labels.shape).astype(np.uint32) + np.uint32(1)
    connect: Any = cc3d.connected_components
    parts = connect(
        numbers, connectivity=4 if labels.ndim == 2 else 6, out_dtype=np.uint32
    )
    of_part = np.zeros(int(parts.max()) + 1, np.int64)
    of_part[parts] = labels
    return parts, of_part
