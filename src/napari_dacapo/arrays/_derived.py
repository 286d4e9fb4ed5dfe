"""Arrays computed from other arrays when they are read."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.errors import ConfigError, DaCapoError
from napari_dacapo.geometry import Coordinate, Roi

from .base import Array, ArrayConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np


class DerivedArray(Array):
    """An array that shows `source` in another way.

    Everything that a subclass does not redefine is as in the source. Subclasses define
    `_read` and check in their constructor that the source fits.

    Parameters
    ----------
    source : Array
        The array shown.
    """

    def __init__(self, source: Array) -> None:
        self._source = source

    @property
    def source_array(self) -> Array:
        """The array shown."""
        return self._source

    @property
    def attrs(self) -> dict[str, Any]:
        return self._source.attrs

    @property
    def axes(self) -> list[str]:
        return self._source.axes

    @property
    def voxel_size(self) -> Coordinate:
        return self._source.voxel_size

    @property
    def roi(self) -> Roi:
        return self._source.roi

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._source.dtype

    @property
    def num_channels(self) -> int | None:
        return self._source.num_channels

    @property
    def channels(self) -> list[str] | None:
        return self._source.channels


@attrs.define
class DerivedArrayConfig(ArrayConfig):
    """Base of the configs of arrays that are computed from others."""

    def verify(self) -> tuple[bool, str]:
        """Return whether the sources can be opened and fit together."""
        try:
            array = self.array_type(self)  # type: ignore[call-arg]
        except DaCapoError as error:
            return False, str(error)
        return True, f"{array} can be read"


def open_source(config: ArrayConfig, field: str = "source_array_config") -> Array:
    """Build the array of `config`; errors start with the path of the field.

    Raises
    ------
    DaCapoError
        Of the kind that the source raises.
    """
    try:
        return config.array_type(config)  # type: ignore[call-arg]
    except DaCapoError as error:
        raise type(error)(f"{field}: {error}") from error


def open_sources(configs: Sequence[ArrayConfig]) -> dict[str, Array]:
    """Build the arrays of a list of configs, by the path of their field."""
    paths = [f"source_array_configs[{i}]" for i in range(len(configs))]
    return {p: open_source(c, p) for p, c in zip(paths, configs, strict=True)}


def require_no_channels(source: Array, what: str) -> None:
    """Raise unless `source` is a label volume without channels.

    Raises
    ------
    ConfigError
        If it has a channel axis.
    """
    if source.num_channels is not None:
        raise ConfigError(
            f"source_array_config: {what} needs labels without a channel axis, but the "
            f"source has {source.num_channels} channels"
        )


def common_roi(sources: Mapping[str, Array]) -> Roi:
    """Return the box that all `sources` (field path to array) cover.

    Raises
    ------
    ConfigError
        If axes or voxel sizes differ, the voxel grids are shifted against each other,
        or there is no common box.
    """
    if not sources:
        raise ConfigError("source_array_configs: at least one source array is needed")
    first_path, first = next(iter(sources.items()))
    for path, array in sources.items():
        for what in ("axes", "voxel_size"):
            own, others = getattr(array, what), getattr(first, what)
            if own != others:
                raise ConfigError(
                    f"{path}: the {what.replace('_', ' ')} {own} differs from {others} "
                    f"of {first_path}; resample or rename it first"
                )
        shift = array.roi.offset - first.roi.offset
        if not shift.is_multiple_of(first.voxel_size):
            raise ConfigError(
                f"{path}: the offset {array.roi.offset} is off the voxel grid of "
                f"{first_path}, which starts at {first.roi.offset} with voxels of "
                f"{first.voxel_size}"
            )
    common = reduce(Roi.intersect, (array.roi for array in sources.values()))
    if common.empty:
        regions = ", ".join(f"{path} {a.roi}" for path, a in sources.items())
        raise ConfigError(f"the source arrays have no region in common: {regions}")
    return common
