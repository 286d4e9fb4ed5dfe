"""Inputs and results of the original program, against which ours is checked.

What the cases mean is written in the tests that use them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "golden"


def load(group: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the document of a group and its arrays, which its texts name.

    Cases that are only for information, or optional, are left out.
    """
    doc = json.loads((FOLDER / f"{group}.json").read_text(encoding="utf-8"))
    doc["cases"] = [
        case
        for case in doc["cases"]
        if case["status"] != "superseded" and "optional" not in case.get("tags", [])
    ]
    path = FOLDER / f"{group}.npz"
    if not path.exists():
        return doc, {}
    with np.load(path) as arrays:
        return doc, dict(arrays)


def cases(group: str, *kinds: str) -> list[Any]:
    """Return the cases of a group as pytest parameters, all or those of `kinds`."""
    import pytest

    return [
        pytest.param(case, id=case["id"])
        for case in load(group)[0]["cases"]
        if not kinds or case["kind"] in kinds
    ]


def numbers(value: Any) -> Any:
    """Return `value` with the texts that stand for NaN and infinity as numbers."""
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [numbers(item) for item in value]
    return float(value) if value in ("nan", "inf", "-inf") else value
