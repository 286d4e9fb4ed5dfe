"""A part of a volume as the user means it: open along axes that were not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from collections.abc import Sequence


@attrs.frozen
class Region:
    """Begin and end in nm along the last axes of a volume; `None` for all of an axis.

    Attributes
    ----------
    sides : tuple of (float, float) or None
        One for each axis, the last one is x. Axes in front of them count as open.
    text : str
        How the region is called.
    """

    sides: tuple[tuple[float, float] | None, ...]
    text: str = "the region"

    def within(self, roi: Roi) -> Roi:
        """Return the part of `roi` (nm) that is meant.

        Raises
        ------
        DataError
            If they do not overlap.
        """
        missing = max(0, roi.dims - len(self.sides))
        sides = ((None,) * missing + self.sides)[-roi.dims :]
        begin, end = zip(*map(_side, sides, roi.begin, roi.end), strict=True)
        wanted = Roi(Coordinate(begin), Coordinate(end) - Coordinate(begin))
        found = roi.intersect(wanted)
        if found.empty:
            raise DataError(
                f"{self.text} lies outside of the volume, which covers {roi} nm; move "
                "it, or choose another region"
            )
        return found


def _side(
    side: tuple[float, float] | None, begin: float, end: float
) -> tuple[float, float]:
    return (begin, end) if side is None else side


def box_of(points: Sequence[Sequence[float]], text: str) -> Region:
    """Return the box around `points` (nm, one row each), open where it has no depth."""
    sides = [(min(values), max(values)) for values in zip(*points, strict=True)]
    return Region(tuple(s if s[1] > s[0] else None for s in sides), text)
