"""Layers of a validation result: the same ones for every dock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo.arraytypes import AnnotationArray

from ._layers import find_layer, show_array

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_dacapo.arrays import Array

    from .models import Result


def layer_key(result: Result, kind: str) -> str:
    """Return the key of the layer of `kind`, one per run and dataset."""
    return f"{result.run}/{result.dataset}/{kind}"


def show_result(viewer: Any, result: Result) -> None:
    """Show everything that is stored of a result; the truth as outlines on top."""
    for shown in result.arrays:
        if shown.kind == "segmentation":
            show_segmentation(viewer, result, shown.array, shown.values)
            continue
        show_array(
            viewer,
            shown.array,
            f"{shown.kind} of {result.dataset}",
            meaning=shown.meaning,
            data=shown.values,
            key=layer_key(result, shown.kind),
            outlines=shown.kind == "ground truth",
        )


def show_segmentation(viewer: Any, result: Result, array: Array, data: Any) -> Layer:
    """Show a segmentation of the result's prediction, a new layer below the truth."""
    key = layer_key(result, "segmentation")
    is_new = find_layer(viewer, key) is None
    layer = show_array(
        viewer,
        array,
        f"segmentation of {result.dataset}",
        meaning=AnnotationArray(),
        data=data,
        key=key,
    )
    truth = find_layer(viewer, layer_key(result, "ground truth"))
    if is_new and truth is not None:
        viewer.layers.move(viewer.layers.index(layer), viewer.layers.index(truth))
    return layer
