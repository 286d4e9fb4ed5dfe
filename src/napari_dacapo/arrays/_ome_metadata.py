"""What OME-Zarr images that we write say about themselves, in versions 0.4 and 0.5.

See https://ngff.openmicroscopy.org. Version 0.5 is stored as zarr v3 with everything in
the attribute ``ome``, version 0.4 as zarr v2 with the same entries side by side.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from ._multiscales import CENTERED_KEY, image_entries
from ._node import read_node
from .base import NON_SPATIAL_AXES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_dacapo.geometry import Coordinate

Version = Literal["0.4", "0.5"]
ZARR_FORMATS: dict[Version, Literal[2, 3]] = {"0.4": 2, "0.5": 3}


def image_entry(
    axes: Sequence[str], name: str, level: dict[str, Any]
) -> dict[str, Any]:
    """Return the ``multiscales`` entry of an image with one level."""
    listed = [
        {"name": axis, "type": "channel"}
        if axis in NON_SPATIAL_AXES
        else {"name": axis, "type": "space", "unit": "nanometer"}
        for axis in axes
    ]
    return {"name": name, "axes": listed, "datasets": [level]}


def level_entry(
    voxel_size: Coordinate, offset: Coordinate, axes: Sequence[str], path: str
) -> dict[str, Any]:
    """Return the ``datasets`` entry of a level; `offset` becomes the translation."""
    extra = [a for a in axes if a in NON_SPATIAL_AXES]
    scale = [1.0] * len(extra) + list(voxel_size.as_floats())
    translation = [0.0] * len(extra) + list(offset.as_floats())
    return {
        "path": path,
        "coordinateTransformations": [
            {"type": "scale", "scale": scale},
            {"type": "translation", "translation": translation},
        ],
    }


def group_attributes(
    image: dict[str, Any], *, labels: bool, version: Version = "0.5"
) -> dict[str, Any]:
    """Return the attributes of the group of an image."""
    if version == "0.4":
        marks = {"image-label": {"version": version}} if labels else {}
        return {"multiscales": [{"version": version, **image}], **marks}
    extra: dict[str, Any] = {"image-label": {}} if labels else {}
    return {"ome": {"version": version, "multiscales": [image], **extra}}


def update_group(folder: Path, entries: dict[str, Any]) -> None:
    """Replace some of the OME-Zarr entries of a group, in either version."""
    import zarr

    group = zarr.open_group(str(folder), mode="r+")
    if group.metadata.zarr_format == 2:
        group.attrs.update(entries)
    else:
        attributes: dict[str, Any] = dict(group.attrs)
        group.attrs["ome"] = {**attributes.get("ome", {"version": "0.5"}), **entries}


def list_label_image(folder: Path, name: str) -> None:
    """Add a label image to the list that its ``labels`` group has to carry."""
    import zarr

    attributes: dict[str, Any] = dict(zarr.open_group(str(folder), mode="r").attrs)
    known = attributes.get("ome", attributes).get("labels", [])
    update_group(folder, {"labels": sorted({*known, name})})


def finish_export(
    container: Path,
    group: str,
    *,
    name: str,
    factors: Sequence[Fraction],
    units: Sequence[str | None],
    centered: bool,
    entries: dict[str, Any] | None = None,
) -> None:
    """Describe a finished image, written in nm, in the terms of who exports it.

    Parameters
    ----------
    container, group
        Where the image is.
    name : str
        What it is called.
    factors, units : sequences, one entry per spatial axis
        How many nm a unit is, and its name, `None` for no unit.
    centered : bool
        Whether translations shall place the centres of first voxels instead of their
        corners. It is marked, so that the image is read back where it was.
    entries : dict, optional
        More entries, such as ``omero``.
    """
    import zarr

    node = read_node(container, group)
    image = image_entries(node)[0]
    _restate(image, factors, units, centered)
    image["name"] = name
    update_group(node.folder, {"multiscales": [image], **(entries or {})})
    if centered:
        opened = zarr.open_group(str(node.folder), mode="r+")
        opened.attrs[CENTERED_KEY] = True


def _restate(
    image: dict[str, Any],
    factors: Sequence[Fraction],
    units: Sequence[str | None],
    centered: bool,
) -> None:
    """Change units and translations of an image entry, which are nm and corners."""
    extra = sum(axis["type"] != "space" for axis in image["axes"])
    finest = image["datasets"][0]["coordinateTransformations"][0]["scale"]
    shifts = [s / 2 if centered else 0.0 for s in finest]
    for dataset in image["datasets"]:
        scale, translation = dataset["coordinateTransformations"]
        for i, factor in enumerate(factors, extra):
            scale["scale"][i] = _divided(scale["scale"][i], factor)
            moved = translation["translation"][i] + shifts[i]
            translation["translation"][i] = _divided(moved, factor)
    spatial = [axis for axis in image["axes"] if axis["type"] == "space"]
    for axis, unit in zip(spatial, units, strict=True):
        axis.pop("unit")
        axis.update({} if unit is None else {"unit": unit})


def _divided(value: float, factor: Fraction) -> float:
    return float(Fraction(str(value)) / factor)


def image_name(group: str) -> str:
    """Return the name of an image: the last part of its path."""
    return PurePosixPath(group).name
