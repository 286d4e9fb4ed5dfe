"""Arrays computed from other arrays when they are read."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.errors import ConfigError, DaCapoError
from napari_dacapo.geometry import Coordinate, Roi

from .base import (
    NON_SPATIAL_AXES,
    Array,
    ArrayConfig,
    open_array,
    verify_by_opening,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np


class DerivedArray(Array):
    """An array that shows `source` in another way.

    Everything that a subclass does not redefine is as in the source. Subclasses define
    `_read` and check in their constructor that the source fits.

    Parameters
    ----------
    source : Array
        The array shown.
    name : str
        Name of the config, empty for an array that was made without one.
    """

    def __init__(self, source: Array, name: str = "") -> None:
        self._source, self.name = source, name

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


def shape_of(array: DerivedArray, voxels: Roi) -> list[int]:
    """Return the shape of a region of `array`, all its axes, without reading voxels.

    Parameters
    ----------
    array : DerivedArray
        Has the axes of its source.
    voxels : Roi
        The region in voxels.
    """
    source = array.source_array
    nothing = Roi(source.roi.begin, (0,) * source.dims)
    spatial = iter(voxels.shape.as_integers())
    return [
        length if axis in NON_SPATIAL_AXES else next(spatial)
        for axis, length in zip(array.axes, source[nothing].shape, strict=True)
    ]


class CombinedArray(DerivedArray):
    """An array made of several others, where all of them have voxels.

    Parameters
    ----------
    sources : mapping
        The arrays combined, by the path of their field.
    name : str
        Name of the config.

    Raises
    ------
    ConfigError
        If axes, channels, voxel sizes or grids differ, or there is no common box.
    """

    def __init__(self, sources: Mapping[str, Array], name: str) -> None:
        self._roi = common_roi(sources)
        super().__init__(next(iter(sources.values())), name)
        self._sources = dict(sources)

    @property
    def attrs(self) -> dict[str, Any]:
        return {}

    @property
    def roi(self) -> Roi:
        return self._roi

    @property
    def channels(self) -> list[str] | None:
        return None


@attrs.define
class DerivedArrayConfig(ArrayConfig):
    """Base of the configs of arrays that are computed from others."""

    def verify(self) -> tuple[bool, str]:
        """Return whether the sources are valid, can be opened, and fit together."""
        valid, reason = super().verify()
        complaint = next(_invalid_sources(self), None)
        if not valid or complaint is not None:
            return False, complaint or reason
        return verify_by_opening(self)


def _invalid_sources(config: DerivedArrayConfig) -> Iterator[str]:
    """Yield what stored or other original arrays below `config` complain about."""
    for path, source in _source_configs(config):
        if isinstance(source, DerivedArrayConfig):
            complaints = list(_invalid_sources(source))
        else:
            valid, reason = source.verify()
            complaints = [] if valid else [reason]
        yield from (f"{path}: {complaint}" for complaint in complaints)


def _source_configs(config: DerivedArrayConfig) -> Iterator[tuple[str, ArrayConfig]]:
    for field in attrs.fields(type(config)):
        value = getattr(config, field.name)
        parts: dict[str, Any] = {field.name: value}
        if isinstance(value, dict):
            parts = {f"{field.name}[{key!r}]": part for key, part in value.items()}
        elif isinstance(value, list):
            parts = {f"{field.name}[{i}]": part for i, part in enumerate(value)}
        for path, part in parts.items():
            if isinstance(part, ArrayConfig):
                yield path, part


def open_source(config: ArrayConfig, field: str = "source_array_config") -> Array:
    """Build the array of `config`; errors start with the path of the field.

    Raises
    ------
    DaCapoError
        Of the kind that the source raises.
    """
    try:
        return open_array(config)
    except DaCapoError as error:
        raise type(error)(f"{field}: {error}") from error


def open_sources(configs: Sequence[ArrayConfig]) -> dict[str, Array]:
    """Build the arrays of a list of configs, by the path of their field."""
    paths = [f"source_array_configs[{i}]" for i in range(len(configs))]
    return {p: open_source(c, p) for p, c in zip(paths, configs, strict=True)}


#: what arrays that are combined must share
_WORDS = {
    "axes": "axes",
    "num_channels": "number of channels",
    "voxel_size": "voxel size",
}


def common_roi(sources: Mapping[str, Array]) -> Roi:
    """Return the box that all `sources` (field path to array) cover.

    Raises
    ------
    ConfigError
        If axes, voxel sizes or numbers of channels differ, the voxel grids are shifted
        against each other, or there is no common box.
    """
    if not sources:
        raise ConfigError("source_array_configs: at least one source array is needed")
    first_path, first = next(iter(sources.items()))
    for path, array in sources.items():
        for what in _WORDS:
            own, others = getattr(array, what), getattr(first, what)
            if own != others:
                raise ConfigError(
                    f"{path}: its {_WORDS[what]} {own} differs from {others} of "
                    f"{first_path}; resample, rename or choose another array"
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
