"""Shapes of labelled regions: what labels stand for, how large they are, how near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import attrs
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: fewer labels than this are classes: a handful of objects is not enough to learn from
MIN_OBJECTS = 4
#: objects are in one piece, but for those that the border of the volume cuts apart
MAX_PIECES_PER_OBJECT = 2.0
#: fraction of the surface from which on objects count as touching
TOUCHING = 0.02
#: labelled fraction from which on objects are dense, even with a boundary between them
DENSE = 0.5
#: sections are linked if neighbours across them have the same label this often
LINKED = 0.1


@attrs.frozen
class LabelShapes:
    """What was measured on integer labels, 0 = background.

    Attributes
    ----------
    ids : tuple of int
        The labels that occur, without 0, in increasing order.
    num_pieces : int
        Number of connected regions of one label (neighbours share a face).
    thickness : float
        Typical diameter of a region in nm: twice the largest distance from inside to
        its border, median over the labelled volume; within sections if these are not
        linked.
    thinnest : float
        The same for the label whose regions are thinnest.
    volume : float
        Of the median region, in nm to the power of the number of axes.
    foreground : float
        Labelled fraction of the volume.
    contact : float
        Fraction of the surface of the labelled regions that borders another label.
    linked : bool
        Whether labels go on from section to section, along the first of three axes;
        true with two axes.
    """

    ids: tuple[int, ...]
    num_pieces: int
    thickness: float
    thinnest: float
    volume: float
    foreground: float
    contact: float
    linked: bool

    @property
    def are_objects(self) -> bool:
        """Whether every label is one object, rather than a class of objects."""
        if len(self.ids) < MIN_OBJECTS:
            return False
        return self.num_pieces <= MAX_PIECES_PER_OBJECT * len(self.ids)

    @property
    def are_crowded(self) -> bool:
        """Whether the regions touch each other, or all but fill the volume."""
        return self.contact > TOUCHING or self.foreground > DENSE


def measure_shapes(values: NDArray[Any], voxel_size: Sequence[float]) -> LabelShapes:
    """Measure integer labels with spatial axes only, of which some are not 0.

    Parameters
    ----------
    values : ndarray of integers or bool
        Two or three axes.
    voxel_size : sequence of float
        Edge lengths in nm.
    """
    if values.dtype == bool or np.issubdtype(values.dtype, np.signedinteger):
        values = values.astype(np.uint32)
    contacts = [_Contacts.along(axis, values) for axis in range(values.ndim)]
    linked = values.ndim == 2 or contacts[0].linked
    across = contacts if linked else contacts[1:]
    edges = [float(edge) for edge in voxel_size]
    if not linked:
        # so far apart that no border is nearer in another section
        edges[0] = sum(n * e for n, e in zip(values.shape, edges, strict=True))
    pieces = _measure_pieces(values, edges)
    ids = np.unique(pieces.label)
    return LabelShapes(
        tuple(int(i) for i in ids),
        len(pieces.label),
        _typical(pieces),
        min(_typical(pieces, pieces.label == i) for i in ids),
        float(np.median(pieces.size) * np.prod([float(e) for e in voxel_size])),
        float(np.count_nonzero(values)) / values.size,
        sum(c.touching for c in across) / max(1, sum(c.surface for c in across)),
        linked,
    )


class _Pieces(NamedTuple):
    """Label, number of voxels and diameter (nm) of every connected region."""

    label: NDArray[Any]
    size: NDArray[np.int64]
    diameter: NDArray[np.float32]


def _measure_pieces(values: NDArray[Any], edges: Sequence[float]) -> _Pieces:
    import cc3d
    import edt

    depth = edt.edt(values, anisotropy=tuple(edges), black_border=False)
    regions, number = cc3d.connected_components(
        values, connectivity=4 if values.ndim == 2 else 6, return_N=True
    )
    flat = regions.ravel()
    deepest = np.zeros(number + 1, np.float32)
    np.maximum.at(deepest, flat, depth.ravel())
    label = np.zeros(number + 1, values.dtype)
    label[flat] = values.ravel()
    size = np.bincount(flat, minlength=number + 1)
    return _Pieces(label[1:], size[1:], 2 * deepest[1:])


def _typical(pieces: _Pieces, chosen: NDArray[np.bool_] | None = None) -> float:
    """Return the median diameter over the volume of the chosen regions, or of all."""
    where = slice(None) if chosen is None else chosen
    diameters, sizes = pieces.diameter[where], pieces.size[where]
    order = np.argsort(diameters)
    cumulated = np.cumsum(sizes[order])
    return float(diameters[order][np.searchsorted(cumulated, cumulated[-1] / 2)])


class _Contacts(NamedTuple):
    """Numbers of pairs of neighbours along one axis."""

    #: they differ
    surface: int
    #: they differ, and both are labelled
    touching: int
    #: both are labelled alike
    same: int

    @classmethod
    def along(cls, axis: int, values: NDArray[Any]) -> _Contacts:
        lines = np.moveaxis(values, axis, 0)
        one, other = lines[:-1], lines[1:]
        differ = one != other
        both = (one != 0) & (other != 0)
        touching = int(np.count_nonzero(differ & both))
        return cls(
            int(np.count_nonzero(differ)),
            touching,
            int(np.count_nonzero(both)) - touching,
        )

    @property
    def linked(self) -> bool:
        """Whether neighbours have the same label more often than by chance."""
        pairs = self.same + self.touching
        return pairs == 0 or self.same > LINKED * pairs
