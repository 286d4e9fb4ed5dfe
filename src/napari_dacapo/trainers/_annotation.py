"""How much of a crop is annotated, and so can be used for training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


class Annotation(Protocol):
    """Knows how much of a box may be used for training.

    Boxes are given by their first voxel, counted from the corner of the annotated
    region, and may hang over its edge; what lies outside counts as not usable.
    """

    shape: tuple[int, ...]

    def fraction(self, start: Sequence[int]) -> float:
        """Return the usable fraction of the output box at `start`."""


class FullAnnotation:
    """A region that may be used everywhere; shapes in voxels."""

    def __init__(self, shape: Sequence[int], box: Sequence[int]) -> None:
        self.shape, self._box = tuple(shape), tuple(box)

    def fraction(self, start: Sequence[int]) -> float:
        inside = [
            max(0, min(s + b, n) - max(s, 0)) / b
            for s, b, n in zip(start, self._box, self.shape, strict=True)
        ]
        return math.prod(inside)


class MaskAnnotation:
    """A region with a mask in memory (spatial axes only, non-zero = use)."""

    def __init__(self, mask: NDArray[np.bool_], box: Sequence[int]) -> None:
        self.mask, self.shape, self._box = mask, mask.shape, tuple(box)

    def fraction(self, start: Sequence[int]) -> float:
        part = self.mask[
            tuple(
                slice(max(s, 0), max(s + b, 0))
                for s, b in zip(start, self._box, strict=True)
            )
        ]
        return float(np.count_nonzero(part)) / math.prod(self._box)


class LazyAnnotation:
    """A region whose mask is too large for memory and read where it is asked for."""

    def __init__(
        self,
        shape: Sequence[int],
        box: Sequence[int],
        read: Callable[[Sequence[int]], NDArray[np.bool_]],
    ) -> None:
        self.shape, self._box, self._read = tuple(shape), tuple(box), read

    def fraction(self, start: Sequence[int]) -> float:
        return float(np.count_nonzero(self._read(start))) / math.prod(self._box)
