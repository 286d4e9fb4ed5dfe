"""Loading weights into a model, wholly or as far as they fit, with a report."""

from __future__ import annotations

import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import attrs
import torch

from napari_dacapo.errors import DataError, DataNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .model import Model

HEAD, ENCODER = "prediction_head.", ".l_conv."
#: how the parts of a model are called elsewhere in state dicts
_ALIASES = {"chain.0.": "architecture.", "chain.1.": HEAD}


@attrs.frozen
class LoadReport:
    """What became of the weights that were to be loaded.

    Tensors are named as in the model, each once (``architecture.*``,
    ``prediction_head.*``).

    Attributes
    ----------
    loaded : tuple of str
        Tensors of the model that now hold stored values.
    missing : tuple of str
        Tensors of the model that keep their fresh values, wholly or in part.
    skipped : dict
        Stored tensors that were not used, with the reason.
    channels : tuple of str
        Channels whose part of the head was taken over by name.
    """

    loaded: tuple[str, ...]
    missing: tuple[str, ...]
    skipped: dict[str, str]
    channels: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every tensor of the model was loaded and every stored one used."""
        return not self.missing and not self.skipped

    def require(self, *, encoder_only: bool = False) -> None:
        """Raise unless everything was loaded, or at least the encoder.

        Parameters
        ----------
        encoder_only : bool
            Whether it is enough that the way down of the U-Net was loaded, without its
            first layer (which depends on the raw data); of other networks, all but the
            head.

        Raises
        ------
        DataError
            With the report.
        """
        if not encoder_only and not self.complete:
            raise DataError(f"the weights do not belong to this network: {self}")
        lacking = self._missing_of_encoder()
        if lacking:
            raise DataError(
                "the weights do not fit this network, not even its encoder "
                f"({', '.join(lacking)}); make the architecture equal to the one they "
                f"come from. {self}"
            )

    def _missing_of_encoder(self) -> list[str]:
        body = [n for n in (*self.loaded, *self.missing) if not n.startswith(HEAD)]
        encoder = [name for name in body if ENCODER in name]
        first = f"{ENCODER}0.conv_pass.0."
        return [n for n in encoder or body if n in self.missing and first not in n]

    def __str__(self) -> str:
        total = len(self.loaded) + len(self.missing)
        parts = [f"loaded {len(self.loaded)} of {total} tensors"]
        if self.channels:
            parts.append(f"head channels taken over: {', '.join(self.channels)}")
        if self.missing:
            parts.append(f"left fresh: {', '.join(self.missing)}")
        if self.skipped:
            listed = (f"{name} ({reason})" for name, reason in self.skipped.items())
            parts.append(f"not used: {', '.join(listed)}")
        return "; ".join(parts)


def load_weights(
    model: Model,
    state: dict[str, Any],
    *,
    old_head: Sequence[str] | None = None,
    new_head: Sequence[str] | None = None,
) -> LoadReport:
    """Load every tensor whose name and shape agree; the others stay as they are.

    Parameters
    ----------
    model : Model
        Changed in place.
    state : dict
        A checkpoint (``{"model": state_dict, ...}``) or a state dict of a model or of
        an architecture alone, with any of DaCapo's names.
    old_head, new_head : sequence of str, optional
        Channel names of the stored head and of the model's head. Where both are known,
        the head is taken over channel by channel, by name.

    Raises
    ------
    DataError
        If `state` holds no tensors.
    """
    stored = _canonical(state)
    target = {
        name: tensor
        for name, tensor in model.state_dict().items()
        if not name.startswith(tuple(_ALIASES))
    }
    skipped = {name: "not in this network" for name in stored if name not in target}
    by_name = old_head is not None and new_head is not None
    loaded: list[str] = []
    for name, tensor in target.items():
        if name not in stored or (by_name and name.startswith(HEAD)):
            continue
        if tensor.shape == stored[name].shape:
            tensor.copy_(stored[name])
            loaded.append(name)
        else:
            skipped[name] = f"{_sizes(stored[name])} instead of {_sizes(tensor)}"
    channels: list[str] = []
    if old_head is not None and new_head is not None:
        channels = _match_head(stored, target, list(old_head), list(new_head))
        if channels == list(new_head):
            loaded += [name for name in target if name.startswith(HEAD)]
        if not channels:
            skipped |= {n: "no channel in common" for n in stored if n.startswith(HEAD)}
    missing = [name for name in target if name not in loaded]
    return LoadReport(tuple(loaded), tuple(missing), skipped, tuple(channels))


def _match_head(
    stored: dict[str, torch.Tensor],
    target: dict[str, torch.Tensor],
    old_head: list[str],
    new_head: list[str],
) -> list[str]:
    """Copy the rows of the head that belong to common channels; return those.

    A head may have several rows per channel (hot distance: all masks, then all
    distances).
    """
    common = [channel for channel in new_head if channel in old_head]
    pairs = [(t, stored.get(n)) for n, t in target.items() if n.startswith(HEAD)]
    fitting = [
        (tensor, source)
        for tensor, source in pairs
        if source is not None
        and source.shape[1:] == tensor.shape[1:]
        and len(tensor) % len(new_head) == 0
        and len(source) * len(new_head) == len(tensor) * len(old_head)
    ]
    if not common or len(fitting) < len(pairs):
        return []
    for tensor, source in fitting:
        for first in range(len(tensor) // len(new_head)):
            for channel in common:
                row = first * len(new_head) + new_head.index(channel)
                old_row = first * len(old_head) + old_head.index(channel)
                tensor[row].copy_(source[old_row])
    return common


def _canonical(state: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Return the tensors of a checkpoint or state dict, each under one name."""
    nested = state.get("model")
    if isinstance(nested, dict):
        state = nested
    found: dict[str, torch.Tensor] = {}
    for key, value in state.items():
        if isinstance(value, torch.Tensor):
            found.setdefault(_canonical_name(key), value)
    if not found:
        raise DataError(
            "there are no weights here: neither a state dict (name: tensor) nor a "
            "checkpoint with one under 'model'"
        )
    return found


def _canonical_name(key: str) -> str:
    key = key.removeprefix("module.")  # of torch's DataParallel
    for alias, name in _ALIASES.items():
        if key.startswith(alias):
            return name + key.removeprefix(alias)
    known = key.startswith(("architecture.", HEAD))
    return key if known else f"architecture.{key}"


def _sizes(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape))


def read_weights_file(path: Path) -> dict[str, Any]:
    """Read a file of `torch.save`, with all tensors on the CPU.

    Only tensors and plain data are read; nothing in the file is executed.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    DataError
        If it is damaged, or holds anything else.
    """
    if not path.is_file():
        raise DataNotFoundError(f"there is no file {path}")
    try:
        state = torch.load(
            path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
        )
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise DataError(
            f"{path} cannot be read: it is damaged, or holds more than tensors and "
            f"plain data, which is not loaded for safety ({error})"
        ) from error
    if not isinstance(state, dict):
        raise DataError(f"{path} holds a {type(state).__name__}, no weights")
    return state
