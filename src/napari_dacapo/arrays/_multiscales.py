"""The place of an image level in the world, as OME-NGFF metadata describe it.

Read are OME-NGFF 0.1 to 0.5 (https://ngff.openmicroscopy.org) and the ``transform``
entries that COSEM writes beside N5 pyramids.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo._typing import Number
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import exact

from ._units import is_unit, length_nm, nanometres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._node import Node

#: images of a converted file that are looked for where folders cannot be listed
MAX_SERIES = 8
#: Attribute of groups, which we write, whose translations place voxel centres. In other
#: files level 0 is written with the corner, as is common practice.
CENTERED_KEY = "napari-dacapo translation is center"
DEFAULT_AXES = "tczyx"  # of OME-NGFF 0.1 and 0.2, which do not name axes


@attrs.frozen
class Level:
    """One resolution level of an image.

    Parameters
    ----------
    axes : tuple of (name, type)
        As written, in stored order; the type may be empty.
    scale, offset : tuple of exact numbers
        Voxel edge lengths and the lower corner of the first voxel, one entry per stored
        axis, spatial ones in nm.
    has_unit : bool
        Whether the spatial axes name a unit.
    """

    axes: tuple[tuple[str, str], ...]
    scale: tuple[Number, ...]
    offset: tuple[Number, ...]
    has_unit: bool


def image_entries(node: Node) -> list[dict[str, Any]]:
    """Return the multiscale images that the attributes of `node` describe."""
    attributes = node.attributes
    ome = attributes.get("ome")
    found = (ome if isinstance(ome, dict) else attributes).get("multiscales")
    if found is None:
        found = attributes.get("multiscales")
    return [entry for entry in _list(found) if isinstance(entry, dict)]


def level_paths(node: Node) -> list[str]:
    """Return the paths of the levels of the first image of `node`, finest first."""
    entries = image_entries(node)
    return [str(d.get("path")) for d in _datasets(entries[0])] if entries else []


def named_children(node: Node) -> list[str]:
    """Return the paths below `node` that its metadata name, whether they exist or not.

    Levels and labels of images, label images, the series of a converted file
    (https://ngff.openmicroscopy.org/0.5, "bioformats2raw.layout").
    """
    ome = node.attributes.get("ome")
    known = {**node.attributes, **(ome if isinstance(ome, dict) else {})}
    levels = level_paths(node)
    names = [*levels, *(["labels"] if levels else []), *_list(known.get("labels"))]
    if "bioformats2raw.layout" in known:
        names += ["OME", *map(str, range(MAX_SERIES))]
    return [name for name in map(str, names) if ".." not in name.split("/")]


def is_plate(node: Node) -> bool:
    """Whether `node` is a plate of a high-content screen, which holds many images."""
    return _has_mark(node, "plate")


def find_level(node: Node) -> Level | None:
    """Return the level that an enclosing group describes for the array `node`.

    The corner of every level is that of level 0: the translation of a level of block
    means is larger by half the difference of the voxel sizes, because it places the
    centre of the first voxel. That difference is taken off where, and only where, the
    translation has it.

    Raises
    ------
    DataError
        If the metadata contradict themselves.
    """
    for group, entry, dataset in _descriptions(node):
        return _level(node, group, entry, _datasets(entry)[0], dataset)
    return None


def named_axes(node: Node) -> tuple[tuple[str, str], ...] | None:
    """Return name and type of the axes of a level, also where it has no place.

    Raises
    ------
    DataError
        If the metadata contradict themselves.
    """
    for group, entry, dataset in _descriptions(node):
        if entry.get("axes"):
            return _axes(entry, dataset, group, len(node.shape))[0]
    return None


def _descriptions(
    node: Node,
) -> Iterator[tuple[Node, dict[str, Any], dict[str, Any]]]:
    """Yield group, image and level that describe the array `node`, nearest first."""
    for group, path in _enclosing(node):
        for entry in image_entries(group):
            for dataset in _datasets(entry):
                if str(dataset.get("path")).strip("/") == path:
                    yield group, entry, dataset


def is_label_image(node: Node) -> bool:
    """Whether `node` is marked as a label image."""
    return _has_mark(node, "image-label")


def _has_mark(node: Node, key: str) -> bool:
    ome = node.attributes.get("ome")
    marks = (node.attributes, ome if isinstance(ome, dict) else {})
    return any(key in mark for mark in marks)


def _enclosing(node: Node) -> Iterator[tuple[Node, str]]:
    """Yield the enclosing groups, nearest first, with the path of `node` in each."""
    group = node.parent
    while group is not None:
        yield group, node.path.removeprefix(group.path).strip("/")
        group = group.parent


def _datasets(entry: dict[str, Any]) -> list[dict[str, Any]]:
    datasets = _list(entry.get("datasets"))
    return [dataset for dataset in datasets if isinstance(dataset, dict)]


def _level(
    node: Node,
    group: Node,
    entry: dict[str, Any],
    first: dict[str, Any],
    dataset: dict[str, Any],
) -> Level | None:
    ndim = len(node.shape)
    axes, units = _axes(entry, dataset, group, ndim)
    transforms = [_transform(d, entry, group, ndim) for d in (first, dataset)]
    if transforms[1] is None:
        return None
    factors = [nanometres(unit, group) for unit in units]
    spatial = [u for u, (_, kind) in zip(units, axes, strict=True) if kind == "space"]
    reference = transforms[0] or transforms[1]
    numbers = [
        _place(group, f, *values)
        for f, *values in zip(factors, *reference, *transforms[1], strict=True)
    ]
    if group.attributes.get(CENTERED_KEY):
        numbers = [
            (size, exact(offset - Fraction(f) * exact(scale) / 2))
            for (size, offset), f, scale in zip(
                numbers, factors, reference[0], strict=True
            )
        ]
    return Level(
        axes,
        tuple(scale for scale, _ in numbers),
        tuple(offset for _, offset in numbers),
        any(is_unit(unit) for unit in spatial),
    )


def _place(
    group: Node,
    factor: Fraction,
    scale0: float,
    offset0: float,
    scale: float,
    offset: float,
) -> tuple[Number, Number]:
    """Return voxel size and corner, along one axis, of a level beside level 0."""
    size0 = exact(length_nm(scale0, factor, group))
    ratio = scale / scale0
    # levels written as floats must stay whole multiples of level 0
    size = size0 * round(ratio) if _near(ratio, round(ratio)) else None
    if not size:
        size = exact(length_nm(scale, factor, group))
    if scale != scale0 and _near(offset - offset0, (scale - scale0) / 2, scale0):
        offset = offset0
    return exact(size), exact(length_nm(offset, factor, group))


def _near(a: float, b: float, unit: float = 1) -> bool:
    return abs(a - b) < 1e-4 * abs(unit)


def _axes(
    entry: dict[str, Any], dataset: dict[str, Any], group: Node, ndim: int
) -> tuple[tuple[tuple[str, str], ...], list[Any]]:
    """Return (name, type) and the unit of every stored axis."""
    transform = dataset.get("transform")
    if isinstance(transform, dict):
        listed = _cosem_axes(transform, ndim)
    else:
        names = _list(entry.get("axes") or list(DEFAULT_AXES[-ndim:]))
        listed = [a if isinstance(a, dict) else {"name": a} for a in names]
    if len(listed) != ndim:
        raise DataError(
            f"the multiscales metadata of {group} name {len(listed)} axes, but its "
            f"arrays have {ndim}"
        )
    axes = tuple((str(a.get("name")), _kind(a)) for a in listed)
    return axes, [
        a.get("unit") if kind == "space" else None
        for a, (_, kind) in zip(listed, axes, strict=True)
    ]


def _cosem_axes(transform: dict[str, Any], ndim: int) -> list[dict[str, Any]]:
    names = _list(transform.get("axes")) or list("zyx"[-ndim:])
    units = _list(transform.get("units")) or [None] * len(names)
    axes = [{"name": n, "unit": u} for n, u in zip(names, units, strict=False)]
    return axes[::-1] if _is_reversed(transform) else axes


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _kind(axis: dict[str, Any]) -> str:
    by_name = {"c": "channel", "t": "time"}
    return str(axis.get("type") or by_name.get(str(axis.get("name")).lower(), "space"))


def _is_reversed(transform: dict[str, Any]) -> bool:
    return bool(transform.get("ordering", transform.get("order", "C")) == "F")


def _transform(
    dataset: dict[str, Any], entry: dict[str, Any], group: Node, ndim: int
) -> tuple[list[float], list[float]] | None:
    """Return scale and translation per stored axis, or `None` if there are none."""
    transform = dataset.get("transform")
    if isinstance(transform, dict):
        vectors = (
            _vector(transform.get("scale", [1] * ndim), group, ndim),
            _vector(transform.get("translate", [0] * ndim), group, ndim),
        )
        step = -1 if _is_reversed(transform) else 1
        return vectors[0][::step], vectors[1][::step]
    own = _list(dataset.get("coordinateTransformations"))
    common = _list(entry.get("coordinateTransformations"))
    if not own and not common:
        return None
    scale, offset = [1.0] * ndim, [0.0] * ndim
    for part in [*own, *common]:
        _compose(scale, offset, part, group)
    if any(s <= 0 for s in scale):
        raise DataError(
            f"the multiscales metadata of {group} have the scale {scale}; it must be "
            "positive, correct it in the file"
        )
    return scale, offset


def _compose(scale: list[float], offset: list[float], step: Any, group: Node) -> None:
    """Apply one coordinate transformation to `scale` and `offset`, in place."""
    kind = step.get("type") if isinstance(step, dict) else step
    ndim = len(scale)
    if kind == "scale":
        factors = _vector(step.get("scale"), group, ndim)
        scale[:] = [a * b for a, b in zip(scale, factors, strict=True)]
        offset[:] = [a * b for a, b in zip(offset, factors, strict=True)]
    elif kind == "translation":
        shift = _vector(step.get("translation"), group, ndim)
        offset[:] = [a + b for a, b in zip(offset, shift, strict=True)]
    elif kind != "identity":
        raise DataError(
            f"the multiscales metadata of {group} have a coordinate transformation "
            f"of type {kind!r}; only scale, translation and identity are supported"
        )


def _vector(value: Any, group: Node, ndim: int) -> list[float]:
    good = isinstance(value, list) and len(value) == ndim
    if not good or not all(_is_number(v) and abs(v) < float("inf") for v in value):
        raise DataError(
            f"the multiscales metadata of {group} have the vector {value!r} where "
            f"{ndim} numbers are needed; correct them in the file"
        )
    return [float(v) for v in value]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
