"""What the window shows, as data: no widget is needed to test any of it."""

from .curves import Curve, smooth
from .progress import RunProgress
from .run_data import RunData, criteria_of, list_runs, load_run
from .scores import ScoreRow, ScoreTable, describe, numeric_fields

__all__ = [
    "Curve",
    "RunData",
    "RunProgress",
    "ScoreRow",
    "ScoreTable",
    "criteria_of",
    "describe",
    "list_runs",
    "load_run",
    "numeric_fields",
    "smooth",
]
