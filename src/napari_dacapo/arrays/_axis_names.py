"""Names of axes as files write them, turned into one letter per axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import DataError

from .base import CHANNEL_AXIS, NON_SPATIAL_AXES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._node import Node

SPATIAL_AXES = "zyx"
_NAMES = {"channel": "c", "channels": "c", "time": "t", "sample": "s", "batch": "b"}


def letters_of(names: Sequence[str], types: Any = None) -> tuple[str, ...]:
    """Return one letter per axis; spatial axes with unknown names go by position."""
    kinds = types if isinstance(types, (list, tuple)) else [""] * len(names)
    letters = [_letter(n, k) for n, k in zip(names, kinds, strict=False)]
    spatial = [i for i, a in enumerate(letters) if a not in NON_SPATIAL_AXES]
    if not {letters[i] for i in spatial} <= set(SPATIAL_AXES):
        for i, letter in zip(spatial[::-1], SPATIAL_AXES[::-1], strict=False):
            letters[i] = letter
    return tuple(letters)


def _letter(name: str, kind: str) -> str:
    plain = name.strip().lower().removesuffix("^")
    letter = _NAMES.get(plain, plain)
    if kind in _NAMES:
        return _NAMES[kind]
    is_extra = name.endswith("^") and letter not in NON_SPATIAL_AXES
    return CHANNEL_AXIS if is_extra else letter


def with_channel(letters: tuple[str, ...], node: Node) -> tuple[str, ...]:
    """Add the channel axis that many files leave out of their axis names."""
    missing = len(node.shape) - len(letters)
    if missing == 1 and CHANNEL_AXIS not in letters:
        return (CHANNEL_AXIS, *letters)
    return letters


def guess_axes(node: Node, dims: int | None) -> tuple[str, ...]:
    """Return axis letters for an array without axis names.

    The last axes are spatial: `dims` of them, or at most three; a channel axis, then
    a time axis, may be in front.

    Raises
    ------
    DataError
        If there are more axes.
    """
    ndim = len(node.shape)
    dims = min(dims or ndim, ndim, len(SPATIAL_AXES))
    extra = ndim - dims
    if extra > 2:
        raise DataError(
            f"{node} has {ndim} axes and does not name them; enter their names in the "
            "field 'axes' of the array"
        )
    return (
        *("t", CHANNEL_AXIS)[2 - extra :],
        *SPATIAL_AXES[len(SPATIAL_AXES) - dims :],
    )


def checked_axes(letters: tuple[str, ...], node: Node) -> tuple[str, ...]:
    """Return `letters` if they can be those of the array `node`.

    Raises
    ------
    DataError
        If there are too many or too few, or they are not distinct and known.
    """
    spatial = [a for a in letters if a not in NON_SPATIAL_AXES]
    if len(letters) != len(node.shape):
        problem = f"{len(letters)} axes are named, the array has {len(node.shape)}"
    elif len(set(letters)) < len(letters):
        problem = "an axis is named twice"
    elif not spatial or not set(spatial) <= set(SPATIAL_AXES):
        problem = f"the spatial axes must be among {', '.join(SPATIAL_AXES)}"
    else:
        return letters
    raise DataError(
        f"the axes {', '.join(letters)} do not fit {node} of shape {node.shape}: "
        f"{problem}"
    )
