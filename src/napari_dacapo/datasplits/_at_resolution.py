"""Stored arrays brought to a wanted resolution: choice of the level, and resampling."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import attrs

from napari_dacapo._typing import Number
from napari_dacapo.arrays import ArrayConfig, ResampledArrayConfig, ZarrArrayConfig
from napari_dacapo.arrays._multiscales import level_paths
from napari_dacapo.arrays._nodes import find_array, iter_nodes, read_node
from napari_dacapo.errors import ConfigError, DataNotFoundError
from napari_dacapo.geometry import Coordinate

if TYPE_CHECKING:
    from napari_dacapo.arrays.locations import Location


@attrs.frozen
class AtResolution:
    """A config of an array at the wanted resolution, and what that takes.

    Parameters
    ----------
    config : ArrayConfig
        The array, resampled if need be.
    downsample, upsample : number
        Largest factor along any axis by which voxels are joined or divided; at least 1.
    """

    config: ArrayConfig
    downsample: Number
    upsample: Number


def at_resolution(
    container: Location, dataset: str, voxel_size: Coordinate, name: str, order: int
) -> AtResolution:
    """Return a config that shows a stored array with voxels of `voxel_size`.

    Parameters
    ----------
    container : Path or Url
        A ``.zarr`` or ``.n5`` container.
    dataset : str
        Path of an array, or of a group of resolution levels: as OME-NGFF metadata list
        them, else named ``s0``, ``s1`` and so on.
    voxel_size : Coordinate
        Wanted voxel size in nm.
    name : str
        Name of the config.
    order : int
        How values in between are found: 0 = nearest voxel, 1 = linear.

    Raises
    ------
    DataNotFoundError
        If there is no such array.
    ConfigError
        If the array has another number of axes than `voxel_size`.
    """
    levels = _levels(container, dataset)
    snap = levels != [dataset]
    chosen = _choose(container, levels, voxel_size)
    stored = _open(container, chosen)
    config = _stored_config(name, container, chosen)
    ratios = [
        Fraction(new) / Fraction(old)
        for new, old in zip(voxel_size, stored, strict=True)
    ]
    if snap and all(1 in (r.numerator, r.denominator) for r in ratios):
        config.snap_to_grid = voxel_size
    if voxel_size == stored:
        return AtResolution(config, 1, 1)
    resampled = ResampledArrayConfig(
        name=f"{name}_resampled",
        source_array_config=config,
        upsample=Coordinate(r.denominator for r in ratios),
        downsample=Coordinate(r.numerator for r in ratios),
        interp_order=order,
    )
    largest, smallest = max(ratios), min(ratios)
    return AtResolution(
        resampled, max(Fraction(1), largest), max(Fraction(1), 1 / smallest)
    )


def _levels(container: Location, dataset: str) -> list[str]:
    """Return the paths of the levels, finest first; `dataset` alone if an array."""
    try:
        node = read_node(container, dataset)
    except DataNotFoundError:
        node = find_array(container, dataset)  # raises, and lists what exists
    if node.kind == "array":
        return [dataset]
    names = level_paths(node)
    if not names:
        below = iter_nodes(container, node.path)
        arrays = {
            n.path.removeprefix(f"{node.path}/") for n in below if n.kind == "array"
        }
        names = [f"s{i}" for i in range(len(arrays))]
        names = names[: next((i for i, n in enumerate(names) if n not in arrays), None)]
    if not names:
        find_array(container, dataset)
    return [f"{node.path}/{name}".strip("/") for name in names]


def _choose(container: Location, levels: list[str], voxel_size: Coordinate) -> str:
    """Return the coarsest level that loses nothing, else the finest."""
    chosen = levels[0]
    for level in levels:
        stored = _open(container, level)
        if stored.dims != voxel_size.dims:
            raise ConfigError(
                f"{level!r} in {container} has {stored.dims} spatial axes, but the "
                f"resolution {voxel_size} has {voxel_size.dims}"
            )
        if all(old <= new for old, new in zip(stored, voxel_size, strict=True)):
            chosen = level
    return chosen


def _open(container: Location, dataset: str) -> Coordinate:
    """Return the voxel size of a stored array."""
    return _stored_config(dataset, container, dataset).create_array().voxel_size


def _stored_config(name: str, container: Location, dataset: str) -> ZarrArrayConfig:
    return ZarrArrayConfig(name, container, dataset, mode="r")
