"""Readers of the files of a DaCapo project; nothing that a file says is ever run."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dacapo.errors import DataError

from .weights_store import read_checkpoint

if TYPE_CHECKING:
    from pathlib import Path


class _DType:
    """Stands for a numpy type inside a pickle: only plain numbers are known."""

    def __init__(self, name: str, *_: Any) -> None:
        self._name = name

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._name = f"{state[1]}{self._name}"  # "<" and "f8", for example

    def read(self, data: bytes) -> bool | int | float:
        dtype = np.dtype(self._name)
        if dtype.kind not in "biuf" or len(data) != dtype.itemsize:
            raise pickle.UnpicklingError(f"{self._name!r} is no plain number")
        number: bool | int | float = np.frombuffer(data, dtype)[0].item()
        return number


def _scalar(dtype: _DType, data: bytes) -> bool | int | float:
    return dtype.read(data)


#: everything that the statistics of DaCapo may refer to
_KNOWN = {
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy", "dtype"): _DType,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
}


class _PlainUnpickler(pickle.Unpickler):
    """Reads lists, dictionaries, texts and numbers, and refuses everything else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle may refer to, and nothing else."""
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed") from None


def read_statistics(path: Path) -> list[dict[str, Any]]:
    """Return the records of a pickled statistics file: lists, texts and numbers.

    Raises
    ------
    DataError
        If the file is damaged or refers to anything but numbers.
    """
    try:
        records = _PlainUnpickler(io.BytesIO(path.read_bytes())).load()
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
    ) as error:
        raise DataError(f"statistics {path} cannot be read safely: {error}") from error
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise DataError(f"statistics {path} hold no list of records")
    return records


#: stands for the class of which DaCapo's checkpoints are objects
_Weights = type("Weights", (), {"__module__": "dacapo.store.weights_store"})


def read_weights(path: Path) -> dict[str, Any]:
    """Return ``model`` and ``optimizer`` (state dictionaries) of a checkpoint.

    Raises
    ------
    DataError
        If the file is damaged or holds anything but tensors and plain data.
    """
    import torch

    torch.serialization.add_safe_globals([_Weights])
    found = read_checkpoint(path)
    state = found if isinstance(found, dict) else vars(found)
    if not isinstance(state.get("model"), dict):
        raise DataError(f"checkpoint {path} holds no weights of a model")
    return {"model": state["model"], "optimizer": state.get("optimizer")}
