"""Shares of the blocks of a prediction, for several processes that work on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from napari_dacapo.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dacapo.blockwise import Block


@attrs.frozen
class Share:
    """One of `count` equal shares: every `count`-th block, from block `number` on.

    Parameters
    ----------
    number : int
        From 1 to `count`.
    count : int
        Number of shares.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Share:
        """Return the share that a text like ``"2/8"`` names.

        Raises
        ------
        ConfigError
            If it names none.
        """
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip())
        if found is not None:
            number, count = map(int, found.groups())
            if 1 <= number <= count:
                return cls(number, count)
        raise ConfigError(
            f"share: {text!r} is not of the form I/N with I from 1 to N, such as 2/8"
        )

    def of(self, blocks: Sequence[Block]) -> list[Block]:
        """Return the blocks of this share."""
        return [b for b in blocks if b.number % self.count == self.number - 1]

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"
