"""Choosing rows of the scores by a line of text."""

from __future__ import annotations

import math
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.gui.models import ScoreRow
from napari_dacapo.gui.models.score_filter import ScoreFilter
from napari_dacapo.tasks.post_processors import ThresholdPostProcessorParameters

CRITERIA = ("mito__dice", "er__dice", "mito__voi")


def row(dice=0.5, er=math.nan, voi=1.0, iteration=100, threshold=127.0, run="first"):
    scores = dict(zip(CRITERIA, (dice, er, voi), strict=True))
    parameters = ThresholdPostProcessorParameters(0, threshold)
    return ScoreRow(iteration, "crop 7", parameters, scores, run)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("FIRST", True),
        ("second", False),
        ("crop first 127", True),
        ("crop second", False),
        ("dice>0.4", True),
        ("dice > 0.5", False),
        ("Mito__Dice >= 5e-1", True),
        ("er__dice != 3", False),
        ("first dice = 0.5 voi<=1 iteration == 100", True),
        ("threshold < 127", False),
        ("first threshold > 100 second", False),
    ],
)
def test_words_and_comparisons(text, expected):
    assert ScoreFilter.parse(text, CRITERIA, [row()]).matches(row()) is expected


@given(
    value=st.floats(-5, 5, width=32),
    limit=st.floats(-5, 5, width=32),
    symbol=st.sampled_from([">", ">=", "<", "<=", "=", "!="]),
    space=st.sampled_from(["", " "]),
)
def test_comparisons_are_those_of_numbers(value, limit, symbol, space):
    names = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "=": "eq", "!=": "ne"}
    found = ScoreFilter.parse(f"voi{space}{symbol}{space}{limit!r}", CRITERIA)
    expected = getattr(operator, names[symbol])(value, limit)
    assert found.matches(row(voi=value)) is expected


@given(st.text(alphabet=st.characters(exclude_characters="<>=!")))
def test_text_without_comparisons_is_searched_for(text):
    found = ScoreFilter.parse(text, CRITERIA)
    assert found.words == tuple(text.lower().split())
    assert not found.comparisons


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("dcie > 0.8", "no number called 'dcie'. There are: dice, iteration"),
        ("> 3", "no number called ''"),
        ("dice >", "dice > needs a number"),
        ("dice > 0,8", "needs a number"),
        ("threshold > 1", "no number called 'threshold'"),
    ],
)
def test_what_cannot_be_compared_is_explained(text, match):
    with pytest.raises(ValueError, match=match):
        ScoreFilter.parse(text, CRITERIA)
