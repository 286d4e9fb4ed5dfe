"""Runs: training, validation and prediction as generators of events."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .control import RunControl, StopRequestedError
from .run import Run, RunConfig

if TYPE_CHECKING:
    from ._data_check import check_data, check_pair
    from ._findings import DataCheckError, Finding, Severity
    from ._predict import predict
    from ._suggest import Suggestion, suggest
    from ._train import train
    from ._validate import validate

__all__ = [
    "DataCheckError",
    "Finding",
    "Run",
    "RunConfig",
    "RunControl",
    "Severity",
    "StopRequestedError",
    "Suggestion",
    "check_data",
    "check_pair",
    "predict",
    "suggest",
    "train",
    "validate",
]

_LAZY = {
    "DataCheckError": "_findings",
    "Finding": "_findings",
    "Severity": "_findings",
    "Suggestion": "_suggest",
    "check_data": "_data_check",
    "check_pair": "_data_check",
    "predict": "_predict",
    "suggest": "_suggest",
    "train": "_train",
    "validate": "_validate",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
