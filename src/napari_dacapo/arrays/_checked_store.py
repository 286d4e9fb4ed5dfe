"""Zarr stores that tell truncated chunks from whole ones, and network errors apart.

Blosc reads past the end of a chunk that was cut off: what it then does depends on what
lies behind in memory, and now and then it returns wrong values instead of failing.
"""

from __future__ import annotations

import asyncio
import zipfile
from typing import TYPE_CHECKING, Any

from zarr.abc.store import RangeByteRequest, Store, SuffixByteRequest
from zarr.storage import FsspecStore, LocalStore, ZipStore

from napari_dacapo.errors import DataError

from ._transfer import RETRIES, is_passing, transfer_error, transfer_errors

if TYPE_CHECKING:
    from pathlib import Path

    from zarr.abc.store import ByteRequest
    from zarr.core.buffer import Buffer, BufferPrototype

#: of the header of a Blosc chunk; its last four bytes hold the length of the chunk
HEADER_BYTES = 16
#: seconds before a server is asked again
PAUSE = 0.5
_METADATA = (".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json")


class CheckedFsspecStore(FsspecStore):
    """A remote store that asks again, and tells which file it could not get."""

    async def get(
        self,
        key: str,
        prototype: BufferPrototype,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Read a file, or a part of it.

        Raises
        ------
        TransferError
            If the server does not send it.
        """
        for left in range(RETRIES, -1, -1):
            try:
                found = await super().get(key, prototype, byte_range)
            except transfer_errors() as error:
                if left and is_passing(error):
                    await asyncio.sleep(PAUSE)
                    continue
                root = self.fs.unstrip_protocol(self.path)
                raise transfer_error(f"{root}/{key}", error) from error
            return found if found is None else _part(found, byte_range)
        return None


def _part(found: Buffer, wanted: ByteRequest | None) -> Buffer:
    """Return the part that was asked for: some servers always send the whole file."""
    if isinstance(wanted, RangeByteRequest) and len(found) > wanted.end - wanted.start:
        return found[wanted.start : wanted.end]
    if isinstance(wanted, SuffixByteRequest) and len(found) > wanted.suffix:
        return found[len(found) - wanted.suffix :]
    return found


class CheckedZipStore(ZipStore):
    """A zip file, only read, of which damaged entries are reported as such.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, mode="r")
        self._sync_open()  # zarr opens stores that it makes itself only

    async def get(
        self,
        key: str,
        prototype: BufferPrototype,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Read an entry, or a part of it.

        Raises
        ------
        DataError
            If it is damaged.
        """
        try:
            return await super().get(key, prototype, byte_range)
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise DataError(f"{key}: {error}") from error


class _BloscStore(Store):
    """Before a store of an array whose chunks are compressed by Blosc."""

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
        reading: Any = super()  # the store that a class below names second
        found: Buffer | None = await reading.get(key, prototype, byte_range)
        if found is None or byte_range is not None or key.endswith(_METADATA):
            return found
        written = int.from_bytes(found[12:HEADER_BYTES].to_bytes(), "little")
        if len(found) < HEADER_BYTES or len(found) < written:
            raise DataError(f"{len(found)} of {written} bytes of {key} are there")
        return found


class BloscLocalStore(_BloscStore, LocalStore):
    """A local store with Blosc chunks."""


class BloscZipStore(_BloscStore, CheckedZipStore):
    """A zip file with Blosc chunks."""


class BloscFsspecStore(_BloscStore, CheckedFsspecStore):
    """A remote store with Blosc chunks."""
