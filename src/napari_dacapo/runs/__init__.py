"""Runs: training, validation and prediction as generators of events."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .control import RunControl, StopRequestedError
from .run import Run, RunConfig

if TYPE_CHECKING:
    from ._predict import predict
    from ._suggest import Suggestion, suggest
    from ._train import train
    from ._validate import validate

__all__ = [
    "Run",
    "RunConfig",
    "RunControl",
    "StopRequestedError",
    "Suggestion",
    "predict",
    "suggest",
    "train",
    "validate",
]

_LAZY = {
    "Suggestion": "_suggest",
    "predict": "_predict",
    "suggest": "_suggest",
    "train": "_train",
    "validate": "_validate",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
