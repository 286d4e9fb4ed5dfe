"""What the tests of post-processors share: predictions on disk, comparing labels."""

import numpy as np

from napari_dacapo.arrays import NumpyArray, ZarrArray
from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
from napari_dacapo.geometry import Coordinate, Roi

OFFSETS_3D = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 0, 0), (0, 3, 0), (0, 0, 3)]
OFFSETS_2D = [(1, 0), (0, 1), (3, 0), (0, 3)]


def store(folder, values, voxel_size=None, offset=None, *, axes=None, chunk=8):
    """Write `values` (axes ``c`` + space unless given) and return the identifier."""
    axes = axes or "c" + "zyx"[1 - values.ndim :]
    shape = values.shape[-len(axes.replace("c", "")) :]
    voxel_size = Coordinate(voxel_size or (1,) * len(shape))
    identifier = LocalArrayIdentifier(folder / "prediction.zarr", "prediction")
    array = ZarrArray.create_from_array_identifier(
        identifier,
        list(axes),
        Roi(offset or (0,) * len(shape), voxel_size * shape),
        len(values) if "c" in axes else None,
        voxel_size,
        values.dtype,
        write_size=voxel_size * chunk,
        overwrite=True,
    )
    array[array.roi] = values if "c" in array.axes or "c" not in axes else values[0]
    return identifier


def process(folder, post_processor, parameters, **options):
    """Return the post-processed array."""
    output = LocalArrayIdentifier(folder / "output.zarr", str(parameters.id))
    post_processor.process(parameters, output, **options)
    return ZarrArray.open_from_array_identifier(output)


def same_partition(a, b):
    """Whether two label volumes differ by names only; 0 stays 0."""
    pairs = np.unique(np.stack([np.ravel(a), np.ravel(b)]).astype(np.int64), axis=1)
    one_to_one = all(len(np.unique(column)) == pairs.shape[1] for column in pairs)
    return one_to_one and ((pairs[0] == 0) == (pairs[1] == 0)).all()


def affinities_of(labels, offsets):
    """Return float32 affinities: 1 inside objects, 0 between them and in background."""
    affinities = np.zeros((len(offsets), *labels.shape), np.float32)
    for channel, offset in zip(affinities, offsets, strict=True):
        ends = [
            (slice(None, n - o), slice(o, None))
            for o, n in zip(offset, labels.shape, strict=True)
        ]
        source, target = (tuple(side) for side in zip(*ends, strict=True))
        channel[source] = (labels[source] == labels[target]) & (labels[source] != 0)
    return affinities


def cells(shape, number, seed=0, border=1.2):
    """Return a label volume of `number` Voronoi cells with background between them."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, shape, (number, len(shape)))
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    distances = np.linalg.norm(grid[..., None, :] - points, axis=-1)
    nearest = np.sort(distances, axis=-1)
    labels = distances.argmin(axis=-1) + 1
    labels[nearest[..., 1] - nearest[..., 0] < border] = 0
    return labels


def in_memory(values, voxel_size, offset=None, axes=None):
    """Return an array of `values`."""
    axes = axes or "czyx"[-values.ndim :]
    spatial = values.shape[-len(voxel_size) :]
    roi = Roi(offset or (0,) * len(spatial), Coordinate(voxel_size) * spatial)
    return NumpyArray.from_np_array(values, roi, voxel_size, list(axes))
