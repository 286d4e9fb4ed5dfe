"""Zipped containers: ``.zarr.zip`` and ``.ozx`` files.

The root of the file is the root of the hierarchy (https://ngff.openmicroscopy.org/rfc/9
for OME-Zarr, the zip store of zarr for others). Files that hold the folder ``.zarr``
itself, as archivers make them of a folder, are read as well.
"""

from __future__ import annotations

import zipfile
from functools import cached_property
from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import DataError, DataNotFoundError

from ._containers import Container
from .locations import read_only_error

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from zarr.storage import StorePath


class ZipContainer(Container):
    """A zipped zarr container, which is only read.

    Parameters
    ----------
    location : Path
        The file.
    """

    def __init__(self, location: Path) -> None:
        self._file = location

    def __reduce__(self) -> tuple[type[ZipContainer], tuple[Path]]:
        return ZipContainer, (self._file,)

    @property
    def location(self) -> Path:
        return self._file

    def read(self, file: str) -> bytes | None:
        archive, name = self._archive, self._root + file
        if name not in archive.NameToInfo:
            return None
        try:
            return archive.read(name)
        except _ZIP_ERRORS as error:
            raise damaged(self._file, error) from error

    def children(self, folder: str) -> list[str]:
        return sorted(self._folders.get(f"{folder}/" if folder else "", ()))

    def is_folder(self, path: str) -> bool:
        return not path or f"{path}/" in self._folders

    def store(self, path: str, *, uses_blosc: bool, writable: bool) -> StorePath:
        from zarr.storage import StorePath

        from ._checked_store import BloscZipStore, CheckedZipStore

        if writable:
            raise read_only_error(self._file)
        store = (BloscZipStore if uses_blosc else CheckedZipStore)(self._file)
        return StorePath(store, f"{self._root}{path}".strip("/"))

    def key_value_store(self, path: str) -> dict[str, Any]:
        return {
            "driver": "zip",
            "base": {"driver": "file", "path": str(self._file)},
            "path": f"{self._root}{path}/",
        }

    def version(self, file: str) -> Hashable:
        return self._stamp

    @cached_property
    def _stamp(self) -> Hashable:
        """What changes when the whole file is replaced."""
        status = self._file.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino

    @cached_property
    def _archive(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self._file)
        except FileNotFoundError:
            raise DataNotFoundError(
                f"{self._file} does not exist; check the path"
            ) from None
        except _ZIP_ERRORS as error:
            raise damaged(self._file, error) from error

    @cached_property
    def _root(self) -> str:
        """What stands before all paths of the hierarchy."""
        tops = {name.split("/")[0] for name in self._archive.NameToInfo}
        tops.discard("__MACOSX")
        top = tops.pop() if len(tops) == 1 else ""
        return f"{top}/" if top.endswith(".zarr") else ""

    @cached_property
    def _folders(self) -> dict[str, set[str]]:
        """Names of the folders in each folder; paths end in a slash."""
        found: dict[str, set[str]] = {"": set()}
        for name in self._archive.NameToInfo:
            if not name.startswith(self._root):
                continue
            above = ""
            for part in name.removeprefix(self._root).split("/")[:-1]:
                found[above].add(part)
                above = f"{above}{part}/"
                found.setdefault(above, set())
        return found


#: what zipfile raises for damaged files, encrypted ones and unknown compressions
_ZIP_ERRORS = (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError)


def damaged(file: Path, error: Exception) -> DataError:
    """Return the complaint about a file that is no readable zip file."""
    return DataError(
        f"{file} is no complete zip file ({error}); copy or download it again"
    )
