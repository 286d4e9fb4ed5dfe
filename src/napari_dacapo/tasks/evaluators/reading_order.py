"""Which of many criteria people read first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: what is read first where classes, and where single objects are scored
CLASS_CRITERIA = ("dice", "f1_score")
OBJECT_CRITERIA = ("voi", "f1_score_50")
#: how proposals call the first class where every voxel has one
BACKGROUND = "background"


def most_readable_first(criteria: Iterable[str]) -> list[str]:
    """Return names of criteria, of each class the one first that people read.

    That is Dice or else F1, of objects the variation of information or else their F1
    score. Background comes last: it fills most of a volume, and any network finds it.
    """
    names = list(criteria)
    classes = list(dict.fromkeys(name.rpartition("__")[0] for name in names))
    return sorted(names, key=lambda name: _importance(name, classes))


def _importance(name: str, classes: list[str]) -> tuple[bool, int, int]:
    title, _, kind = name.rpartition("__")
    readable = CLASS_CRITERIA if title else OBJECT_CRITERIA
    rank = readable.index(kind) if kind in readable else len(readable)
    return title == BACKGROUND, classes.index(title), rank
