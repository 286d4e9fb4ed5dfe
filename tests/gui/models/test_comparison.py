"""What is said about two results."""

from __future__ import annotations

import math

import pytest

from napari_dacapo.gui.models.comparison import in_words
from napari_dacapo.tasks.evaluators import ScoreDifference


@pytest.mark.parametrize(
    ("found", "higher", "text"),
    [
        (
            (0.012, 0.004, 0.02, 24),
            True,
            "A is better by 0.012 mito dice (95 % interval 0.004 to 0.020, 24 blocks).",
        ),
        (
            (0.012, 0.004, 0.02, 24),
            False,
            "B is better by 0.012 mito dice (95 % interval 0.004 to 0.020, 24 blocks).",
        ),
        (
            (-120.0, -150.0, -90.0, 8),
            False,
            "A is better by 120 mito dice (95 % interval 90 to 150, 8 blocks).",
        ),
        (
            (0.1, -0.1, 0.2, 9),
            True,
            "No clear difference in mito dice: A - B = 0.10 (95 % interval -0.10 to "
            "0.20, 9 blocks).",
        ),
        (
            (0.0, 0.0, 0.0, 4),
            True,
            "No clear difference in mito dice: A - B = 0.000 (95 % interval 0.000 to "
            "0.000, 4 blocks).",
        ),
        (
            (0.1, math.nan, math.nan, 1),
            True,
            "Too few blocks to compare mito dice: it is defined for both in 1 of them.",
        ),
    ],
)
def test_a_difference_in_words(found, higher, text):
    difference = ScoreDifference(*found)
    assert in_words(difference, "mito__dice", higher_is_better=higher) == text
