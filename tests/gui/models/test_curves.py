"""Growing curves and their smoothing."""

from __future__ import annotations

import numpy as np
import pytest

from napari_dacapo.gui.models import Curve, smooth


def reference(values, share, last):
    result = []
    for value in values:
        last = (1 - share) * last + share * value
        result.append(last)
    return result


@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.99])
@pytest.mark.parametrize("length", [1, 2, 1000])
def test_smoothing_is_the_exponential_moving_average(share, length):
    values = np.random.default_rng(0).normal(3, 1, length)
    expected = reference(values, share, values[0])
    np.testing.assert_allclose(smooth(values, share), expected, rtol=1e-9)


def test_smoothing_goes_on_where_it_ended():
    values = np.random.default_rng(0).normal(3, 1, 500)
    whole = smooth(values, 0.02)
    first = smooth(values[:123], 0.02)
    rest = smooth(values[123:], 0.02, float(first[-1]))
    np.testing.assert_allclose(np.concatenate([first, rest]), whole)


def test_no_smoothing_returns_the_values():
    np.testing.assert_array_equal(smooth(np.array([3.0, 1.0]), 1), [3, 1])
    assert smooth(np.array([]), 0.1).size == 0


def test_a_curve_keeps_all_points():
    curve = Curve()
    for start in range(0, 5000, 7):
        x = np.arange(start, start + 7)
        curve.extend(x, x**2)
    np.testing.assert_array_equal(curve.x, np.arange(len(curve)))
    np.testing.assert_array_equal(curve.y, curve.x**2)
    assert curve.revision == 0


def test_points_trained_again_are_replaced():
    curve = Curve()
    curve.extend(range(10), np.ones(10))
    curve.extend([6, 7], [2, 2])
    np.testing.assert_array_equal(curve.x, range(8))
    np.testing.assert_array_equal(curve.y, [1] * 6 + [2, 2])
    assert curve.revision == 1


@pytest.mark.parametrize(
    ("x", "index"), [(-5, 0), (0.4, 0), (0.6, 1), (7.5, 3), (99, 4)]
)
def test_the_nearest_point(x, index):
    curve = Curve()
    curve.extend([0, 1, 2, 8, 9], range(5))
    assert curve.nearest(x) == index


def test_nothing_is_nearest_on_an_empty_curve():
    assert Curve().nearest(3) is None
