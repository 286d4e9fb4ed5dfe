"""The record of a prediction that is not finished: which of its blocks are."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

import attrs

from napari_dacapo.errors import DataError
from napari_dacapo.store.atomic import write_text
from napari_dacapo.store.converter import SCHEMA_KEY, SCHEMA_VERSION, check_schema

if TYPE_CHECKING:
    from napari_dacapo.arrays.identifiers import LocalArrayIdentifier
    from napari_dacapo.nn.model import Model


@attrs.frozen
class Unfinished:
    """How far an unfinished prediction is, in blocks."""

    done: int
    total: int


class DoneBlocks:
    """Numbers of finished blocks, in a small file beside the container of the output.

    The first line says, as JSON, which work it belongs to; every further line is the
    number of a block whose voxels had been handed to the file system before. A line
    that was cut off does not count. A killed process therefore repeats one block at
    most; after a power failure the last blocks may have to be predicted anew.

    Parameters
    ----------
    target : LocalArrayIdentifier
        The array that the blocks are written to.

    Attributes
    ----------
    finished : set of int
        Numbers of the finished blocks, once `begin` or `resume` was called.
    """

    def __init__(self, target: LocalArrayIdentifier) -> None:
        image = target.dataset.removesuffix("/s0").replace("/", ".")
        container = target.container
        self.path = container.with_name(f"{container.name}.{image}.unfinished")
        self.finished: set[int] = set()

    @property
    def exists(self) -> bool:
        """Whether there is a record, hence an output that is not finished."""
        return self.path.is_file()

    def begin(self, work: dict[str, Any], total: int) -> None:
        """Start a record without any block, in the place of an older one.

        Parameters
        ----------
        work : dict
            Plain data that say what is computed; see `resume`.
        total : int
            Number of blocks of the whole work.
        """
        self._write(work, total, set())

    def add(self, number: int) -> None:
        """Note that the block with this number is finished."""
        self.finished.add(number)
        with self.path.open("ab") as file:
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
                f"{', '.join(differing)}; choose another output or allow overwriting"
            )
        self._write(work, total, done)  # without a line that was cut off

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
        self.path.unlink(missing_ok=True)

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
            return dict(head["work"]), int(head["total"]), numbers
        except (ValueError, LookupError, TypeError) as error:
            raise DataError(
                f"{self.path} does not tell how far the prediction is ({error}); "
                "choose another output or allow overwriting"
            ) from error


def weights_digest(model: Model) -> str:
    """Return what tells these weights from others: the SHA-256 of all tensors."""
    import torch

    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        values = tensor.detach().cpu().reshape(-1).contiguous().view(torch.uint8)
        digest.update(values.numpy().tobytes())
    return digest.hexdigest()
