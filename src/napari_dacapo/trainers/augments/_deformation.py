"""Smooth random deformations of space, and images seen through them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

#: voxels interpolated at once: so many positions and values stay in the cache
_CHUNK = 2**15


@dataclass(frozen=True)
class Deformation:
    """Says for every point of a box from where its value is taken.

    The source of point ``p`` is ``rotation (p - center) + center + shift(p)``, all in
    world units. The shift is given at control points, which span the box from its first
    to its last voxel on a grid of `voxel_size`, and interpolated by cubic splines.

    Attributes
    ----------
    roi : Roi
        The box.
    voxel_size : Coordinate
        The finest voxel size of all images.
    control_shifts : Tensor
        World units, ``(axis of the shift, *control points)``, float32.
    rotation : ndarray
        Rotation matrix, ``(axes, axes)``.
    subsample : int
        Splines are evaluated at every so many voxels and interpolated linearly.
    """

    roi: Roi
    voxel_size: Coordinate
    control_shifts: Tensor
    rotation: NDArray[np.float64]
    subsample: int = 1

    def sources(self, roi: Roi, voxel_size: Coordinate) -> list[Tensor]:
        """Return where the voxels of an image are taken from.

        Parameters
        ----------
        roi, voxel_size : Roi, Coordinate
            The box that the image covers, and its voxel size.

        Returns
        -------
        list of Tensor
            Per axis, a float32 tensor of the shape of the image: positions along this
            axis, in voxels of the image; 0 is the middle of its first voxel.
        """
        shape = (roi.shape / voxel_size).as_integers()
        sizes = np.array(voxel_size.as_floats())
        center = np.array((self.roi.center - roi.offset).as_floats())
        points = [(np.arange(n) + 0.5) * s for n, s in zip(shape, sizes, strict=True)]
        shifts = self._shifts(roi, voxel_size, shape)
        result = []
        for axis, row in enumerate(self.rotation):
            position = (shifts[axis] / float(sizes[axis])).expand(shape).contiguous()
            for other in np.flatnonzero(row).tolist():
                part = row[other] * (points[other] - center[other])
                if other == axis:
                    part += center[axis] - sizes[axis] / 2
                position += _along(part / sizes[axis], other, len(shape))
            result.append(position)
        return result

    def _shifts(
        self, roi: Roi, voxel_size: Coordinate, shape: Sequence[int]
    ) -> list[Tensor]:
        """Return the shift (world units) along every axis, at every voxel."""
        import torch

        values = self.control_shifts
        if not values.any():
            return [torch.zeros([1] * len(shape))] * len(shape)
        extent = (self.roi.shape / self.voxel_size).as_integers()
        step = (voxel_size / self.voxel_size).as_floats()
        begin = ((roi.offset - self.roi.offset) / self.voxel_size).as_floats()
        for axis, size in enumerate(shape):
            first = begin[axis] + (step[axis] - 1) / 2
            matrix = _interpolation(
                values.shape[1], extent[axis], self.subsample, (first, step[axis], size)
            )
            # the axis used up goes away in front, the new one comes at the end
            values = torch.tensordot(values, torch.from_numpy(matrix), ([1], [1]))
        return list(values)


def _along(values: NDArray[np.float64], axis: int, dims: int) -> Tensor:
    import torch

    shape = [1] * dims
    shape[axis] = -1
    return torch.from_numpy(values).float().view(shape)


@functools.lru_cache(maxsize=64)
def _interpolation(
    controls: int, extent: int, subsample: int, places: tuple[float, float, int]
) -> NDArray[np.float32]:
    """Return the matrix that interpolates values at control points, along one axis.

    Parameters
    ----------
    controls : int
        Number of control points; the first lies at 0, the last at ``extent - 1``.
    extent : int
        Length of the axis.
    subsample : int
        If not 1, there are ``extent // subsample`` points between, as evenly spaced;
        splines reach up to them and straight lines go on from there.
    places : (float, float, int)
        First place, distance between places, number of places.
    """
    first, step, number = places
    position = first + step * np.arange(number)
    between = max(1, extent // subsample)
    if subsample == 1 or between >= extent:
        return _splines(controls, position * _stretch(extent, controls))
    knots = np.arange(between)
    matrix = _splines(controls, knots * _stretch(between, controls))
    position = position * _stretch(extent, between)
    linear = np.clip(1 - np.abs(position[:, None] - knots), 0, None)
    return np.asarray(linear @ matrix, dtype=np.float32)


def _stretch(length: int, controls: int) -> float:
    """Return the factor that maps ``length - 1`` to ``controls - 1``."""
    return (controls - 1) / max(length - 1, 1)


def _splines(controls: int, position: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return cubic splines through each control point alone, at `position`.

    Shape ``(positions, controls)``; constant beyond the first and last point.
    """
    from scipy.ndimage import map_coordinates

    grid = np.meshgrid(position, np.arange(controls), indexing="ij")
    values = map_coordinates(np.eye(controls), grid, order=3, mode="nearest")
    return np.asarray(values, dtype=np.float32)


@dataclass(frozen=True)
class Resampling:
    """Takes every voxel of a result from a position of a larger image.

    Attributes
    ----------
    roi : Roi
        The box that the larger image covers.
    positions : list of Tensor
        Per axis, where the voxels of the result are taken from, in voxels of the larger
        image; 0 is the middle of its first voxel.
    """

    roi: Roi
    positions: list[Tensor]

    @classmethod
    def fit(
        cls, sources: Sequence[Tensor], offset: Coordinate, voxel_size: Coordinate
    ) -> Resampling:
        """Find the smallest box that holds all `sources` and their neighbours.

        `sources` are in voxels from the middle of the voxel at `offset`.
        """
        low, high = [], []
        for source in sources:
            lowest, highest = source.aminmax()
            low.append(int(lowest.floor()))
            high.append(int(highest.ceil()) + 1)
        begin, end = Coordinate(low) * voxel_size, Coordinate(high) * voxel_size
        positions = [s - b for s, b in zip(sources, low, strict=True)]
        return cls(Roi(offset + begin, end - begin), positions)

    def linear(self, image: Tensor) -> Tensor:
        """Interpolate float ``(channel, *space)`` linearly between voxels."""
        import torch

        shape, corners = image.shape[1:], _corners(image.shape[1:])
        positions = [position.flatten() for position in self.positions]
        result = torch.empty((len(image), len(positions[0])))
        for start in range(0, len(positions[0]), _CHUNK):
            part = slice(start, start + _CHUNK)
            index, fractions = torch.zeros((), dtype=torch.int32), []
            for position, n in zip(positions, shape, strict=True):
                low = position[part].to(torch.int32).clamp_(0, max(n - 2, 0))
                fractions.append(position[part] - low)
                index = low.add_(index, alpha=n)
            for source, target in zip(image.flatten(1), result, strict=True):
                # the same index everywhere, into what begins at each corner
                values = [source[first:].index_select(0, index) for first in corners]
                for fraction in reversed(fractions):
                    pairs = zip(values[::2], values[1::2], strict=True)
                    values = [torch.lerp(*pair, fraction) for pair in pairs]
                target[part] = values[0]
        return result.view(-1, *self.positions[0].shape)

    def nearest(self, *images: Tensor) -> list[Tensor]:
        """Take the nearest voxel; values of any type are copied unchanged."""
        import torch

        index = torch.zeros((), dtype=torch.int32)
        for position, n in zip(self.positions, images[0].shape[1:], strict=True):
            nearest = (position + 0.5).to(torch.int32).clamp_(0, n - 1)
            index = nearest.add_(index, alpha=n)
        flat = index.flatten()
        # channel by channel: picking from a vector is several times faster
        return [
            torch.stack([c.index_select(0, flat) for c in image.flatten(1)]).view(
                -1, *index.shape
            )
            for image in images
        ]


def _corners(shape: Sequence[int]) -> list[int]:
    """Return how far the corners of a cell of voxels are from its first, flattened.

    The last axis changes first. Along an axis with a single voxel both corners are it.
    """
    corners = [0]
    for n in shape:
        corners = [corner * n + step for corner in corners for step in (0, int(n > 1))]
    return corners
