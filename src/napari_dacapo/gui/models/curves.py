"""Growing curves and their smoothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Curve:
    """Points with ascending `x`, in buffers that double when they are full.

    Attributes
    ----------
    revision : int
        Grows whenever points that were there are changed or forgotten.
    """

    def __init__(self) -> None:
        self.revision = 0
        self._points = np.empty((2, 1024))
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def x(self) -> NDArray[np.float64]:
        """Positions, as a view that the next `extend` may invalidate."""
        return self._points[0, : self._length]

    @property
    def y(self) -> NDArray[np.float64]:
        """Values, as a view that the next `extend` may invalidate."""
        return self._points[1, : self._length]

    def extend(self, x: ArrayLike, y: ArrayLike) -> None:
        """Append points; those at or after the first new `x` are replaced."""
        x, y = np.atleast_1d(x), np.atleast_1d(y)
        if not len(x):
            return
        self.cut(x[0])
        needed = self._length + len(x)
        if needed > self._points.shape[1]:
            larger = np.empty((2, 2 * needed))
            larger[:, : self._length] = self._points[:, : self._length]
            self._points = larger
        self._points[0, self._length : needed] = x
        self._points[1, self._length : needed] = y
        self._length = needed

    def cut(self, x: float) -> None:
        """Forget the points at and after `x`."""
        length = int(np.searchsorted(self.x, x))
        if length < self._length:
            self._length = length
            self.revision += 1

    def nearest(self, x: float) -> int | None:
        """Return the index of the point whose position is nearest to `x`."""
        if not self._length:
            return None
        right = min(int(np.searchsorted(self.x, x)), self._length - 1)
        left = max(right - 1, 0)
        return left if x - self.x[left] < self.x[right] - x else right


def smooth(
    values: NDArray[np.float64], share: float, last: float | None = None
) -> NDArray[np.float64]:
    """Return the exponential moving average of finite `values`.

    ``s[i] = (1 - share) * s[i-1] + share * v[i]``, computed in blocks short enough for
    ``(1 - share) ** length`` to stay representable.

    Parameters
    ----------
    values : ndarray
        1D, finite.
    share : float
        Weight of the newest value, in (0, 1]; 1 returns the values.
    last : float, optional
        ``s[-1]``, to go on with an average; by default ``v[0]``.
    """
    if share >= 1 or not len(values):
        return values.astype(float)
    keep = 1 - share
    block = max(1, min(len(values), int(-20 / math.log(keep))))
    powers = keep ** np.arange(1, block + 1)
    result = np.empty(len(values))
    level = values[0] if last is None else last
    for start in range(0, len(values), block):
        part = values[start : start + block]
        n = len(part)
        sums = np.cumsum(share * part / powers[:n])
        result[start : start + n] = powers[:n] * (level + sums)
        level = result[start + n - 1]
    return result
