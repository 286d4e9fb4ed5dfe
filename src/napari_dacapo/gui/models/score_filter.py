"""Choosing rows of the scores by a line of text, such as ``mito dice > 0.8``."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

import attrs

from .scores import describe, numeric_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .scores import ScoreRow

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_SYMBOLS = "|".join(map(re.escape, _OPERATORS))
_COMPARISON = re.compile(rf"([^\s<>=!]*)\s*({_SYMBOLS})\s*([^\s<>=!]*)")
#: between a class and its criterion in the name of a criterion
_SEPARATOR = "__"


@attrs.frozen
class _Comparison:
    name: str
    symbol: str
    number: float

    def matches(self, row: ScoreRow) -> bool:
        compare = _OPERATORS[self.symbol]
        values = (v for n, v in _numbers(row) if _is_called(n, self.name))
        # a score that is undefined is not unequal to a number either
        return any(value == value and compare(value, self.number) for value in values)


@attrs.frozen
class ScoreFilter:
    """Rows in which all words occur and for which all comparisons hold.

    Attributes
    ----------
    words : tuple of str
        In lower case; each occurs in the run, the dataset or the parameters.
    comparisons : tuple
        Of the iteration, a numeric parameter or a criterion with a number. Where the
        name of a criterion belongs to several classes, one of them is enough; an
        undefined score matches nothing.
    """

    words: tuple[str, ...] = ()
    comparisons: tuple[_Comparison, ...] = ()

    @classmethod
    def parse(cls, text: str, criteria: Iterable[str], rows: Any = ()) -> ScoreFilter:
        """Return the filter that `text` describes.

        Parameters
        ----------
        text : str
            Words and comparisons ``name > number``, with ``> >= < <= = !=``, separated
            by spaces.
        criteria : iterable of str
            Names of the criteria; ``dice`` stands for every ``<class>__dice``.
        rows : iterable of ScoreRow
            Rows whose parameters may be compared.

        Raises
        ------
        ValueError
            With a text for the user, if a name is unknown or a number is none.
        """
        known = {"iteration", *criteria}
        kinds = {type(row.parameters): row.parameters for row in rows}
        known.update(name for p in kinds.values() for name in numeric_fields(p))
        comparisons = tuple(
            _comparison(known, *match.groups()) for match in _COMPARISON.finditer(text)
        )
        words = _COMPARISON.sub(" ", text).lower().split()
        return cls(tuple(words), comparisons)

    def matches(self, row: ScoreRow) -> bool:
        """Return whether `row` is to be shown."""
        text = f"{row.run} {row.dataset} {describe(row.parameters)}".lower()
        return all(word in text for word in self.words) and all(
            comparison.matches(row) for comparison in self.comparisons
        )


def _comparison(known: set[str], name: str, symbol: str, number: str) -> _Comparison:
    if not any(_is_called(full, name) for full in known):
        shown = ", ".join(sorted({n.rpartition(_SEPARATOR)[2] for n in known}))
        raise ValueError(f"There is no number called {name!r}. There are: {shown}.")
    try:
        return _Comparison(name, symbol, float(number))
    except ValueError:
        raise ValueError(f"{name} {symbol} needs a number, such as 0.8.") from None


def _is_called(full: str, name: str) -> bool:
    return name.lower() in (full.lower(), full.lower().rpartition(_SEPARATOR)[2])


def _numbers(row: ScoreRow) -> Iterable[tuple[str, float]]:
    yield "iteration", row.iteration
    for name in numeric_fields(row.parameters):
        yield name, float(getattr(row.parameters, name))
    yield from row.scores.items()
