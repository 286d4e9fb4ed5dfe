"""Saving layers as OME-Zarr, with ``File > Save`` or ``viewer.layers.save``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._background_call import GivenUpError, call_in_background

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Layer

    from napari_dacapo.arrays._ome_metadata import Version

    #: data, keywords and kind of a layer
    LayerData = tuple[Any, dict[str, Any], str]


def write_ome_zarr_05(path: str, layers: Sequence[LayerData]) -> list[str]:
    """Write layers to a new OME-Zarr 0.5 container; see `save`."""
    return save(path, layers, "0.5")


def write_ome_zarr_04(path: str, layers: Sequence[LayerData]) -> list[str]:
    """Write layers to a new OME-Zarr 0.4 container; see `save`."""
    return save(path, layers, "0.4")


def save(path: str, layers: Sequence[LayerData], version: Version) -> list[str]:
    """Write image and labels layers, with pyramids, to a new OME-Zarr container.

    One image becomes the container itself, with the labels in its ``labels`` group;
    several images become groups, of which the first has the labels. The container
    appears when it is complete, and never replaces anything.

    Translations place what napari's place, the centres of first voxels. In a world
    where this plugin has opened files, or shows its results, they place the corners
    instead, like those files do, so that copies lie on the originals in every program.
    Read back by this plugin, layers lie where they were either way.

    Parameters
    ----------
    path : str
        Of the new container.
    layers : sequence of (data, keywords, kind)
        As napari hands them to writers.
    version : {"0.5", "0.4"}
        Of OME-Zarr.

    Returns
    -------
    list of str
        What was written.

    Raises
    ------
    DataError
        If a layer cannot be stored (points, shapes, rotated layers, unknown axes), or
        something exists at `path`.
    GivenUpError
        If the user cancels; nothing is left behind then either.
    """
    from ._export import Export
    from ._layer_content import layer_content
    from ._session import Session

    made = [_layer(*each) for each in layers]
    contents = [layer_content(layer) for layer in made]
    export = Export(
        tuple(sorted(contents, key=lambda content: content.is_labels)),
        version,
        centered=not _is_our_world(made),
    )
    target = Path(path)
    try:
        call_in_background(lambda: export.write(target), f"Saving {target.name}")
    except GivenUpError:
        export.given_up.set()
        raise
    for data, _, _ in layers:
        Session.settle(data)
    return [str(target)]


def _layer(data: Any, keywords: dict[str, Any], kind: str) -> Layer:
    from napari.layers import Layer

    # hidden layers are not sliced, so that nothing is read
    return Layer.create(data, {**keywords, "visible": False}, kind)


def _is_our_world(layers: Sequence[Layer]) -> bool:
    """Whether layers lie where this plugin puts corners; see `save`."""
    import napari

    from ._layers import METADATA_KEY

    viewer = napari.current_viewer()
    shown = [] if viewer is None else list(viewer.layers)
    return any(METADATA_KEY in layer.metadata for layer in (*layers, *shown))
