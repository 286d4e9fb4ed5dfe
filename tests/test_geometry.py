from __future__ import annotations

import copy
import math
import pickle
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.geometry import (
    Coordinate,
    Roi,
    exact,
    least_common_multiple,
    plain,
    world_to_voxels,
)

integers = st.integers(-(10**6), 10**6)
fractions = st.builds(Fraction, st.integers(-(10**6), 10**6), st.integers(1, 1000))
numbers = st.one_of(integers, fractions)
sizes = st.one_of(
    st.integers(1, 500), st.builds(Fraction, st.integers(1, 5000), st.integers(1, 100))
)


def vectors(elements, dims=3):
    return st.lists(elements, min_size=dims, max_size=dims).map(Coordinate)


@st.composite
def rois(draw, offsets=numbers, shapes=sizes, dims=3):
    return Roi(draw(vectors(offsets, dims)), draw(vectors(shapes, dims)))


class TestExact:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (4.6, Fraction(23, 5)),
            (3.24, Fraction(81, 25)),
            (-4.6, Fraction(-23, 5)),
            (0.1 + 0.2, Fraction(3, 10)),
            (100000 / 3, Fraction(100000, 3)),
            (5.0, 5),
            (np.float32(4.6), Fraction(23, 5)),
            (np.float16(0.1), Fraction(1, 10)),
            (np.uint64(2**64 - 1), 2**64 - 1),
            (np.float64(2.5), Fraction(5, 2)),
            (Fraction(6, 3), 2),
        ],
    )
    def test_reads_the_number_that_was_meant(self, value, expected):
        found = exact(value)
        assert found == expected
        assert type(found) is type(expected)

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_refuses_what_is_not_finite(self, value):
        with pytest.raises(ValueError, match="finite"):
            exact(value)

    @pytest.mark.parametrize("value", ["4", None, 1j, [1]])
    def test_refuses_what_is_no_number(self, value):
        with pytest.raises(TypeError, match="needs numbers"):
            exact(value)

    @given(fractions)
    def test_survives_the_way_through_a_float(self, value):
        assert exact(plain(exact(value))) == value

    @given(st.floats(-1e6, 1e6))
    def test_never_strays_from_a_float(self, value):
        assert abs(exact(value) - Fraction(value)) <= Fraction(1, 10**6)


class TestCoordinate:
    def test_takes_components_or_one_iterable(self):
        same = Coordinate(1, 2, 3)
        assert same == Coordinate([1, 2, 3]) == Coordinate(np.array([1, 2, 3]))
        assert same == (1, 2, 3)
        assert Coordinate(5) == (5,)
        assert Coordinate(n for n in (1, 2)).dims == 2
        assert Coordinate().dims == 0

    def test_equals_the_tuple_it_is_made_from(self):
        assert Coordinate(4.6, 2) == (4.6, 2)
        assert Coordinate(4.6, 2) == (4.6, 2)
        assert Coordinate(4.6, 2) != (4.5, 2)
        for other in ((4.6,), ("4.6", 2), (float("nan"), 2), [4.6, 2], None, "x"):
            assert Coordinate(4.6, 2) != other
        assert Roi((4.6,), (9.2,)) == SimpleNamespace(offset=(4.6,), shape=(9.2,))

    def test_keeps_fractions_that_funlib_truncates(self):
        assert Coordinate(1.9, -1.9) == (Fraction(19, 10), Fraction(-19, 10))
        assert repr(Coordinate(1.5, 2, None)) == "(1.5, 2, None)"

    def test_arithmetic_with_vectors_tuples_and_numbers(self):
        a = Coordinate(40, 8, 4)
        assert a + Coordinate(1, 2, 3) == a.__add__((1, 2, 3)) == (41, 10, 7)
        assert a - 4 == (36, 4, 0)
        assert (50, 10, 5) - a == (10, 2, 1)
        assert a * (1, 2, 3) == (40, 16, 12)
        assert 2 * a == a * 2 == (80, 16, 8)
        assert a // 3 == (13, 2, 1)
        assert -a // 3 == (-14, -3, -2)
        assert a % 3 == (1, 2, 1)
        assert Coordinate(2, 3) ** 2 == (4, 9)
        assert -a == (-40, -8, -4)
        assert abs(Coordinate(-1.5, 2)) == (Fraction(3, 2), 2)

    def test_division_is_exact(self):
        assert Coordinate(4, 8, 6) / (8, 4, 4) == (Fraction(1, 2), 2, Fraction(3, 2))
        assert Coordinate(9.2, 4.6) / 4.6 == (2, 1)

    def test_none_is_unbounded_and_stays_so(self):
        assert Coordinate(1, None) + 1 == (2, None)
        assert Coordinate(1, 2) + Coordinate(None, 1) == (None, 3)
        assert -Coordinate(None, 1) == (None, -1)
        assert math.isnan(Coordinate(None).as_floats()[0])

    def test_different_lengths_raise(self):
        with pytest.raises(ValueError, match=r"different length: \(1, 2\)"):
            Coordinate(1, 2) + Coordinate(1, 2, 3)

    def test_division_by_zero_raises(self):
        with pytest.raises(ZeroDivisionError):
            Coordinate(1, 2) / 0

    def test_tuple_plus_coordinate_concatenates(self):
        plain_tuple = (1, 2)
        assert plain_tuple + Coordinate(3) == (1, 2, 3)

    def test_slices_are_coordinates(self):
        assert isinstance(Coordinate(1, 2, 3)[1:], Coordinate)
        assert Coordinate(1, 2, 3)[-1] == 3

    def test_rounding_divisions(self):
        a = Coordinate(6, 7, -6, 5)
        assert a.floor_division(4) == (1, 1, -2, 1)
        assert a.ceil_division(4) == (2, 2, -1, 2)
        assert a.round_division(4) == (1, 2, -2, 1)  # ties go down

    def test_multiples(self):
        assert Coordinate(80, 16, 4).is_multiple_of((40, 8, 4))
        assert not Coordinate(80, 16, 5).is_multiple_of((40, 8, 4))
        assert Coordinate(9.2, 13.8).is_multiple_of((4.6, 4.6))

    def test_as_integers(self):
        assert Coordinate(4.0, 2).as_integers() == (4, 2)
        with pytest.raises(ValueError, match="no whole numbers"):
            Coordinate(4.5, 2).as_integers()

    def test_files_hold_plain_numbers(self):
        assert Coordinate(4.6, 2, None).to_plain() == [4.6, 2, None]

    def test_copies(self):
        a = Coordinate(4.6, 2)
        again = pickle.loads(pickle.dumps(a))  # noqa: S301
        assert again == copy.deepcopy(a) == a
        assert hash(a) == hash(Coordinate(4.6, 2))

    @given(vectors(numbers), vectors(numbers))
    def test_sum_and_difference_are_inverse(self, a, b):
        assert (a + b) - b == a

    @given(vectors(numbers), vectors(sizes))
    def test_quotient_and_product_are_inverse(self, a, b):
        assert (a / b) * b == a
        assert (a // b) * b + a % b == a

    @given(vectors(numbers), vectors(sizes))
    def test_rounding_brackets_the_quotient(self, a, b):
        low, near, high = (
            a.floor_division(b),
            a.round_division(b),
            a.ceil_division(b),
        )
        for value, down, middle, up in zip(a / b, low, near, high, strict=True):
            assert down <= value <= up
            assert up - down in (0, 1)
            assert abs(middle - value) <= Fraction(1, 2)
            assert all(isinstance(n, int) for n in (down, middle, up))

    @given(vectors(fractions))
    def test_round_trip_through_a_file(self, a):
        assert Coordinate(a.to_plain()) == a


class TestRoi:
    def test_half_open(self):
        roi = Roi((0, 10), (4, 6))
        assert roi.begin == roi.offset == (0, 10)
        assert roi.end == (4, 16)
        assert roi.contains((0, 10))
        assert not roi.contains((4, 10))
        assert not roi.contains((-1, 10))
        assert roi.dims == 2
        assert roi.size == 24
        assert roi.center == (2, 13)
        assert repr(roi) == "[0:4, 10:16]"

    def test_bad_shapes_raise(self):
        with pytest.raises(ValueError, match="as many offsets as extents"):
            Roi((0, 0), (1, 1, 1))
        with pytest.raises(ValueError, match="negative shape"):
            Roi((0, 0), (1, -1))

    def test_contains_boxes(self):
        roi = Roi((0, 0), (10, 10))
        assert roi.contains(roi)
        assert roi.contains(Roi((2, 2), (8, 8)))
        assert not roi.contains(Roi((2, 2), (8, 9)))
        assert not roi.contains(Roi((2, 2), (0, 1)))
        assert Roi((0,), (Fraction(92, 10),)).contains(Roi((4.6,), (4.6,)))

    def test_intersection(self):
        a, b = Roi((0, 0), (10, 10)), Roi((5, -5), (10, 10))
        assert a.intersect(b) == Roi((5, 0), (5, 5))
        nothing = a.intersect(Roi((10, 0), (5, 5)))
        assert nothing == Roi((None, None), (0, 0))
        assert nothing.empty
        assert not a.intersects(Roi((10, 0), (5, 5)))

    def test_an_empty_box_meets_nothing(self):
        a, nothing = Roi((0, 0), (10, 10)), Roi((None, None), (0, 0))
        assert nothing.intersect(a).empty
        assert a.intersect(nothing).empty
        assert not nothing.contains((1, 1))
        assert not nothing.contains(a)
        assert not a.contains(nothing)
        assert nothing.union(a) == a.union(nothing) == a

    def test_unbounded(self):
        everywhere = Roi((None, 0), (None, 5))
        assert everywhere.unbounded
        assert everywhere.size is None
        assert everywhere.contains((1000, 4))
        assert everywhere.contains(Roi((-7, 1), (3, 3)))
        assert not Roi((0, 0), (5, 5)).contains(everywhere)
        assert everywhere.intersect(Roi((-7, 1), (3, 9))) == Roi((-7, 1), (3, 4))
        assert everywhere.union(Roi((1, 1), (9, 9))) == Roi((None, 0), (None, 10))

    def test_grow_shift_and_scale(self):
        roi = Roi((10, 20), (4, 6))
        assert roi.grow((1, 2), (3, 4)) == Roi((9, 18), (8, 12))
        assert roi.grow(-1, -1) == Roi((11, 21), (2, 4))
        assert roi.grow(-3, -3).empty
        assert roi.grow() == roi
        assert roi.shift((1, -1)) == roi + Coordinate(1, -1) == Roi((11, 19), (4, 6))
        assert roi - (10, 20) == Roi((0, 0), (4, 6))
        assert roi * (2, 3) == Roi((20, 60), (8, 18))
        assert roi / 2 == Roi((5, 10), (2, 3))
        assert Roi((11,), (5,)) // 2 == Roi((5,), (2,))

    @pytest.mark.parametrize(
        ("mode", "begin", "end"),
        [("grow", 0, 16), ("shrink", 4, 12), ("closest", 4, 12)],
    )
    def test_snapping(self, mode, begin, end):
        snapped = Roi((3, 3), (10, 10)).snap_to_grid((4, 4), mode)
        assert snapped == Roi((begin, begin), (end - begin, end - begin))

    def test_snapping_to_fractions(self):
        snapped = Roi((5,), (10,)).snap_to_grid((4.6,))
        assert snapped == Roi((4.6,), (13.8,))

    def test_snapping_to_nothing(self):
        assert Roi((1,), (2,)).snap_to_grid((4,), "shrink").empty

    def test_unknown_mode(self):
        with pytest.raises(ValueError, match="one of grow, shrink, closest, got 'up'"):
            Roi((0,), (1,)).snap_to_grid((1,), "up")

    def test_slices(self):
        assert Roi((1, 2), (3, 4)).to_slices() == (slice(1, 4), slice(2, 6))
        with pytest.raises(ValueError, match="no whole numbers"):
            Roi((1.5,), (3,)).to_slices()

    def test_other_kinds_of_roi(self):
        foreign = SimpleNamespace(offset=(1, 2), shape=(3, 4))
        assert (
            Roi.coerce(foreign) == Roi.coerce([(1, 2), (3, 4)]) == Roi((1, 2), (3, 4))
        )
        assert Roi((1, 2), (3, 4)) == foreign
        assert Roi((1, 2), (3, 4)) != "roi"

    def test_copies(self):
        roi = Roi((4.6, 2), (3, 4))
        again = pickle.loads(pickle.dumps(roi))  # noqa: S301
        assert again == copy.deepcopy(roi) == roi
        assert len({roi, Roi((4.6, 2), (3, 4))}) == 1
        assert Roi(*roi.to_plain()) == roi

    @given(rois(), rois())
    def test_intersection_lies_in_both(self, a, b):
        common = a.intersect(b)
        assert common == b.intersect(a)
        if not common.empty:
            assert a.contains(common)
            assert b.contains(common)
            assert a.union(b).contains(common)

    @given(rois(), rois())
    def test_union_holds_both(self, a, b):
        assert a.union(b).contains(a)
        assert a.union(b).contains(b)

    @given(rois(), vectors(sizes))
    def test_snapping_nests(self, roi, grid):
        large, small = roi.snap_to_grid(grid), roi.snap_to_grid(grid, "shrink")
        near = roi.snap_to_grid(grid, "closest")
        assert large.contains(roi)
        assert small.empty or roi.contains(small)
        assert near.empty or large.contains(near)
        for snapped in (large, small, near):
            assert snapped.offset.is_multiple_of(grid)
            assert snapped.shape.is_multiple_of(grid)
        assert large.snap_to_grid(grid, "shrink") == large

    @given(rois(), vectors(sizes), vectors(sizes))
    def test_grow_and_shrink_are_inverse(self, roi, low, high):
        assert roi.grow(low, high).grow(-low, -high) == roi

    @given(rois(), vectors(numbers), vectors(sizes))
    def test_shift_and_scale_are_inverse(self, roi, by, factor):
        assert (roi + by) - by == roi
        assert (roi / factor) * factor == roi


class TestVoxels:
    def test_counts_from_the_offset_of_the_grid(self):
        roi = Roi((240, 16, 8), (80, 8, 16))
        found = world_to_voxels(roi, Coordinate(200, 8, 4), Coordinate(40, 8, 4))
        assert found == Roi((1, 1, 1), (2, 1, 4))

    def test_fractional_voxels(self):
        roi = Roi((1.2 + 4.6, 0), (13.8, 8))
        found = world_to_voxels(roi, Coordinate(1.2, 0), Coordinate(4.6, 4))
        assert found == Roi((1, 0), (3, 2))

    @pytest.mark.parametrize("roi", [Roi((2,), (8,)), Roi((4,), (6,))])
    def test_off_the_grid(self, roi):
        with pytest.raises(ValueError, match="does not lie on the voxel grid"):
            world_to_voxels(roi, Coordinate(0), Coordinate(4))

    @given(rois(integers, st.integers(1, 500)), vectors(numbers), vectors(sizes))
    def test_round_trip(self, voxels, offset, voxel_size):
        world = voxels * voxel_size + offset
        assert world_to_voxels(world, offset, voxel_size) == voxels

    def test_least_common_multiple(self):
        found = least_common_multiple([Coordinate(40, 8, 4.6), Coordinate(16, 8, 9.2)])
        assert found == (80, 8, Fraction(46, 5))

    @given(vectors(sizes), vectors(sizes))
    def test_least_common_multiple_is_a_multiple(self, a, b):
        found = least_common_multiple([a, b])
        assert found.is_multiple_of(a)
        assert found.is_multiple_of(b)
        for value, x, y in zip(found, a, b, strict=True):
            steps = Fraction(value) / x
            assert not any(x * n % y == 0 for n in range(1, min(int(steps), 50)))
