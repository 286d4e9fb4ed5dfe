"""Where containers are: folders and files of this machine, and remote addresses."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

import attrs

from napari_dacapo.errors import DataError

#: what the names of container folders, and of zipped containers, end in. ``.ozx`` is
#: the suffix of zipped OME-Zarr (https://ngff.openmicroscopy.org/rfc/9)
FOLDER_SUFFIXES = (".zarr", ".n5")
ZIP_SUFFIXES = (".zip", ".ozx")
CONTAINER_SUFFIXES = (*FOLDER_SUFFIXES, *ZIP_SUFFIXES)

# one slash is enough: a `Path` made of an address has lost the other one
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.*)", re.DOTALL)


@attrs.frozen
class Url:
    """An address in the internet or in a cloud store.

    Parameters
    ----------
    scheme : str
        Such as ``https`` or ``s3``.
    rest : str
        What follows ``://``, without a slash at the end.
    """

    scheme: str
    rest: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.rest}"

    def __truediv__(self, inner: str) -> Url:
        """Return the address of `inner` below this one."""
        return Url(self.scheme, f"{self.rest}/{inner}" if inner else self.rest)

    @property
    def name(self) -> str:
        """The last part."""
        return PurePosixPath(self.rest).name

    @property
    def stem(self) -> str:
        """The last part without its suffix."""
        return PurePosixPath(self.rest).stem

    @property
    def suffix(self) -> str:
        """What the last part ends in, such as ``.zarr``."""
        return PurePosixPath(self.rest).suffix


#: addresses first: a text that is none is a path
Location = Url | Path


def to_location(value: Any) -> Location:
    """Return a path or an address, whichever `value` is.

    Parameters
    ----------
    value : str, os.PathLike or Url
        Also a `Path` made of an address, and addresses of the form ``file://``.

    Raises
    ------
    DataError
        If an address has a query, such as the signature of a link that expires.
    TypeError
        If it is none of these.
    """
    if isinstance(value, Url):
        return value
    text = os.fspath(value)
    found = _ADDRESS.fullmatch(text.replace("\\", "/"))
    if found is None:
        return value if isinstance(value, Path) else Path(text)
    scheme, rest = found[1].lower(), found[2].rstrip("/")
    if scheme == "file":
        return Path(f"/{rest}")
    if scheme in ("http", "https") and set("?#") & set(rest):
        raise DataError(
            f"{text} has a part after ? or #, which does not belong to the address of "
            "a folder; leave it out"
        )
    return Url(scheme, rest)


def split_location(location: Location) -> tuple[Location, str] | None:
    """Return the container in `location` and the path inside it, `None` without one.

    The innermost part whose name ends like that of a container counts; on this machine
    it must exist, and a folder with metadata of zarr needs no such name. An address
    without such a part is a container as a whole.
    """
    if isinstance(location, Url):
        parts = location.rest.split("/")
        for count in range(len(parts), 0, -1):
            if PurePosixPath(parts[count - 1]).suffix in CONTAINER_SUFFIXES:
                top = Url(location.scheme, "/".join(parts[:count]))
                return top, "/".join(parts[count:])
        return location, ""
    for place in (location, *location.parents):
        if is_local_container(place):
            return place, _inside(location, place)
    marked = [p for p in (location, *location.parents) if has_metadata(p)]
    return (marked[-1], _inside(location, marked[-1])) if marked else None


def _inside(path: Path, container: Path) -> str:
    inner = path.relative_to(container).as_posix()
    return "" if inner == "." else inner


def is_local_container(path: Path) -> bool:
    """Whether `path` exists and is named like a container."""
    try:
        if path.suffix in FOLDER_SUFFIXES:
            return path.is_dir()
        return path.suffix in ZIP_SUFFIXES and path.is_file()
    except OSError:  # a folder above may not be read
        return False


def has_metadata(path: Path) -> bool:
    """Whether `path` is a folder with a metadata file of zarr."""
    names = ("zarr.json", ".zgroup", ".zarray")
    try:
        return any((path / name).is_file() for name in names)
    except OSError:
        return False


def plain_name(location: Location) -> str:
    """Return the name of a container without its suffixes."""
    name = location.name
    for suffix in (*ZIP_SUFFIXES, *FOLDER_SUFFIXES):
        name = name.removesuffix(suffix)
    return name or location.name


def read_only_error(location: Location) -> DataError:
    """Return the complaint about writing into a container that can only be read."""
    kind = "addresses" if isinstance(location, Url) else "zip files"
    return DataError(
        f"{location} cannot be written: {kind} are only read; write into a .zarr "
        "folder on this machine"
    )


def writable_folder(location: Location) -> Path:
    """Return `location` if it is a folder of this machine or can become one.

    Raises
    ------
    DataError
        If containers there are only read.
    """
    if isinstance(location, Url) or location.suffix in ZIP_SUFFIXES:
        raise read_only_error(location)
    return location
