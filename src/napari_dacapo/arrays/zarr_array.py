"""Arrays stored in zarr (v2 and v3, OME-Zarr included) and N5 containers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo._config import config_field
from napari_dacapo.errors import DaCapoError, DataError
from napari_dacapo.geometry import Coordinate, Roi

from ._nodes import find_array
from ._placed import PlacedArray
from ._placement import overridden, place, require_positive
from .base import ArrayConfig
from .locations import Url, to_location, writable_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._stored import StoredArray
    from .identifiers import LocalArrayIdentifier


class ZarrArray(PlacedArray):
    """A stored array, read lazily; opening it never changes a file.

    Axes are shown in the order ``c z y x`` whatever the stored order; axis names given
    by the config keep the stored order of the spatial axes.

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
        from ._sources import open_source

        self._config = array_config
        self._node = find_array(array_config.file_name, array_config.dataset)
        super().__init__(
            open_source(self._node, writable=False),
            overridden(
                place(self._node, array_config.axes),
                array_config.voxel_size,
                array_config.offset,
                keep_order=array_config.axes is not None,
            ),
            self._node.dtype,
            str(self._node),
            keep_order=array_config.axes is not None,
            grid=array_config.snap_to_grid,
        )
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
            Where; containers that end in ``.n5`` get an N5 array, others zarr v2, or v3
            if they are of that format.
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
    def name(self) -> str:
        """Name of the array."""
        return self._config.name

    @property
    def file_name(self) -> Url | Path:
        """The container."""
        return self._config.file_name

    @property
    def dataset(self) -> str:
        """Path of the array inside the container."""
        return self._config.dataset

    @property
    def mode(self) -> str:
        """How the array was opened: "r", "w" or "a"."""
        return self._config.mode or "a"

    @property
    def attrs(self) -> dict[str, Any]:
        return dict(self._node.attributes)

    @property
    def writable(self) -> bool:
        return self.mode != "r" and self._node.reader.is_writable

    def add_metadata(self, metadata: dict[str, Any]) -> None:
        """Merge `metadata` into the stored attributes.

        Raises
        ------
        DataError
            If the array was opened with mode "r", or its container is only read.
        """
        from ._creation import update_attributes

        self._require_writable()
        update_attributes(self._node, metadata)
        self._node = find_array(self._config.file_name, self._config.dataset)

    def __setitem__(self, roi: Roi, value: Any) -> None:
        """Write `value`, which is broadcast, into the box `roi` (nm).

        Raises
        ------
        RoiError
            If `roi` leaves the array or does not lie on its voxel grid.
        DataError
            If the array was opened with mode "r", or its container is only read.
        """
        from ._sources import open_source

        self._require_writable()
        if self._writable_view is None:
            source = open_source(self._node, writable=True)
            self._writable_view = self._view_of(source, self.dtype)
        self._writable_view[self._index(Roi.coerce(roi))] = value

    def _require_writable(self) -> None:
        writable_folder(self._config.file_name)
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


@attrs.define
class ZarrArrayConfig(ArrayConfig):
    """An array in a zarr (v2, v3, OME-Zarr) or N5 container, on disk or on a server."""

    array_type = ZarrArray

    file_name: Url | Path = config_field(
        "The container: a folder whose name ends in .zarr or .n5. Read but never "
        "written are .zarr.zip and .ozx files, and addresses that begin with https:// "
        "or s3://.",
        converter=to_location,
        path_kind="any",
    )
    dataset: str = config_field(
        "The path of the array inside the container, for example volumes/raw or s0."
    )
    snap_to_grid: Coordinate | None = config_field(
        "Use only the part of the array that lies on a grid with this spacing, so that "
        "arrays with different voxel sizes can be used together.",
        default=None,
        unit="nm",
        validator=require_positive,
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
    mode: str | None = config_field(
        "Whether voxels may be written: r = never, a or w = yes. Opening an array "
        "never changes it.",
        default="a",
        choices=("r", "w", "a"),
        converter=attrs.converters.default_if_none("a"),
        advanced=True,
    )

    voxel_size: Coordinate | None = config_field(
        "The size of a voxel (z, y, x), if the file does not say it or is wrong.",
        default=None,
        unit="nm",
        validator=require_positive,
        converter=attrs.converters.optional(Coordinate),
        advanced=True,
    )
    offset: Coordinate | None = config_field(
        "Where the corner of the array lies (z, y, x), if the file does not say it or "
        "says it wrongly.",
        default=None,
        unit="nm",
        converter=attrs.converters.optional(Coordinate),
        advanced=True,
    )

    @property
    def axes(self) -> list[str] | None:
        """The axis names given, in stored order, or `None` to take the stored ones."""
        return self._axes

    def verify(self) -> tuple[bool, str]:
        """Return whether the array can be opened; the text tells what is assumed."""
        try:
            array = ZarrArray(self)
        except DaCapoError as error:
            return False, str(error)
        return True, "; ".join((f"{array} can be read", *array.notes))
