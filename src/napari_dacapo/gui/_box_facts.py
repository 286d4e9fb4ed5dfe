"""What is inside boxes, and how far a network looks; meant for a worker, no Qt."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from napari_dacapo.errors import DaCapoError
from napari_dacapo.geometry import Coordinate, Roi

from ._layer_content import LayerContent
from ._torch_import import import_torch
from .models.boxes import Grid, Reach

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_dacapo.architectures import ArchitectureConfig
    from napari_dacapo.arrays import ArrayConfig

    from ._experiment_splits import Classes

    #: a layer, or labels in a file
    Source = LayerContent | ArrayConfig

#: voxels that are read at a time, and of a box at most
SLAB_VOXELS = 2**22
MOST_VOXELS = 2**26


@attrs.frozen
class BoxFacts:
    """What the labels in a box are.

    Attributes
    ----------
    voxels : int
        Number of voxels.
    labelled : float
        Share of voxels with another label than 0.
    classes : tuple of (str, float)
        Name and share of all voxels, of each class.
    objects : int
        Number of different labels.
    sampled : bool
        Whether only some sections were read, the box being very large.
    """

    voxels: int
    labelled: float
    classes: tuple[tuple[str, float], ...]
    objects: int
    sampled: bool = False


@attrs.frozen
class Looked:
    """The facts of boxes, by their place, and the reach of the network if known."""

    facts: dict[Roi, BoxFacts]
    reach: Reach | None


def grid_of(source: Source) -> Grid:
    """Return the voxels of labels.

    Raises
    ------
    DaCapoError
        If they cannot be opened.
    """
    if isinstance(source, LayerContent):
        axes = source.axes[-source.voxel_size.dims :]
        return Grid(source.roi, source.voxel_size, tuple(axes))
    array = source.create_array()
    return Grid(array.roi, array.voxel_size, tuple(array.spatial_axes))


def look(
    source: Source,
    grid: Grid,
    places: Sequence[Roi],
    classes: Classes,
    architecture: ArchitectureConfig | None,
) -> Looked:
    """Read the labels in boxes, and lay out the network.

    Parameters
    ----------
    source : LayerContent or ArrayConfig
        The labels.
    grid : Grid
        Their voxels.
    places : sequence of Roi
        The boxes, in nm.
    classes : sequence of (str, list of int)
        Names and labels of the classes; no labels mean all others but 0.
    architecture : ArchitectureConfig, optional
        The network, as far as it is known.
    """
    facts = {roi: facts_of(source, grid, roi, classes) for roi in dict.fromkeys(places)}
    return Looked(facts, reach_of(architecture, grid))


def facts_of(source: Source, grid: Grid, roi: Roi, classes: Classes) -> BoxFacts:
    """Return what the labels in `roi` (nm) are; see `look`."""
    counts: Counter[int] = Counter()
    spans = grid.to_voxels(roi)
    sections, sampled = _sections(spans)
    for values in _read(source, grid, spans, sections):
        labels, numbers = np.unique(values, return_counts=True)
        counts.update(dict(zip(labels.tolist(), numbers.tolist(), strict=True)))
    seen = max(1, sum(counts.values()))
    background = counts.pop(0, 0)
    return BoxFacts(
        math.prod(end - begin for begin, end in spans),
        (seen - background) / seen,
        tuple((n, number / seen) for n, number in _by_class(counts, classes)),
        len(counts),
        sampled,
    )


def _by_class(counts: Counter[int], classes: Classes) -> Iterator[tuple[str, int]]:
    named = {label for _, labels in classes for label in labels}
    rest = sum(number for label, number in counts.items() if label not in named)
    for name, labels in classes:
        yield name, sum(counts[label] for label in labels) if labels else rest


def _sections(spans: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], bool]:
    """Return which sections along the first axis are read, and whether not all are."""
    (begin, end), *others = spans
    per_section = max(1, math.prod(b - a for a, b in others))
    thickness = max(1, SLAB_VOXELS // per_section)
    slabs = [(a, min(a + thickness, end)) for a in range(begin, end, thickness)]
    every = max(1, math.ceil(len(slabs) * thickness * per_section / MOST_VOXELS))
    return slabs[::every], every > 1


def _read(
    source: Source,
    grid: Grid,
    spans: Sequence[tuple[int, int]],
    sections: Sequence[tuple[int, int]],
) -> Iterator[NDArray[Any]]:
    if isinstance(source, LayerContent):
        for section in sections:
            yield source.read(section, *spans[1:])
        return
    array = source.create_array()
    for section in sections:
        yield array[grid.from_voxels([section, *spans[1:]])]


def reach_of(architecture: ArchitectureConfig | None, grid: Grid) -> Reach | None:
    """Return how far the network looks, `None` if it does not go with the labels."""
    if architecture is None:
        return None
    import_torch()
    from napari_dacapo.runs._check_network import Network

    try:
        network = Network(architecture)
    except (DaCapoError, ValueError, RuntimeError):  # what the form says anyhow
        return None
    if network.input_shape.dims != grid.roi.dims:
        return None
    size = grid.voxel_size
    output = network.architecture.compute_output_shape(network.input_shape)
    return Reach(
        Coordinate(network.context(size)), Coordinate(output) * network.scale(size)
    )
