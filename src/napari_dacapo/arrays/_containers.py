"""What the code for nodes and voxels asks of a container, wherever it is."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from napari_dacapo.errors import DataError

from .locations import ZIP_SUFFIXES, Location, Url, read_only_error

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from pathlib import Path

    from zarr.storage import StorePath

#: files that describe nodes
METADATA_FILES = ("zarr.json", ".zarray", ".zgroup", ".zattrs", "attributes.json")


class TransferError(DataError):
    """A server did not send what was asked for."""


class Container(ABC):
    """A container that can be read; made anew for each listing or opened array.

    Paths inside are written with ``/`` and without slashes at the ends.
    """

    #: whether one request per folder takes so long that few can be looked into
    is_remote = False
    #: whether its arrays can be changed
    is_writable = False

    @property
    @abstractmethod
    def location(self) -> Location:
        """Where it is."""

    @property
    def refusal(self) -> str:
        """Why a server refused a file, if one did; also what does not exist."""
        return ""

    def document(self, file: str) -> dict[str, Any] | None:
        """Return the JSON object in a metadata file, `None` if there is no such file.

        Raises
        ------
        DataError
            If it cannot be read or is something else.
        """
        content = self.read(file)
        return None if content is None else parsed(content, f"{self.location}/{file}")

    @abstractmethod
    def read(self, file: str) -> bytes | None:
        """Return the content of a small file, `None` if there is no such file.

        Raises
        ------
        DataError
            If it cannot be read.
        """

    def prefetch(self, folders: Iterable[str]) -> None:  # noqa: B027 - a hint
        """Be told that the metadata files of `folders` will be read next."""

    @abstractmethod
    def children(self, folder: str) -> list[str] | None:
        """Return the names of the folders in `folder`, `None` if nobody can tell."""

    @abstractmethod
    def is_folder(self, path: str) -> bool:
        """Whether there is a folder at `path`, as far as can be told."""

    @abstractmethod
    def store(self, path: str, *, uses_blosc: bool, writable: bool) -> StorePath:
        """Return the zarr store of the array at `path`.

        With `uses_blosc` it finds chunks that were cut off.

        Raises
        ------
        DataError
            If the container cannot be written but should be.
        """

    @abstractmethod
    def key_value_store(self, path: str) -> dict[str, Any]:
        """Return the specification of tensorstore of the folder `path`.

        Raises
        ------
        DataError
            If tensorstore cannot read containers of this kind.
        """

    @abstractmethod
    def version(self, file: str) -> Hashable:
        """Return what changes when the content of `file` changes.

        `None` if there is no such file, a constant if nobody can tell.
        """

    def folder(self, path: str) -> Path:
        """Return the folder on this machine of `path`, for writing.

        Raises
        ------
        DataError
            If there is none.
        """
        raise read_only_error(self.location)


def open_container(location: Location) -> Container:
    """Return the container at `location`, of which nothing is read yet."""
    if isinstance(location, Url):
        from ._remote_container import RemoteContainer

        return RemoteContainer(location)
    if location.suffix in ZIP_SUFFIXES:
        from ._zip_container import ZipContainer

        return ZipContainer(location)
    return LocalContainer(location)


def parsed(content: bytes, where: str) -> dict[str, Any]:
    """Return the JSON object in the metadata file `where`.

    Raises
    ------
    DataError
        If there is none in it.
    """
    try:
        document = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{where} is not valid JSON ({error}); restore this metadata file"
        ) from error
    if not isinstance(document, dict):
        raise DataError(f"{where} is not a JSON object; restore this metadata file")
    return document


def _leads_back(folder: Path) -> bool:
    """Whether `folder` is a link to a folder that it lies in."""
    is_link = folder.is_symlink()
    return is_link and folder.parent.resolve().is_relative_to(folder.resolve())


class LocalContainer(Container):
    """A folder on this machine.

    Parameters
    ----------
    location : Path
        The folder.
    """

    is_writable = True

    def __init__(self, location: Path) -> None:
        self._folder = location

    @property
    def location(self) -> Path:
        return self._folder

    def read(self, file: str) -> bytes | None:
        path = self._folder / file
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise DataError(f"{path} cannot be read ({error})") from error

    def children(self, folder: str) -> list[str]:
        here = self._folder / folder
        try:
            return [
                entry.name
                for entry in here.iterdir()
                if entry.is_dir() and not _leads_back(entry)
            ]
        except OSError:  # a folder that may not be read must not hide the others
            return []

    def is_folder(self, path: str) -> bool:
        return (self._folder / path).is_dir()

    def store(self, path: str, *, uses_blosc: bool, writable: bool) -> StorePath:
        from zarr.storage import LocalStore, StorePath

        from ._checked_store import BloscLocalStore

        kind = BloscLocalStore if uses_blosc else LocalStore
        return StorePath(kind(self._folder / path, read_only=not writable), "")

    def key_value_store(self, path: str) -> dict[str, Any]:
        return {"driver": "file", "path": f"{self._folder / path}/"}

    def version(self, file: str) -> Hashable:
        try:
            # asked for every chunk of every crop: a Path would take longer than this
            status = os.stat(f"{self._folder}/{file}")  # noqa: PTH116
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def folder(self, path: str) -> Path:
        return self._folder / path
