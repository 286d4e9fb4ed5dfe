"""Copies of validation inputs beside the results, so that they can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dacapo.arrays import ZarrArray
from napari_dacapo.arrays.base import CHANNEL_AXIS
from napari_dacapo.blockwise import iter_blocks
from napari_dacapo.errors import DataError
from napari_dacapo.geometry import Coordinate, Roi

from ._record import fingerprint

if TYPE_CHECKING:
    from napari_dacapo.arrays import Array
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier

FINGERPRINT = "source_fingerprint"
#: voxels that are copied at a time
COPY_VOXELS = 2**22


def store_copy(
    array: Array, roi: Roi, target: LocalArrayIdentifier, *, labels: bool
) -> ZarrArray:
    """Copy `roi` of `array` to the OME-Zarr image around `target`, unless it is there.

    A copy of other data, told by fingerprint and place, is replaced: a changed data
    split never leaves stale copies behind.
    """
    from napari_dacapo.arrays._ome_zarr import create_image

    source = {**fingerprint(array), "copied_roi": roi.to_plain()}
    existing = _existing_copy(target)
    if existing is not None and existing.attrs.get(FINGERPRINT) == source:
        return existing
    copy = create_image(
        target.container,
        target.dataset.removesuffix("/s0"),
        axes=array.axes,
        roi=roi,
        voxel_size=array.voxel_size,
        num_channels=array.num_channels,
        dtype=array.dtype,
        labels=labels,
        overwrite=True,
    )
    for block in iter_blocks(roi, _copy_block(array) * array.voxel_size):
        values = array[block.write_roi]
        single = copy.num_channels is None and CHANNEL_AXIS in array.axes
        copy[block.write_roi] = values[0] if single else values
    # last, so that an interrupted copy is made again
    copy.add_metadata({FINGERPRINT: source})
    return copy


def _existing_copy(target: LocalArrayIdentifier) -> ZarrArray | None:
    try:
        return ZarrArray.open_from_array_identifier(target)
    except DataError:
        return None


def _copy_block(array: Array) -> Coordinate:
    edge = max(1, round((COPY_VOXELS / (array.num_channels or 1)) ** (1 / array.dims)))
    return Coordinate((edge,) * array.dims)
