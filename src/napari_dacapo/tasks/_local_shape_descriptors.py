"""Local shape descriptors: what an object looks like in a Gaussian window.

Sheridan et al. (2023), "Local shape descriptors for neuron segmentation", Nature
Methods 20, https://doi.org/10.1038/s41592-022-01711-z.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Slices: TypeAlias = tuple[slice, ...]
    #: by powers of the relative coordinates
    Moments: TypeAlias = dict[tuple[int, ...], NDArray[np.float32]]

#: the window ends after this many standard deviations
TRUNCATE = 3.0
#: variances are at least this (squared world units) where they divide
MIN_VARIANCE = 1e-3
#: OpenBLAS uses several threads for products of more multiplications than this
SINGLE_THREAD_SIZE = 2**18
#: voxels of a line computed at a time
BAND_WIDTH = 64
#: voxels described at a time
PIECE_SIZE = 2**14


def num_descriptors(dims: int) -> int:
    """Return the number of channels: 10 in three, 6 in two dimensions."""
    return 2 * dims + dims * (dims - 1) // 2 + 1


def local_shape_descriptors(
    labels: NDArray[Any],
    voxel_size: Sequence[float],
    sigma: float,
    region: Slices,
    *,
    background_as_object: bool = False,
) -> NDArray[np.float32]:
    """Return the descriptors of the object at every voxel.

    For each voxel, the part of its object inside a Gaussian window around the voxel is
    described by its centre of mass relative to the voxel, its variances, the
    correlations of its coordinates, and its share of the window.

    Parameters
    ----------
    labels : ndarray of integers
        Object ids, spatial axes only; 0 is background.
    voxel_size : sequence of float
        World units, one per axis.
    sigma : float
        Standard deviation of the window in world units; it ends after three of them
        and counts what is beyond the array as empty.
    region : tuple of slices
        The voxels to compute, with explicit bounds.
    background_as_object : bool
        Whether the background is described like an object.

    Returns
    -------
    ndarray of float32
        Shape ``(channel, *region)``, values in [0, 1], 0 where there is no object.
        Channels in three dimensions: centre of mass z, y, x | variance z, y, x |
        correlation zy, zx, yx | share; in two: centre y, x | variance y, x |
        correlation yx | share.
    """
    import fastremap

    dims = labels.ndim
    kernels = [_moment_kernels(sigma, float(edge)) for edge in voxel_size]
    window = _grow(region, [k.shape[1] // 2 for k in kernels], labels.shape)
    # fastremap takes neither bool nor a foreign byte order
    dtype = np.uint8 if labels.dtype == np.bool_ else labels.dtype.newbyteorder("=")
    objects, _ = fastremap.renumber(
        np.ascontiguousarray(labels[window], dtype),
        preserve_zero=not background_as_object,
    )
    inner = _relative(region, window)
    shape = [part.stop - part.start for part in region]
    moments = {powers: np.zeros(shape, np.float32) for powers in _iter_powers(dims)}
    for number, extent, part in _iter_objects(objects, inner):
        is_object = objects[extent] == number
        here = is_object[_relative(part, extent)]
        target = _relative(part, inner)
        for powers, values in _moments(is_object, extent, part, kernels).items():
            # objects do not overlap; adding products is faster than a masked copy
            moments[powers][target] += np.multiply(values, here, out=values)
    result = np.empty((num_descriptors(dims), *shape), np.float32)
    # in pieces: the intermediate arrays stay in the cache of the processor
    for piece in _pieces(shape):
        parts = {powers: values[piece] for powers, values in moments.items()}
        result[:, piece] = _describe(parts, dims, sigma)
    return result


def _moment_kernels(sigma: float, edge: float) -> NDArray[np.float32]:
    """Return ``g``, ``g * x`` and ``g * x**2`` for a normalised Gaussian ``g``."""
    radius = int(TRUNCATE * sigma / edge + 0.5)
    x = np.arange(-radius, radius + 1) * edge
    gaussian = np.exp(-0.5 * (x / sigma) ** 2)
    gaussian /= gaussian.sum()
    return np.stack([gaussian, gaussian * x, gaussian * x**2]).astype(np.float32)


def _iter_objects(
    objects: NDArray[Any], inner: Slices
) -> Iterator[tuple[int, Slices, Slices]]:
    """Yield number, extent, and the part of the extent in `inner`, of each object."""
    from scipy import ndimage

    for index, extent in enumerate(ndimage.find_objects(objects)):
        if extent is None:
            continue
        part = tuple(
            slice(max(e.start, i.start), min(e.stop, i.stop))
            for e, i in zip(extent, inner, strict=True)
        )
        if all(p.start < p.stop for p in part):
            yield index + 1, extent, part


def _moments(
    is_object: NDArray[np.bool_],
    extent: Slices,
    part: Slices,
    kernels: list[NDArray[np.float32]],
) -> Moments:
    """Return Gaussian-weighted sums of powers of relative coordinates, per voxel.

    Key ``(1, 0, 2)`` is the sum of ``g * z * x**2`` over the object's voxels in the
    window, for every voxel of `part`; all keys that add up to at most 2 are there.
    """
    # The window is wider than most objects, so every separable convolution is a matrix
    # product. Each takes the first axis and puts it last; after all of them the axes
    # are in order again.
    sums: Moments = {(): is_object.astype(np.float32)}
    for whole, wanted, kernel in zip(extent, part, kernels, strict=True):
        bands = _bands(whole, wanted, kernel)
        length = wanted.stop - wanted.start
        following: Moments = {}
        for powers, values in sums.items():
            lines = values.reshape(values.shape[0], -1).T
            for power in range(3 - sum(powers)):
                product = _convolve(lines, bands, power, length)
                following[*powers, power] = product.reshape(*values.shape[1:], length)
        sums = following
    return sums


class _Band(NamedTuple):
    """What carries `source` voxels of a line to `target` voxels of the result."""

    source: slice
    target: slice
    #: one per power, shape ``(source, target)``
    matrices: NDArray[np.float32]


def _bands(source: slice, target: slice, kernels: NDArray[np.float32]) -> list[_Band]:
    """Return the pieces of the matrix of a convolution that are not all zero."""
    radius = kernels.shape[1] // 2
    bands = []
    for start in range(target.start, target.stop, BAND_WIDTH):
        stop = min(start + BAND_WIDTH, target.stop)
        first, last = max(source.start, start - radius), min(source.stop, stop + radius)
        steps = np.arange(first, last)[:, np.newaxis] - np.arange(start, stop)
        values = kernels[:, np.clip(steps + radius, 0, 2 * radius)]
        bands.append(
            _Band(
                slice(first - source.start, last - source.start),
                slice(start - target.start, stop - target.start),
                np.where(np.abs(steps) <= radius, values, np.float32(0)),
            )
        )
    return bands


def _convolve(
    lines: NDArray[np.float32], bands: list[_Band], power: int, length: int
) -> NDArray[np.float32]:
    """Return `lines`, shape ``(line, voxel)``, times the kernel of `power`.

    Many small products instead of a large one do not wake the threads of the BLAS
    library: OpenBLAS's spin while they wait, and beside a training network they make
    each other wait, at a tenth of the speed.
    """
    result = np.empty((len(lines), length), np.float32)
    for band in bands:
        matrix = band.matrices[power]
        step = max(1, SINGLE_THREAD_SIZE // matrix.size)
        for start in range(0, len(lines), step):
            piece = slice(start, start + step)
            np.matmul(lines[piece, band.source], matrix, out=result[piece, band.target])
    return result


def _describe(moments: Moments, dims: int, sigma: float) -> NDArray[np.float32]:
    """Return the descriptors, channels first, from moments of any shape."""
    axes = range(dims)
    share = moments[(0,) * dims]
    is_object = share > 0
    scale = np.divide(1, share, out=np.zeros_like(share), where=is_object)
    means = [moments[_powers(dims, a)] * scale for a in axes]

    def covariance(a: int, b: int) -> NDArray[np.float32]:
        return moments[_powers(dims, a, b)] * scale - means[a] * means[b]

    variances = [np.maximum(covariance(a, a), MIN_VARIANCE) for a in axes]
    channels = [mean * (0.5 / sigma) + 0.5 for mean in means]
    channels += [variance / sigma**2 for variance in variances]
    for a, b in itertools.combinations(axes, 2):
        deviations = np.sqrt(variances[a] * variances[b])
        channels.append(covariance(a, b) / deviations * 0.5 + 0.5)
    result: NDArray[np.float32] = np.stack([*channels, share])
    np.clip(result, 0, 1, out=result)
    return np.multiply(result, is_object, out=result)


def _pieces(shape: Sequence[int]) -> Iterator[slice]:
    """Yield slices of the first axis that hold about `PIECE_SIZE` voxels each."""
    step = max(1, PIECE_SIZE // max(1, math.prod(shape[1:])))
    for start in range(0, shape[0], step):
        yield slice(start, start + step)


def _iter_powers(dims: int) -> Iterator[tuple[int, ...]]:
    """Yield all powers of coordinates that add up to at most 2."""
    for powers in itertools.product(range(3), repeat=dims):
        if sum(powers) <= 2:
            yield powers


def _powers(dims: int, *axes: int) -> tuple[int, ...]:
    return tuple(axes.count(axis) for axis in range(dims))


def _grow(region: Slices, by: Sequence[int], shape: Sequence[int]) -> Slices:
    return tuple(
        slice(max(part.start - n, 0), min(part.stop + n, length))
        for part, n, length in zip(region, by, shape, strict=True)
    )


def _relative(region: Slices, to: Slices) -> Slices:
    return tuple(
        slice(part.start - origin.start, part.stop - origin.start)
        for part, origin in zip(region, to, strict=True)
    )
