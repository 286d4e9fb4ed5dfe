"""Synthetic volumes of cells with organelles, to try things out and to test with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.arrays.numpy_array import NumpyArray
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate, Roi

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from napari_dacapo.arrays import LocalArrayIdentifier

    Volume = NDArray[np.float32]

CLASS_NAMES = ("background", "membrane", "organelle", "vesicle")
BACKGROUND, MEMBRANE, ORGANELLE, VESICLE = range(4)

#: lengths in nm for cells of this size; all scale with it
CELL_SIZE = 750.0
MEMBRANE_HALF_WIDTH = 14.0
RIM_HALF_WIDTH = 9.0
STRIPE_PERIOD = 42.0
#: limits of the radii, for organelles along the long axis and across it
ORGANELLE_RADII = (95.0, 65.0, 65.0), (170.0, 90.0, 90.0)
VESICLE_RADII = 35.0, 55.0
#: how far from membranes the centers of both are at least
BODY_DEPTH = 70.0
WARP_LENGTH, WARP_AMPLITUDE = 220.0, 40.0
LIGHT_LENGTH = 700.0
GRAIN = 7.0

#: grey values between 0 (black) and 1
CYTOPLASM, CONTENT, DARKEST = 0.64, 0.52, 0.25
STRIPE_AMPLITUDE, GRAIN_AMPLITUDE, SHADE_AMPLITUDE = 0.14, 0.05, 0.04


@attrs.frozen
class Sample:
    """A volume with its ground truth, all on the same voxel grid.

    Attributes
    ----------
    raw : NumpyArray
        Grey values, uint8, without channel axis.
    instances : NumpyArray
        Cells, uint32: 1, 2, ...; 0 on the membranes between them.
    classes : NumpyArray
        uint8 indices into `class_names`.
    class_names : tuple of str
        Names of the classes, background first.
    """

    raw: NumpyArray
    instances: NumpyArray
    classes: NumpyArray
    class_names: tuple[str, ...]

    def mask(self, class_name: str) -> NumpyArray:
        """Return where `class_name` is, as uint8 0 and 1.

        Raises
        ------
        ConfigError
            If there is no such class.
        """
        if class_name not in self.class_names:
            raise ConfigError(
                f"class_name: {class_name!r} is none of {', '.join(self.class_names)}"
            )
        mask = self.classes.data == self.class_names.index(class_name)
        return _like(self.classes, mask.astype("uint8"))


def synthetic_cells(
    shape: Sequence[int] = (24, 160, 160),
    voxel_size: Sequence[float] | None = None,
    offset: Sequence[float] | None = None,
    seed: int = 0,
    *,
    cell_size: float = CELL_SIZE,
    noise: float = 0.05,
) -> Sample:
    """Make cells with membranes, striped organelles and plain vesicles.

    Organelles are about as bright as the rest of the cell: their stripes, their size
    and their rim tell them apart, from vesicles too. Sections are blurred, unevenly
    lit and noisy. Everything has its size in nm, so that thick sections look as they
    do in a microscope. The same arguments give the same values, bit for bit.

    Parameters
    ----------
    shape : sequence of int
        Voxels along z, y, x or y, x.
    voxel_size, offset : sequence of numbers, optional
        In nm; by default (40, 8.25, 8.25) and (400, 82.5, 165), of which a plane takes
        the last two.
    seed : int
        Which of the possible volumes to make.
    cell_size : float
        Mean diameter of a cell in nm; the other structures scale with it.
    noise : float
        Standard deviation of the noise; 1 is the range from black to white.

    Raises
    ------
    ConfigError
        If the arguments do not agree in their number of axes, or are no 2 or 3 axes.
    """
    import numpy as np

    dims = len(shape)
    voxels = Coordinate((40, 8.25, 8.25)[-dims:] if voxel_size is None else voxel_size)
    corner = Coordinate((400, 82.5, 165)[-dims:] if offset is None else offset)
    if dims not in (2, 3) or voxels.dims != dims or corner.dims != dims:
        raise ConfigError(
            f"shape: {tuple(shape)}, voxel_size {voxels} and offset {corner} must have "
            "the same number of axes, 2 or 3"
        )
    grid = _Grid(shape, voxels, cell_size, seed)
    points = grid.warped_points()
    cells, depth = _tessellate(grid, points)
    classes = np.where(depth < grid.length(MEMBRANE_HALF_WIDTH), MEMBRANE, BACKGROUND)
    raw = _paint_cells(grid, cells, depth)
    for body in _bodies(grid, points, depth):
        body.paint(raw, classes)
    photograph = _photograph(grid, raw, noise)

    roi = Roi(corner, voxels * shape)
    axes = list("zyx"[-dims:])
    instances = np.where(classes == MEMBRANE, 0, cells)
    return Sample(
        NumpyArray.from_np_array(photograph, roi, voxels, axes),
        NumpyArray.from_np_array(_consecutive(instances), roi, voxels, axes),
        NumpyArray.from_np_array(classes.astype(np.uint8), roi, voxels, axes),
        CLASS_NAMES,
    )


class _Grid:
    """Voxels, and everything random on them; points and lengths in nm from a corner."""

    def __init__(
        self, shape: Sequence[int], voxel_size: Coordinate, cell_size: float, seed: int
    ) -> None:
        import numpy as np

        self.shape = tuple(shape)
        self.voxel_size = voxel_size.as_floats()
        self.scale = cell_size / CELL_SIZE
        self.rng = np.random.default_rng(seed)

    def length(self, at_standard_size: float) -> float:
        """Return a length for the chosen cell size."""
        return at_standard_size * self.scale

    @property
    def extent(self) -> list[float]:
        return [n * v for n, v in zip(self.shape, self.voxel_size, strict=True)]

    def sigmas(self, length: float) -> list[float]:
        """Return `length` in voxels along each axis."""
        return [length / v for v in self.voxel_size]

    def smooth_noise(self, length: float) -> Volume:
        """Return noise of unit variance that varies over `length`, as float32."""
        import numpy as np

        knots = [np.arange(-2, extent / length + 3) * length for extent in self.extent]
        field = self.rng.standard_normal([len(k) for k in knots])
        for axis, positions in enumerate(knots):
            away = (self._centers(axis)[:, None] - positions) / length
            weights = np.exp(-(away**2))
            weights /= np.linalg.norm(weights, axis=1, keepdims=True)
            # takes the first axis away and appends the finer one
            field = np.einsum("ij,j...->...i", weights, field)
        return field.astype(np.float32)

    def grain(self, length: float) -> Volume:
        """Return white noise blurred by `length`, of unit variance, as float32."""
        from scipy.ndimage import gaussian_filter

        white = self.rng.standard_normal(self.shape, dtype="float32")
        grain: Volume = gaussian_filter(white, self.sigmas(length), truncate=2.5)
        grain /= grain.std()
        return grain

    def warped_points(self) -> Volume:
        """Return the bent position of every voxel center, axes: space, component."""
        import numpy as np

        points = np.stack(
            np.meshgrid(*map(self._centers, range(len(self.shape))), indexing="ij"), -1
        ).astype("float32")
        for component in range(len(self.shape)):
            field = self.smooth_noise(self.length(WARP_LENGTH))
            points[..., component] += self.length(WARP_AMPLITUDE) * field
        return points

    def _centers(self, axis: int) -> NDArray[np.floating]:
        import numpy as np

        return (np.arange(self.shape[axis]) + 0.5) * self.voxel_size[axis]


def _tessellate(grid: _Grid, points: Volume) -> tuple[NDArray[np.uint32], Volume]:
    """Return the cell of every point, and its distance to the nearest other cell."""
    import numpy as np
    from scipy.spatial import cKDTree

    spacing = grid.length(CELL_SIZE)
    ticks = [np.arange(-1.5, e / spacing + 2) * spacing for e in grid.extent]
    seeds = np.stack(np.meshgrid(*ticks, indexing="ij"), -1).reshape(-1, len(ticks))
    seeds += grid.rng.uniform(-0.4, 0.4, seeds.shape) * spacing
    distances, nearest = cKDTree(seeds).query(points.reshape(-1, len(ticks)), k=2)
    between = np.linalg.norm(seeds[nearest[:, 0]] - seeds[nearest[:, 1]], axis=1)
    # of a point between two seeds, the distance to the plane halfway between them
    depth = (distances[:, 1] ** 2 - distances[:, 0] ** 2) / (2 * between)
    cells = nearest[:, 0].astype(np.uint32) + 1
    return cells.reshape(grid.shape), depth.reshape(grid.shape).astype(np.float32)


def _paint_cells(grid: _Grid, cells: NDArray[np.uint32], depth: Volume) -> Volume:
    import numpy as np

    shades = grid.rng.normal(CYTOPLASM, SHADE_AMPLITUDE, int(cells.max()) + 1)
    raw = shades.astype(np.float32)[cells]
    raw += GRAIN_AMPLITUDE * grid.grain(grid.length(GRAIN))
    return _darken(raw, depth, grid.length(MEMBRANE_HALF_WIDTH))


def _darken(raw: Volume, distance: Volume, width: float) -> Volume:
    """Return `raw` with a dark line of `width` along distance 0."""
    import numpy as np

    line: Volume = np.exp(-((distance / np.float32(width)) ** 2))
    line *= np.float32(DARKEST) - raw
    return raw + line


@attrs.frozen
class _Body:
    """An ellipsoid inside a cell, with a rim; an organelle has stripes across.

    `region` is its bounding box in voxels, `depth` the distance (nm) of each voxel in
    it below the surface, `along` its position on the long axis.
    """

    kind: int
    region: tuple[slice, ...]
    depth: Volume
    along: Volume
    scale: float

    def paint(self, raw: Volume, classes: NDArray[Any]) -> None:
        """Draw into the grey values and classes of the whole volume."""
        import numpy as np

        inside = self.depth > 0
        values = raw[self.region]
        content = CONTENT + np.float32(0.5) * (values - CYTOPLASM)
        if self.kind == ORGANELLE:
            turns = self.along / np.float32(STRIPE_PERIOD * self.scale)
            content += STRIPE_AMPLITUDE * np.sin(np.float32(2 * np.pi) * turns)
        values = np.where(inside, content, values)
        raw[self.region] = _darken(values, self.depth, RIM_HALF_WIDTH * self.scale)
        classes[self.region][inside] = self.kind


def _bodies(grid: _Grid, points: Volume, depth: Volume) -> Iterator[_Body]:
    """Yield bodies that touch neither each other nor membranes."""
    import numpy as np

    free = depth > grid.length(2 * MEMBRANE_HALF_WIDTH)
    volume = math.prod(e / grid.length(CELL_SIZE) for e in grid.extent)
    for kind, tries, share in ((ORGANELLE, 120, 0.15), (VESICLE, 40, 0.03)):
        wanted = share * free.size
        deep = np.flatnonzero(free & (depth > grid.length(BODY_DEPTH)))
        for index in grid.rng.permutation(deep)[: round(tries * volume)]:
            center = np.unravel_index(index, grid.shape)
            if not free[center] or wanted <= 0:
                continue
            body = _random_body(grid, points, center, kind)
            margin = body.depth > -grid.length(MEMBRANE_HALF_WIDTH)
            if free[body.region][margin].all():
                free[body.region][margin] = False
                wanted -= np.count_nonzero(body.depth > 0)
                yield body


def _random_body(
    grid: _Grid, points: Volume, center: tuple[Any, ...], kind: int
) -> _Body:
    import numpy as np

    rng, dims = grid.rng, len(grid.shape)
    if kind == ORGANELLE:
        shortest, longest = ORGANELLE_RADII
        radii = rng.uniform(shortest[:dims], longest[:dims])
    else:
        radii = np.full(dims, rng.uniform(*VESICLE_RADII))
    radii *= grid.scale
    reach = radii.max() * 1.4 / np.array(grid.voxel_size)
    region = tuple(
        slice(max(0, int(c - r)), int(c + r) + 2)
        for c, r in zip(center, reach, strict=True)
    )
    shifted = points[region] - points[center]
    local = shifted @ _axes_of(rng, dims).astype(np.float32).T
    relative = local / radii.astype(np.float32)
    # to first order, the distance to the surface is the value of the function that is 0
    # there divided by its slope
    radius = _norm(relative) + np.float32(1e-6)
    slope = _norm(relative / radii.astype(np.float32)) / radius + np.float32(1e-6)
    return _Body(kind, region, (1 - radius) / slope, local[..., 0], grid.scale)


def _norm(vectors: Volume) -> Volume:
    """Return the lengths of vectors along the last axis."""
    import numpy as np

    lengths: Volume = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))
    return lengths


def _axes_of(rng: np.random.Generator, dims: int) -> NDArray[np.float64]:
    """Return a rotation matrix; its first row, the long axis, lies near the plane."""
    import numpy as np

    turn, tilt = rng.uniform(0, 2 * np.pi), rng.uniform(-0.4, 0.4)
    sine, cosine = np.sin(turn), np.cos(turn)
    if dims == 2:
        return np.array([[cosine, sine], [-sine, cosine]])
    flat = np.array([[0, cosine, sine], [0, -sine, cosine], [1, 0, 0]])
    sine, cosine = np.sin(tilt), np.cos(tilt)
    tilted = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    rotation: NDArray[np.float64] = tilted @ flat
    return rotation


def _photograph(grid: _Grid, raw: Volume, noise: float) -> NDArray[np.uint8]:
    """Return blurred, unevenly lit, noisy grey values."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    sigma = [0.5] * (len(grid.shape) - 2) + [0.7, 0.7]
    raw = gaussian_filter(raw, sigma, truncate=3)
    raw *= 1 + np.float32(0.1) * grid.smooth_noise(grid.length(LIGHT_LENGTH))
    sections = (*grid.shape[:-2], 1, 1)
    raw += grid.rng.normal(0, 0.02, sections).astype(np.float32)
    raw += np.float32(noise) * grid.rng.standard_normal(grid.shape, dtype=np.float32)
    return np.clip(np.rint(raw * 255), 0, 255).astype(np.uint8)


def _consecutive(labels: NDArray[Any]) -> NDArray[np.uint32]:
    """Return `labels` renumbered 1, 2, ... in ascending order; 0 stays."""
    import numpy as np

    known = np.unique(labels)
    return np.searchsorted(known[known > 0], labels, side="right").astype(np.uint32)


def _like(array: NumpyArray, values: NDArray[Any]) -> NumpyArray:
    return NumpyArray.from_np_array(values, array.roi, array.voxel_size, array.axes)


def write_sample(
    container: Path, sample: Sample, *, overwrite: bool = False
) -> dict[str, LocalArrayIdentifier]:
    """Write `sample` as an OME-Zarr image ``raw`` with its labels.

    Parameters
    ----------
    container : Path
        Folder of the container, such as ``cells.zarr``.
    sample : Sample
        What to write.
    overwrite : bool
        Whether existing images of the same names are replaced.

    Returns
    -------
    dict
        Where ``"raw"``, ``"instances"`` and ``"classes"`` are, level 0.

    Raises
    ------
    DataError
        If something is there already and `overwrite` is false.
    """
    from napari_dacapo.arrays import LocalArrayIdentifier
    from napari_dacapo.arrays._ome_zarr import create_image

    groups = {
        "raw": "raw",
        "instances": "raw/labels/instances",
        "classes": "raw/labels/classes",
    }
    for name, group in groups.items():
        array: NumpyArray = getattr(sample, name)
        image = create_image(
            container,
            group,
            axes=array.axes,
            roi=array.roi,
            voxel_size=array.voxel_size,
            num_channels=None,
            dtype=array.dtype,
            labels=name != "raw",
            overwrite=overwrite,
        )
        image[array.roi] = array.data
    return {
        name: LocalArrayIdentifier(container, f"{group}/s0")
        for name, group in groups.items()
    }
