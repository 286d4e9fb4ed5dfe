"""Image stacks in TIFF files: plain, ImageJ and OME-TIFF."""

from __future__ import annotations

from pathlib import Path

import attrs

from napari_dacapo._config import config_field
from napari_dacapo.errors import ConfigError
from napari_dacapo.geometry import Coordinate

from ._axis_names import SPATIAL_AXES
from ._placed import PlacedArray
from ._placement import Placement, overridden, require_positive
from ._tiff import (
    SectionsSource,
    TiffSource,
    cached_sections,
    is_tiff_file,
)
from .base import CHANNEL_AXIS, NON_SPATIAL_AXES, ArrayConfig, verify_by_opening
from .locations import split_location


class TiffArray(PlacedArray):
    """The first series of a TIFF file, read-only; axes ``c z y x`` as far as there are.

    Of a folder of files with one section each, the sections along z, in the order of
    the numbers in their names.

    Parameters
    ----------
    array_config : TiffArrayConfig
        The file, and what it does not say itself.

    Raises
    ------
    DataNotFoundError
        If the file does not exist.
    DataError
        If it is no TIFF file of numbers.
    ConfigError
        If voxel size, offset or axes do not fit the file.
    """

    def __init__(self, array_config: TiffArrayConfig) -> None:
        path = array_config.file_name
        source = SectionsSource(path) if path.is_dir() else TiffSource(path)
        super().__init__(
            cached_sections(source) if isinstance(source, SectionsSource) else source,
            _placement(source, array_config),
            source.dtype.newbyteorder("="),
            str(array_config.file_name),
        )


def is_tiff(path: Path) -> bool:
    """Whether `path` is a TIFF file, or a folder of them outside of containers."""
    if is_tiff_file(path):
        return True
    try:
        if not path.is_dir() or split_location(path) is not None:
            return False  # an array may have millions of files: nothing to look through
        return any(map(is_tiff_file, path.iterdir()))
    except OSError:  # a folder that cannot be read is told when it is opened
        return False


def _placement(
    source: TiffSource | SectionsSource, config: TiffArrayConfig
) -> Placement:
    axes = _axes(source, config)
    spatial = [a for a in axes if a not in NON_SPATIAL_AXES]
    lengths = source.lengths
    unknown = [axis for axis in spatial if axis not in lengths]
    notes = (
        f"{config.file_name} says no voxel size along {', '.join(unknown)}: 1 nm is "
        "assumed; enter it in the field 'voxel_size' if distances matter",
    )
    in_file = Placement(
        axes,
        Coordinate(lengths.get(axis, 1) for axis in spatial),
        Coordinate((0,) * len(spatial)),
        notes if unknown else (),
    )
    return overridden(in_file, config.voxel_size, config.offset)


def _axes(
    source: TiffSource | SectionsSource, config: TiffArrayConfig
) -> tuple[str, ...]:
    """Return one letter per stored axis; an unnamed axis in front is z."""
    letters = list(config.axes or source.axes.lower())
    if config.axes is None:
        letters = [CHANNEL_AXIS if a == "s" else a for a in letters]
        for i, letter in enumerate(letters):
            if letter in "qi":
                letters[i] = CHANNEL_AXIS if "z" in letters else "z"
    known = (*SPATIAL_AXES, *NON_SPATIAL_AXES)
    is_usable = len(letters) == len(source.shape) == len(set(letters))
    if not is_usable or not {"y", "x"} <= set(letters) <= set(known):
        raise ConfigError(
            f"axes: {', '.join(letters)} do not fit {config.file_name}, of shape "
            f"{source.shape}; name each axis once, in stored order, such as z, y, x"
        )
    return tuple(letters)


@attrs.define
class TiffArrayConfig(ArrayConfig):
    """An image or a stack of labels in a TIFF file, or in a folder of them."""

    array_type = TiffArray

    file_name: Path = config_field(
        "The file, ending in .tif or .tiff, or a folder of such files, one for each "
        "section.",
        converter=Path,
        path_kind="any",
    )
    voxel_size: Coordinate | None = config_field(
        "The size of a voxel (z, y, x), if the file does not say it or is wrong.",
        default=None,
        unit="nm",
        validator=require_positive,
        converter=attrs.converters.optional(Coordinate),
    )
    offset: Coordinate | None = config_field(
        "Where the corner of the image lies (z, y, x); the origin if left out.",
        default=None,
        unit="nm",
        converter=attrs.converters.optional(Coordinate),
    )
    axes: list[str] | None = config_field(
        "The names of the axes in stored order, such as z, y, x, if the file does not "
        "say them.",
        default=None,
        converter=attrs.converters.optional(list),
        advanced=True,
    )

    def verify(self) -> tuple[bool, str]:
        """Return whether the file can be read; the text tells what is assumed."""
        return verify_by_opening(self)
