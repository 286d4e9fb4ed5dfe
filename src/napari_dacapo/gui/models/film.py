"""The snapshots of a training as films: one picture per stored iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.arrays import NumpyArray
from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.geometry import Coordinate, Roi
from napari_dacapo.store import Project

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_dacapo.arrays import Array

#: what the network was given, should have made of it, and made of it
SHOWN_IMAGES = ("raw", "target", "prediction")
#: of longer films only the last part is shown
FILM_BYTES = 256 * 2**20


@attrs.frozen(eq=False)
class Film:
    """One image of the snapshots of a run.

    Attributes
    ----------
    name : str
        What it shows, with the number of the channel if there are several.
    array : Array
        The pictures, axes ``t`` (one per stored iteration) and the spatial ones; places
        are relative to the corner of the network input.
    """

    name: str
    array: Any


@attrs.frozen(eq=False)
class Films:
    """The films of a run; `iterations` are those of their pictures, ascending."""

    run: str
    iterations: tuple[int, ...]
    films: tuple[Film, ...]

    def nearest(self, iteration: int) -> int:
        """Return the number of the picture nearest to `iteration`."""
        return int(np.argmin(np.abs(np.array(self.iterations) - iteration)))


def load_films(folder: Path, run: str) -> Films:
    """Read the snapshots of `run`; called in workers only.

    Without snapshots there are no iterations and no films.
    """
    import zarr

    container = Project(folder).arrays.snapshot_container(run)
    if not container.is_dir():
        return Films(run, (), ())
    root = zarr.open_group(container, mode="r")
    arrays = {name: _array(root, name) for name in SHOWN_IMAGES}
    known = [a for a in arrays.values() if a is not None and len(a.attrs["iterations"])]
    if not known:
        return Films(run, (), ())
    # a snapshot that is being written has not reached every image
    shared = set.intersection(*(set(a.attrs["iterations"]) for a in known))
    size = sum(int(np.prod(a.shape[1:])) * a.dtype.itemsize for a in known)
    iterations = sorted(shared)[-max(1, FILM_BYTES // max(1, size)) :]
    films = [
        film
        for name, array in arrays.items()
        if array is not None
        for film in _films(name, array, iterations)
    ]
    return Films(run, tuple(iterations), tuple(films))


def _array(root: Any, name: str) -> Any:
    path = f"{name}/s0"
    return root.get(path)


def _films(name: str, array: Any, iterations: list[int]) -> list[Film]:
    known = list(array.attrs["iterations"])
    first, last = known.index(iterations[0]), known.index(iterations[-1])
    values = np.asarray(array[first : last + 1])
    if CHANNEL_AXIS not in array.attrs["axes"]:
        return [Film(name, _placed(values, array))]
    return [
        Film(f"{name} {channel}", _placed(values[:, channel], array))
        for channel in range(values.shape[1])
    ]


def _placed(values: NDArray[Any], array: Any) -> Array:
    voxel_size = Coordinate(array.attrs["resolution"])
    roi = Roi(array.attrs["offset"], voxel_size * values.shape[1:])
    axes = [axis for axis in array.attrs["axes"] if axis != CHANNEL_AXIS]
    return NumpyArray.from_np_array(values, roi, voxel_size, axes)
