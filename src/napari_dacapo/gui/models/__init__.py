"""What the window shows, as data: no widget is needed to test any of it."""

from napari_dacapo.runs._cost import duration

from .curves import Curve, smooth
from .progress import RunProgress
from .results import Result, load_prediction, load_result
from .run_data import RunData, criteria_of, list_runs, load_run
from .scores import ScoreRow, ScoreTable, describe, numeric_fields
from .status import advice, details, time_table

__all__ = [
    "Curve",
    "Result",
    "RunData",
    "RunProgress",
    "ScoreRow",
    "ScoreTable",
    "advice",
    "criteria_of",
    "describe",
    "details",
    "duration",
    "list_runs",
    "load_prediction",
    "load_result",
    "load_run",
    "numeric_fields",
    "smooth",
    "time_table",
]
