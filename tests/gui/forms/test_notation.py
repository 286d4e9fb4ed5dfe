from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.geometry import Coordinate
from napari_dacapo.gui.forms._notation import (
    read_coordinate,
    read_float,
    read_int,
    read_items,
    step_number,
    write_coordinate,
    write_items,
    write_number,
)


@given(st.floats(allow_nan=False))
def test_floats_are_kept_exactly(value):
    assert read_float(write_number(value)) == value


@given(st.integers())
def test_integers_of_any_size_are_kept(value):
    assert read_int(write_number(value)) == value


@given(st.lists(st.one_of(st.none(), st.fractions()), min_size=1, max_size=4))
def test_coordinates_are_kept_exactly(components):
    value = Coordinate(components)
    assert read_coordinate(write_coordinate(value)) == value


@given(st.lists(st.text(st.characters(exclude_characters="\r\n"))))
def test_lists_of_any_text_are_kept(items):
    assert read_items(write_items(items, str), str) == items


def test_numbers_are_written_short():
    assert write_number(100.0) == "100"
    assert write_number(1e-4) == "0.0001"
    assert write_number(True) == "1"
    assert write_coordinate((Fraction(23, 5), 4, Fraction(1, 3))) == "4.6, 4, 1/3"


def test_coordinates_may_be_typed_in_many_ways():
    for text in ("40, 8.25, none", "(40; 8.25; None)", "40 33/4 none"):
        assert read_coordinate(text) == (40, Fraction(33, 4), None)


@pytest.mark.parametrize(
    ("read", "text", "match"),
    [
        (read_int, "1.5", "'1.5' is not a whole number"),
        (read_int, " ", "a whole number is required"),
        (read_float, "1e-", "'1e-' is not a number"),
        (read_coordinate, "", "numbers are required, for example"),
        (read_coordinate, "1, x", "'x' is not a number"),
        (read_coordinate, "1/0", "'1/0' is not a number"),
        (lambda text: read_items(text, str), '"a', "unmatched quotes"),
        (lambda text: read_items(text, read_int), "1, b", "'b' is not a whole number"),
    ],
)
def test_what_cannot_be_read_is_named(read, text, match):
    with pytest.raises(ValueError, match=match):
        read(text)


@pytest.mark.parametrize(
    ("text", "steps", "step", "moved"),
    [
        ("5", 1, 1, "6"),
        ("5", -2, 1, "3"),
        ("0.0001", 1, None, "0.0002"),
        ("0.0001", -1, None, "0.00009"),
        ("-0.1", 1, None, "-0.09"),
        ("0.5", 1, 0.01, "0.51"),
        ("0", 1, None, "1"),
        ("nonsense", 1, 1, "1"),
        ("nan", 1, 1, "nan"),
        ("123456789012345678901", 1, 1, "123456789012345678902"),
    ],
)
def test_steps_follow_the_size_of_the_number(text, steps, step, moved):
    assert float(step_number(text, steps, step)) == pytest.approx(
        float(moved), nan_ok=True
    )
    assert step_number(text, steps, step).strip("0.") == moved.strip("0.") or (
        "e" in step_number(text, steps, step)
    )
