"""Checkpoints of runs, and which of them are best."""

from __future__ import annotations

import contextlib
import errno
import os
import pickle
from typing import TYPE_CHECKING, Any, TypedDict

from napari_dacapo.errors import DataError, DataNotFoundError

from ._seal import damage, seal
from .atomic import atomic_path, temporary_pattern, write_text
from .converter import SCHEMA_KEY, SCHEMA_VERSION, check_schema, from_doc, to_doc
from .names import check_file_name
from .yaml_files import format_yaml, read_yaml

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_SUFFIX = ".pt"
_DAMAGED = ".damaged"


class Best(TypedDict):
    """The best result of a run on one dataset by one criterion."""

    iteration: int
    parameters: Any
    value: float


class WeightsStore:
    """Stores, checks, reads and prunes checkpoints.

    A checkpoint is a file of `torch.save` that holds only plain data and tensors, so
    that ``torch.load(weights_only=True)`` reads it. It is a zip archive with a checksum
    at its end, which is verified before anything is read from it.

    Parameters
    ----------
    folder : Path
        The project folder.
    """

    def __init__(self, folder: Path) -> None:
        self._base = folder

    def iterations(self, run_name: str) -> list[int]:
        """Return the completed iterations of all stored checkpoints, ascending."""
        files = self._checkpoints(run_name).glob(f"*{_SUFFIX}")
        return sorted(int(file.stem) for file in files if file.stem.isdecimal())

    def latest_iteration(self, run_name: str) -> int | None:
        """Return the iteration of the newest checkpoint, `None` if there is none."""
        return max(self.iterations(run_name), default=None)

    def store_weights(
        self, run_name: str, iteration: int, state: dict[str, Any]
    ) -> Path:
        """Write a checkpoint in one step and return its path.

        Parameters
        ----------
        run_name : str
            Name of the run.
        iteration : int
            Number of completed iterations.
        state : dict
            Nested dictionaries, lists and tuples of tensors, texts and numbers.

        Raises
        ------
        TypeError
            If `state` holds anything else, which could not be read safely.
        DataError
            If the file cannot be written; what was there before is intact.
        """
        import torch

        _require_plain(state, "state")
        path = self._path(run_name, iteration)
        try:
            with atomic_path(path) as temporary:
                with temporary.open("wb") as file:
                    torch.save(state, file)
                seal(temporary)
        except (OSError, RuntimeError) as error:  # torch hides why a file failed
            reason = _write_failure(error)
            raise DataError(
                f"checkpoint {path} could not be written ({reason}); free some space "
                "or make the folder writable; all earlier checkpoints are intact"
            ) from error
        return path

    def retrieve_weights(self, run_name: str, iteration: int) -> dict[str, Any]:
        """Read a checkpoint, with all tensors on the CPU.

        Raises
        ------
        DataNotFoundError
            If there is no checkpoint of this iteration.
        DataError
            If the file is damaged; the one before may still be good.
        """
        path = self._path(run_name, iteration)
        if not path.exists():
            known = ", ".join(map(str, self.iterations(run_name))) or "none"
            raise DataNotFoundError(
                f"run {run_name!r} has no checkpoint of iteration {iteration}; "
                f"stored: {known}"
            )
        state = read_checkpoint(path)
        if not isinstance(state, dict):
            raise DataError(f"checkpoint {path} holds no dictionary of weights")
        return state

    def set_aside(self, run_name: str, iteration: int) -> Path:
        """Rename a checkpoint that cannot be used, so that it is not counted as one.

        Returns
        -------
        Path
            Where the file is now, beside the good ones.
        """
        path = self._path(run_name, iteration)
        return path.replace(path.with_name(f"{path.name}{_DAMAGED}"))

    def remove_leftovers(self, run_name: str) -> None:
        """Delete what a process that was killed had not finished writing.

        No other process may be training the run.
        """
        for path in self._checkpoints(run_name).glob(temporary_pattern()):
            path.unlink(missing_ok=True)

    def remove(self, run_name: str, iteration: int) -> None:
        """Delete the checkpoint of `iteration`, if it exists."""
        self._path(run_name, iteration).unlink(missing_ok=True)

    def prune(self, run_name: str, keep: Collection[int]) -> list[int]:
        """Delete all checkpoints but those of `keep`; return what was deleted."""
        outdated = [i for i in self.iterations(run_name) if i not in keep]
        for iteration in outdated:
            self.remove(run_name, iteration)
        return outdated

    def store_best(
        self,
        run_name: str,
        iteration: int,
        dataset: str,
        criterion: str,
        parameters: Any = None,
        value: float | None = None,
    ) -> None:
        """Record that `iteration` is the best on `dataset` by `criterion`.

        Parameters
        ----------
        run_name, iteration, dataset, criterion
            Which result is meant; what was recorded for them before is replaced.
        parameters : PostProcessorParameters, optional
            With which the best value was reached.
        value : float, optional
            The best value.
        """
        best = self._best_doc(run_name)
        best.setdefault(dataset, {})[criterion] = {
            "iteration": iteration,
            "parameters": None if parameters is None else to_doc(parameters),
            "value": value,
        }
        text = format_yaml({SCHEMA_KEY: SCHEMA_VERSION, "best": best})
        write_text(self._best_path(run_name), text)

    def drop_best_after(self, run_name: str, iteration: int) -> None:
        """Forget bests of more than `iteration` completed iterations."""
        best = self._best_doc(run_name)
        kept = {
            dataset: {c: e for c, e in table.items() if e["iteration"] <= iteration}
            for dataset, table in best.items()
        }
        if kept != best:
            text = format_yaml({SCHEMA_KEY: SCHEMA_VERSION, "best": kept})
            write_text(self._best_path(run_name), text)

    def best(self, run_name: str) -> dict[str, dict[str, Best]]:
        """Return the best results by dataset and criterion, empty if none is known.

        Raises
        ------
        ConfigError
            If the record is damaged.
        """
        from napari_dacapo.tasks.post_processors import PostProcessorParameters

        best = self._best_doc(run_name)
        for entry in (entry for table in best.values() for entry in table.values()):
            if entry["parameters"] is not None:
                parameters = from_doc(entry["parameters"], PostProcessorParameters)
                entry["parameters"] = parameters
        return best

    def retrieve_best(self, run_name: str, dataset: str, criterion: str) -> int:
        """Return the iteration that is best on `dataset` by `criterion`.

        Raises
        ------
        DataNotFoundError
            If none is recorded; the text lists what is.
        """
        best = self._best_doc(run_name)
        with contextlib.suppress(KeyError):
            return int(best[dataset][criterion]["iteration"])
        known = [f"{d}/{c}" for d, criteria in best.items() for c in criteria]
        raise DataNotFoundError(
            f"run {run_name!r} has no best result on dataset {dataset!r} by "
            f"{criterion!r}; recorded: {', '.join(known) or 'none'}"
        )

    def _best_doc(self, run_name: str) -> dict[str, Any]:
        path = self._best_path(run_name)
        if not path.exists():
            return {}
        return dict(check_schema(read_yaml(path), path).get("best") or {})

    def _best_path(self, run_name: str) -> Path:
        return self._run(run_name) / "best.yaml"

    def _path(self, run_name: str, iteration: int) -> Path:
        return self._checkpoints(run_name) / f"{int(iteration)}{_SUFFIX}"

    def _checkpoints(self, run_name: str) -> Path:
        return self._run(run_name) / "checkpoints"

    def _run(self, run_name: str) -> Path:
        return self._base / "runs" / check_file_name(run_name)


def _write_failure(error: OSError | RuntimeError) -> str:
    """Return why a file could not be written, in the words of the system."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _KNOWN_FAILURES:
            return os.strerror(cause.errno)
        cause = cause.__cause__ or cause.__context__
    return str(error).partition("\n")[0]


_KNOWN_FAILURES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS)


def read_checkpoint(path: Path) -> Any:
    """Read what `torch.save` wrote to the file `path`, with all tensors on the CPU.

    Raises
    ------
    DataError
        If the file is damaged or holds more than plain data and tensors; such a file
        is never executed.
    """
    import torch

    broken = damage(path)
    if broken is not None:
        raise DataError(
            f"checkpoint {path} is damaged ({broken}); use an earlier one or delete it"
        )
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError) as error:
        raise DataError(
            f"checkpoint {path} cannot be read safely: it holds more than tensors and "
            f"plain data ({str(error).splitlines()[0]})"
        ) from error


def _require_plain(value: Any, where: str) -> None:
    from torch import Tensor

    if isinstance(value, dict):
        for key, item in value.items():
            _require_plain(key, f"a key of {where}")
            _require_plain(item, f"{where}[{key!r}]")
    elif type(value) in (list, tuple):
        for index, item in enumerate(value):
            _require_plain(item, f"{where}[{index}]")
    elif type(value) not in _PLAIN and not isinstance(value, Tensor):
        raise TypeError(
            f"{where} is a {type(value).__name__}; checkpoints hold only tensors, "
            "numbers, texts, lists, tuples and dictionaries"
        )


_PLAIN = (bool, int, float, complex, str, bytes, type(None))
