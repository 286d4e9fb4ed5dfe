"""A zarr store that tells truncated chunks from whole ones.

Blosc reads past the end of a chunk that was cut off: what it then does depends on what
lies behind in memory, and now and then it returns wrong values instead of failing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zarr.storage import LocalStore

from napari_dacapo.errors import DataError

if TYPE_CHECKING:
    from zarr.abc.store import ByteRequest
    from zarr.core.buffer import Buffer, BufferPrototype

#: of the header of a Blosc chunk; its last four bytes hold the length of the chunk
HEADER_BYTES = 16
_METADATA = (".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json")


class BloscStore(LocalStore):
    """A local store of an array whose chunks are compressed by Blosc.

    Parameters
    ----------
    root : Path
        Folder of the array.
    """

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Read a chunk or a metadata file.

        Raises
        ------
        DataError
            If a chunk is shorter than it says.
        """
        found = await super().get(key, prototype, byte_range)
        if found is None or byte_range is not None or key.endswith(_METADATA):
            return found
        written = int.from_bytes(found[12:HEADER_BYTES].to_bytes(), "little")
        if len(found) < HEADER_BYTES or len(found) < written:
            raise DataError(f"{len(found)} of {written} bytes of {key} are there")
        return found
