"""What the time of training iterations goes to, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: names of the parts that do not speak for themselves
_WORDS = {"data": "waiting for data", "outside": "events"}


class SpentTime:
    """Adds up `IterationDone.spent`.

    Attributes
    ----------
    seconds : dict of str to float
        Of all iterations together, by what they were spent on.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def add(self, spent: Mapping[str, float]) -> None:
        """Add what one iteration was spent on."""
        for name, seconds in spent.items():
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    @property
    def shares(self) -> list[tuple[str, float]]:
        """What the time was spent on, with its share of all; the most first."""
        total = sum(self.seconds.values())
        if not total:
            return []
        parts = sorted(self.seconds.items(), key=lambda part: -part[1])
        return [(_WORDS.get(name, name), part / total) for name, part in parts]

    def __str__(self) -> str:
        return ", ".join(f"{name} {share:.1%}" for name, share in self.shares)
