"""Runs: training, validation and prediction as generators of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

from .control import RunControl, StopRequestedError
from .run import Run, RunConfig

if TYPE_CHECKING:
    from ._data_check import check_data, check_pair
    from ._findings import DataCheckError, Finding, Severity
    from ._fork import change_fields, fork
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
    "change_fields",
    "check_data",
    "check_pair",
    "fork",
    "predict",
    "suggest",
    "train",
    "validate",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_data_check": ["check_data", "check_pair"],
        "_findings": ["DataCheckError", "Finding", "Severity"],
        "_fork": ["change_fields", "fork"],
        "_predict": ["predict"],
        "_suggest": ["Suggestion", "suggest"],
        "_train": ["train"],
        "_validate": ["validate"],
    },
)
