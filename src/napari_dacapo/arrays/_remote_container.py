"""Containers on servers and in cloud stores, through fsspec; they are only read.

Plain HTTP has no way to list a folder. What is there is known from consolidated
metadata; else from the index page that many servers make of a folder; else from what
the metadata of groups name.
"""

from __future__ import annotations

import asyncio
from functools import cached_property
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from napari_dacapo.errors import DataError

from ._containers import METADATA_FILES, Container
from ._transfer import (
    filesystem,
    has_credentials,
    is_missing,
    is_refused,
    key_value_store,
    options_of,
    reason_of,
    transfer_error,
    transfer_errors,
)
from .locations import read_only_error

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from fsspec import AbstractFileSystem
    from zarr.storage import StorePath

    from .locations import Url

#: folders whose metadata are asked for at the same time
MAX_PREFETCHED = 100
#: files asked for at the same time; small servers drop what comes beyond a few
MAX_REQUESTS = 8
_numbers = count()


class RemoteContainer(Container):
    """A container behind an address.

    Parameters
    ----------
    location : Url
        The address.
    """

    is_remote = True

    def __init__(self, location: Url) -> None:
        self._url = location
        self._is_signed = False
        self._files: dict[str, bytes | None] = {}
        self._refusal = ""
        # what a server holds may change between two openings, not in between
        self._number = next(_numbers)

    def __reduce__(self) -> tuple[type[RemoteContainer], tuple[Url]]:
        return RemoteContainer, (self._url,)

    @property
    def location(self) -> Url:
        return self._url

    @property
    def refusal(self) -> str:
        return self._refusal

    def document(self, file: str) -> dict[str, Any] | None:
        path = PurePosixPath(file)
        known = self._consolidated.get(path.parent.as_posix())
        if known is not None:
            return known.get(path.name)
        if (self.read(file) or b"").lstrip().startswith(b"<"):
            raise DataError(
                f"{self._path(file)} is a web page, not metadata; check the address"
            )
        return super().document(file)

    def read(self, file: str) -> bytes | None:
        if file not in self._files:
            self._fetch([file])
        return self._files[file]

    def prefetch(self, folders: Iterable[str]) -> None:
        unknown = [f for f in folders if (f or ".") not in self._consolidated]
        files = [
            f"{folder}/{name}".strip("/")
            for folder in unknown[:MAX_PREFETCHED]
            for name in METADATA_FILES
        ]
        self._fetch([file for file in files if file not in self._files])

    def children(self, folder: str) -> list[str] | None:
        if (folder or ".") in self._consolidated:
            above = f"{folder}/" if folder else ""
            below = (p for p in self._consolidated if p.startswith(above) and p != ".")
            return sorted({p.removeprefix(above).split("/")[0] for p in below})
        address = f"{self._path(folder)}/"
        try:
            entries = self._filesystem.ls(address, detail=True)
        except transfer_errors():
            return None
        return _folders(entries, address) if entries else None

    def is_folder(self, path: str) -> bool:
        return bool(self.children(path))

    def store(self, path: str, *, uses_blosc: bool, writable: bool) -> StorePath:
        from zarr.storage import StorePath

        from ._checked_store import BloscFsspecStore, CheckedFsspecStore

        if writable:
            raise read_only_error(self._url)
        kind = BloscFsspecStore if uses_blosc else CheckedFsspecStore
        options = options_of(self._url, signed=self._is_signed)
        store = kind.from_url(self._path(path), options, read_only=True)
        return StorePath(store, "")

    def key_value_store(self, path: str) -> dict[str, Any]:
        return key_value_store(self._url / path)

    def version(self, file: str) -> Hashable:
        return self._number

    @cached_property
    def _consolidated(self) -> dict[str, dict[str, Any]]:
        """Metadata files by folder (``.`` is the container itself) and name."""
        self._fetch(["zarr.json", ".zmetadata"])
        documents = {}
        for file in ("zarr.json", ".zmetadata"):
            if (self._files[file] or b"").lstrip().startswith(b"{"):
                documents[file] = super().document(file) or {}
        if "zarr.json" in documents:
            return _consolidated_v3(documents["zarr.json"])
        return _consolidated_v2(documents.get(".zmetadata", {}))

    @cached_property
    def _can_sign(self) -> bool:
        return has_credentials(self._url)

    @property
    def _filesystem(self) -> AbstractFileSystem:
        return filesystem(self._url, signed=self._is_signed)

    def _path(self, file: str) -> str:
        return str(self._url / file)

    def _fetch(self, files: list[str]) -> None:
        """Read `files` at the same time; anonymously as long as that is allowed.

        Raises
        ------
        TransferError
            If the server cannot be reached or fails.
        """
        answers = self._ask(files)
        refused = [a for a in answers if isinstance(a, Exception) and is_refused(a)]
        nothing = not any(isinstance(a, bytes) for a in answers)
        if refused and nothing and self._can_sign and not self._is_signed:
            self._is_signed = True
            answers = self._ask(files)
        for file, answer in zip(files, answers, strict=True):
            if isinstance(answer, bytes):
                self._files[file] = answer
            elif is_refused(answer):
                # many servers refuse what does not exist
                self._files[file] = None
                self._refusal = reason_of(answer)
            elif is_missing(answer):
                self._files[file] = None
            else:
                raise transfer_error(self._path(file), answer) from answer

    def _ask(self, files: list[str]) -> list[bytes | Exception]:
        """Return the contents of `files`, or why they cannot be had."""
        system = self._filesystem
        paths = [system._strip_protocol(self._path(f)) for f in files]  # noqa: SLF001
        if system.async_impl:
            from fsspec.asyn import sync

            found: list[bytes | Exception] = sync(system.loop, _cat, system, paths)
            return found
        return [_cat_one(system, path) for path in paths]


async def _cat(system: Any, paths: list[str]) -> list[Any]:
    free = asyncio.Semaphore(MAX_REQUESTS)

    async def cat(path: str) -> bytes:
        async with free:
            content: bytes = await system._cat_file(path)  # noqa: SLF001
            return content

    return await asyncio.gather(*map(cat, paths), return_exceptions=True)


def _cat_one(system: AbstractFileSystem, path: str) -> bytes | Exception:
    try:
        content: bytes = system.cat_file(path)
    except transfer_errors() as error:
        return error
    return content


def _folders(entries: list[dict[str, Any]], address: str) -> list[str]:
    """Return the names of the folders among the `entries` of the folder `address`.

    Of the links of a web page only those into the folder itself count.
    """
    found = set()
    for entry in entries:
        name = str(entry["name"])
        is_elsewhere = "://" in name and not name.startswith(address)
        if entry["type"] == "directory" and not is_elsewhere:
            inside = name.removeprefix(address) if "://" in name else name
            is_deep = "://" in name and "/" in inside.rstrip("/")
            last = PurePosixPath(inside).name
            if last and last not in (".", "..") and not is_deep:
                found.add(unquote(last) if "://" in name else last)
    return sorted(found)


def _consolidated_v3(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what the ``consolidated_metadata`` of a group of zarr v3 hold."""
    inline = document.get("consolidated_metadata")
    nodes = inline.get("metadata") if isinstance(inline, dict) else None
    if not isinstance(nodes, dict):
        return {}
    found = {path: {"zarr.json": node} for path, node in nodes.items()}
    return _with_parents({**found, ".": {"zarr.json": document}})


def _consolidated_v2(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what a ``.zmetadata`` file of zarr v2 holds."""
    entries = document.get("metadata")
    if not isinstance(entries, dict):
        return {}
    found: dict[str, dict[str, Any]] = {".": {}}
    for file, content in entries.items():
        path = PurePosixPath(file)
        found.setdefault(path.parent.as_posix(), {})[path.name] = content
    return _with_parents(found)


def _with_parents(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for folder in list(found):
        for parent in PurePosixPath(folder).parents:
            found.setdefault(parent.as_posix(), {})
    return found
