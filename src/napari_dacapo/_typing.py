"""Aliases for what functions accept from callers."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

#: an exact length in world units; plain int where integral
Number: TypeAlias = int | Fraction
#: a number as callers may write it
AnyNumber: TypeAlias = int | float | Fraction
#: what a coordinate can be made from
CoordinateLike: TypeAlias = Iterable[AnyNumber | None]
