"""Arrays stored in zarr (v2 and v3, OME-Zarr included) and N5 containers."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError, DaCapoError, DataError
from napari_dacapo.geometry import Coordinate, Roi, world_to_voxels

from ._nodes import Node, find_array
from ._placement import SPATIAL_AXES, Placement, place
from ._stored import StoredArray
from .base import CHANNEL_AXIS, NON_SPATIAL_AXES, Array, ArrayConfig
from .identifiers import LocalArrayIdentifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)


class ZarrArray(Array):
    """A stored array in a container; opening it never changes a file.

    Axes are shown in the order ``c z y x`` whatever the stored order; time, batch and
    sample axes of length 1 are dropped. Axis names given by the config keep the stored
    order of the spatial axes.

    Parameters
    ----------
    array_config : ZarrArrayConfig
        Where the array is.

    Raises
    ------
    DataNotFoundError
        If the container or the array does not exist.
    DataError
        If its metadata cannot be understood.
    """

    def __init__(self, array_config: ZarrArrayConfig) -> None:
        self._config = array_config
        self._node = find_array(array_config.file_name, array_config.dataset)
        self._placement = place(self._node, array_config._axes)
        for note in self._placement.notes:
            _tell_once(note)
        self._order = _shown_axes(self._placement, self._node, array_config._axes)
        self._roi = self._visible_roi()
        self._view = self._open(writable=False)
        self._writable_view: StoredArray | None = None

    @classmethod
    def open_from_array_identifier(
        cls, array_identifier: LocalArrayIdentifier, name: str = ""
    ) -> ZarrArray:
        """Open an existing array.

        Raises
        ------
        DataNotFoundError
            If the container or the array does not exist.
        """
        return cls(_config_of(array_identifier, name))

    @classmethod
    def create_from_array_identifier(  # noqa: PLR0913 (signature of DaCapo)
        cls,
        array_identifier: LocalArrayIdentifier,
        axes: Sequence[str],
        roi: Roi,
        num_channels: int | None,
        voxel_size: Coordinate,
        dtype: Any,
        mode: str = "a",
        write_size: Sequence[float] | None = None,
        name: str | None = None,
        overwrite: bool = False,
    ) -> ZarrArray:
        """Create an array of zeros and open it for writing.

        Parameters
        ----------
        array_identifier : LocalArrayIdentifier
            Where; containers that end in ``.n5`` get an N5 array, others zarr v2.
        axes : sequence of str
            Axis names; the channel axis is moved to the front.
        roi : Roi
            The box to cover (nm), in whole voxels.
        num_channels : int or None
            Length of the channel axis; there is none for `None` and 1.
        voxel_size : sequence of numbers
            Voxel edge lengths (nm).
        dtype : dtype-like
            Type of the values.
        mode : {"a", "w"}
            How the array is opened.
        write_size : sequence of numbers, optional
            Extent of a chunk (nm); default: a cube of about 5 MiB.
        name : str, optional
            Name of the array.
        overwrite : bool
            Whether an existing array that differs is replaced.

        Raises
        ------
        DataError
            If `roi` is not in whole voxels, or an array with other properties exists
            and `overwrite` is false. One with the same properties is set to zero.
        """
        from ._creation import ArraySpec, create_array

        spec = ArraySpec.from_arguments(
            axes, roi, num_channels, voxel_size, dtype, write_size
        )
        create_array(array_identifier, spec, overwrite)
        return cls(_config_of(array_identifier, name, mode))

    @property
    def mode(self) -> str:
        """How the array was opened: "r", "w" or "a"."""
        return self._config.mode

    @property
    def attrs(self) -> dict[str, Any]:
        return dict(self._node.attributes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed about the place in the world, one sentence each."""
        return self._placement.notes

    @property
    def axes(self) -> list[str]:
        return [self._placement.axes[i] for i in self._order]

    @property
    def voxel_size(self) -> Coordinate:
        return self._shown(self._placement.voxel_size)

    @property
    def roi(self) -> Roi:
        return self._roi

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._view.dtype

    @property
    def num_channels(self) -> int | None:
        axes = self.axes
        return self._view.shape[axes.index("c")] if "c" in axes else None

    @property
    def data(self) -> StoredArray:
        """The voxels of `roi`, read when they are indexed, in the order of `axes`."""
        return self._view

    @property
    def writable(self) -> bool:
        return self.mode != "r"

    def add_metadata(self, metadata: dict[str, Any]) -> None:
        """Merge `metadata` into the stored attributes.

        Raises
        ------
        DataError
            If the array was opened with mode "r" or cannot be written.
        """
        from ._creation import update_attributes

        self._require_writable()
        update_attributes(self._node, metadata)
        self._node = find_array(self._config.file_name, self._config.dataset)

    def _read(self, roi: Roi) -> NDArray[Any]:
        return self._view[self._index(roi)]

    def __setitem__(self, roi: Roi, value: Any) -> None:
        """Write `value`, which is broadcast, into the box `roi` (nm).

        Raises
        ------
        RoiError
            If `roi` leaves the array or does not lie on its voxel grid.
        DataError
            If the array was opened with mode "r" or cannot be written.
        """
        self._require_writable()
        if self._writable_view is None:
            self._writable_view = self._open(writable=True)
        self._writable_view[self._index(Roi.coerce(roi))] = value

    def _index(self, roi: Roi) -> tuple[slice, ...]:
        spatial = iter(self.check_roi(roi).to_slices())
        return tuple(
            slice(None) if axis in NON_SPATIAL_AXES else next(spatial)
            for axis in self.axes
        )

    def _shown(self, stored: Coordinate) -> Coordinate:
        """Return a spatial vector of the stored order in the order of `axes`."""
        letters = [a for a in self._placement.axes if a not in NON_SPATIAL_AXES]
        return Coordinate(stored[letters.index(axis)] for axis in self.spatial_axes)

    def _visible_roi(self) -> Roi:
        shape = [
            self._node.shape[i]
            for i in self._order
            if self._placement.axes[i] not in NON_SPATIAL_AXES
        ]
        offset = self._shown(self._placement.offset)
        whole = Roi(offset, Coordinate(shape) * self.voxel_size)
        grid = self._config.snap_to_grid
        if grid is None:
            return whole
        try:
            snapped = whole.snap_to_grid(grid, mode="shrink")
            world_to_voxels(snapped, offset, self.voxel_size)
        except ValueError as error:
            raise ConfigError(f"snap_to_grid: {error}") from None
        return snapped

    def _open(self, writable: bool) -> StoredArray:
        from ._sources import open_source

        offset = self._shown(self._placement.offset)
        voxels = world_to_voxels(self._roi, offset, self.voxel_size)
        spatial = iter(zip(voxels.begin, voxels.end, strict=True))
        ranges = [
            range(self._node.shape[i])
            if self._placement.axes[i] in NON_SPATIAL_AXES
            else range(*next(spatial))
            for i in self._order
        ]
        source = open_source(self._node, writable=writable)
        return StoredArray(
            source, self._node.dtype, self._order, ranges, str(self._node)
        )

    def _require_writable(self) -> None:
        if not self.writable:
            raise DataError(
                f"{self._node} was opened with mode 'r'; use mode 'a' to write into it"
            )


def _config_of(
    identifier: LocalArrayIdentifier, name: str | None, mode: str = "a"
) -> ZarrArrayConfig:
    return ZarrArrayConfig(
        name or str(identifier), identifier.container, identifier.dataset, mode=mode
    )


def _shown_axes(
    placement: Placement, node: Node, given: Sequence[str] | None
) -> tuple[int, ...]:
    """Return the stored axes in the order in which they are shown."""
    extra, spatial = [], []
    for i, axis in enumerate(placement.axes):
        if axis not in NON_SPATIAL_AXES:
            spatial.append(i)
        elif axis == CHANNEL_AXIS or node.shape[i] != 1:
            extra.append(i)
    extra.sort(key=lambda i: placement.axes[i] == CHANNEL_AXIS)
    if given is None:
        spatial.sort(key=lambda i: SPATIAL_AXES.index(placement.axes[i]))
    return (*extra, *spatial)


@lru_cache(maxsize=256)
def _tell_once(note: str) -> None:
    logger.warning(note)


@attrs.define
class ZarrArrayConfig(ArrayConfig):
    """An array in a zarr (v2, v3, OME-Zarr) or N5 container on disk."""

    array_type = ZarrArray

    file_name: Path = config_field(
        "The container: a folder whose name ends in .zarr or .n5.",
        converter=Path,
        path_kind="directory",
    )
    dataset: str = config_field(
        "The path of the array inside the container, for example volumes/raw or s0."
    )
    snap_to_grid: Coordinate | None = config_field(
        "Use only the part of the array that lies on a grid with this spacing, so that "
        "arrays with different voxel sizes can be used together.",
        default=None,
        unit="nm",
        converter=attrs.converters.optional(Coordinate),
        advanced=True,
    )
    _axes: list[str] | None = config_field(
        "The names of the axes in stored order, such as c, z, y, x, if the file does "
        "not say them or says them wrongly.",
        default=None,
        converter=attrs.converters.optional(list),
        advanced=True,
    )
    mode: str = config_field(
        "Whether voxels may be written: r = never, a or w = yes. Opening an array never "
        "changes it.",
        default="a",
        choices=("r", "w", "a"),
        converter=attrs.converters.default_if_none("a"),
        advanced=True,
    )

    def verify(self) -> tuple[bool, str]:
        """Return whether the array can be opened; the text tells what is assumed."""
        try:
            array = ZarrArray(self)
        except DaCapoError as error:
            return False, str(error)
        return True, "; ".join((f"{array} can be read", *array.notes))
