"""Runs: training, validation and prediction as generators of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

from ._live_control import FollowControl
from .control import RunControl, StopRequestedError
from .run import Run, RunConfig

if TYPE_CHECKING:
    from ._apply import apply
    from ._cost import Cost
    from ._data_check import check_data, check_pair
    from ._dry_run import dry_run
    from ._findings import DataCheckError, Finding, Severity
    from ._fork import change_fields, fork
    from ._live_follow import LiveRun, follow, live_runs
    from ._live_launch import train_detached
    from ._predict import predict
    from ._segment import segment
    from ._suggest import Suggestion, suggest
    from ._train import train
    from ._validate import validate

__all__ = [
    "Cost",
    "DataCheckError",
    "Finding",
    "FollowControl",
    "LiveRun",
    "Run",
    "RunConfig",
    "RunControl",
    "Severity",
    "StopRequestedError",
    "Suggestion",
    "apply",
    "change_fields",
    "check_data",
    "check_pair",
    "dry_run",
    "follow",
    "fork",
    "live_runs",
    "predict",
    "segment",
    "suggest",
    "train",
    "train_detached",
    "validate",
]

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_apply": ["apply"],
        "_cost": ["Cost"],
        "_data_check": ["check_data", "check_pair"],
        "_dry_run": ["dry_run"],
        "_findings": ["DataCheckError", "Finding", "Severity"],
        "_fork": ["change_fields", "fork"],
        "_live_follow": ["LiveRun", "follow", "live_runs"],
        "_live_launch": ["train_detached"],
        "_predict": ["predict"],
        "_segment": ["segment"],
        "_suggest": ["Suggestion", "suggest"],
        "_train": ["train"],
        "_validate": ["validate"],
    },
)
