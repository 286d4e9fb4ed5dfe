"""The record of a prediction that is not finished: which of its blocks are."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

import attrs
from filelock import FileLock

from napari_dacapo.errors import DataError
from napari_dacapo.store.atomic import write_text
from napari_dacapo.store.converter import SCHEMA_KEY, SCHEMA_VERSION, check_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.blockwise import Block
    from napari_dacapo.nn.model import Model

    from ._share import Share

#: how long a job waits for another one that makes the output of both
LOCK_SECONDS = 120


@attrs.frozen
class Unfinished:
    """How far an unfinished prediction is, in blocks."""

    done: int
    total: int


class DoneBlocks:
    """Numbers of finished blocks, in small files beside the container of the output.

    The first line says, as JSON, which work it belongs to; every further line is the
    number of a block whose voxels had been handed to the file system before. A line
    that was cut off does not count. A killed process therefore repeats one block at
    most; after a power failure the last blocks may have to be predicted anew.

    Processes that predict a share each have a file of such lines of their own.

    Parameters
    ----------
    target : LocalArrayIdentifier
        The array that the blocks are written to.
    share : Share, optional
        Which blocks this process predicts; by default all.

    Attributes
    ----------
    finished : set of int
        Numbers of the finished blocks, whoever predicted them, once `begin` or
        `resume` was called.
    """

    def __init__(
        self, target: LocalArrayIdentifier, share: Share | None = None
    ) -> None:
        image = target.dataset.removesuffix("/s0").replace("/", ".")
        container = target.container
        self.path = container.with_name(f"{container.name}.{image}.unfinished")
        self.share = share
        self._own = self.path if share is None else self._part(share)
        self.finished: set[int] = set()

    @property
    def exists(self) -> bool:
        """Whether there is a record, hence an output that is not finished."""
        return self.path.is_file()

    @contextlib.contextmanager
    def opening(self) -> Iterator[None]:
        """Let jobs with a share make or open their common output one after the other.

        Raises
        ------
        TimeoutError
            If another job takes longer than `LOCK_SECONDS`.
        """
        if self.share is None:
            yield
            return
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._lock, timeout=LOCK_SECONDS):
                yield
        finally:
            if not self.exists:  # the result is complete: no job comes any more
                self._lock.unlink(missing_ok=True)

    def begin(self, work: dict[str, Any], total: int) -> None:
        """Start a record without any block, in the place of an older one.

        Parameters
        ----------
        work : dict
            Plain data that say what is computed; see `resume`.
        total : int
            Number of blocks of the whole work.
        """
        self._delete_parts()
        self._write(work, total, set())

    def blocks_of(self, blocks: Sequence[Block]) -> list[Block]:
        """Return which of all `blocks` this process predicts, finished ones too."""
        return list(blocks) if self.share is None else self.share.of(blocks)

    def add(self, number: int) -> None:
        """Note that the block with this number is finished."""
        self.finished.add(number)
        with self._own.open("ab") as file:
            file.write(f"{number}\n".encode())
            file.flush()
            os.fsync(file.fileno())

    def resume(self, work: dict[str, Any]) -> None:
        """Take the record up again, if it belongs to this very work.

        Raises
        ------
        DataError
            If the record belongs to other work, or is damaged.
        """
        before, total, done = self._read()
        # compared in the form in which it was stored
        now = json.loads(json.dumps(work))
        differing = [key for key in now if before.get(key) != now[key]]
        if differing:
            raise DataError(
                f"{self.path.name} belongs to an unfinished prediction with another "
                f"{', '.join(differing)}; choose another output or allow overwriting "
                "(--overwrite)"
            )
        if self.share is None:
            self._write(work, total, done)  # without a line that was cut off
            return
        self.finished = done
        mine = self._own.read_bytes() if self._own.exists() else b""
        if mine and not mine.endswith(b"\n"):
            with self._own.open("r+b") as file:  # others may be reading it
                file.truncate(mine.rfind(b"\n") + 1)

    def refresh(self) -> set[int]:
        """Return the numbers of blocks that other processes finished since last asked.

        Raises
        ------
        DataError
            If the record is damaged.
        """
        _, _, done = self._read()
        new = done - self.finished
        self.finished |= new
        return new

    def progress(self) -> Unfinished:
        """Return how far the work is.

        Raises
        ------
        DataError
            If the record is damaged.
        """
        _, total, done = self._read()
        return Unfinished(len(done), total)

    def discard(self) -> None:
        """Delete the record, if it exists: the output is complete or given up."""
        self._delete_parts()
        self._lock.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    @property
    def _lock(self) -> Path:
        return self.path.with_name(f"{self.path.name}.lock")

    def _part(self, share: Share) -> Path:
        return self.path.with_name(f"{self.path.name}.{share.number}of{share.count}")

    def _parts(self) -> list[Path]:
        return list(self.path.parent.glob(f"{glob.escape(self.path.name)}.*of*"))

    def _delete_parts(self) -> None:
        for part in self._parts():
            part.unlink(missing_ok=True)

    def _write(self, work: dict[str, Any], total: int, finished: set[int]) -> None:
        head = {SCHEMA_KEY: SCHEMA_VERSION, "total": total, "work": work}
        lines = [json.dumps(head), *map(str, sorted(finished))]
        write_text(self.path, "\n".join(lines) + "\n")
        self.finished = finished

    def _read(self) -> tuple[dict[str, Any], int, set[int]]:
        first, *lines = self.path.read_text(encoding="utf-8").split("\n")
        try:
            head = check_schema(json.loads(first), self.path)
            numbers = {int(line) for line in lines[:-1]}
            numbers.update(*map(_numbers, self._parts()))
            return dict(head["work"]), int(head["total"]), numbers
        except (ValueError, LookupError, TypeError) as error:
            raise DataError(
                f"{self.path} does not tell how far the prediction is ({error}); "
                "choose another output or allow overwriting (--overwrite)"
            ) from error


def _numbers(path: Path) -> set[int]:
    """Return the numbers in the lines of a file, without one that was cut off."""
    return {int(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]}


def weights_digest(model: Model) -> str:
    """Return what tells these weights from others: the SHA-256 of all tensors."""
    import torch

    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        values = tensor.detach().cpu().reshape(-1).contiguous().view(torch.uint8)
        digest.update(values.numpy().tobytes())
    return digest.hexdigest()
