"""Class balancing: running fractions, weights, masks."""

import copy

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dacapo.errors import DataError
from napari_dacapo.tasks._balancing import balance_classes

TEN = np.array([[0, 0, 1, 0, 0, 0, 1, 0, 0, 0]])


def test_the_worked_example():
    weights, counts = balance_classes(TEN, np.ones((1, 10)))
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights[TEN == 1], 2.75)
    np.testing.assert_allclose(weights[TEN == 0], 0.6875)
    assert counts == [[[8, 11], [2, 11]]]
    weights, counts = balance_classes(TEN * 0, np.ones((1, 10)), counts)
    np.testing.assert_allclose(weights, 21 / 36)
    assert counts == [[[18, 21], [2, 21]]]


def test_counts_passed_in_are_not_changed():
    before = [[[8.0, 11.0], [2.0, 11.0]]]
    kept = copy.deepcopy(before)
    balance_classes(TEN, np.ones((1, 10)), before)
    assert before == kept


def test_everything_masked_out_gives_weight_zero_and_counts_nothing():
    weights, counts = balance_classes(TEN, np.zeros((1, 10)))
    assert not weights.any()
    assert counts == [[[0, 1], [0, 1]]]


def test_bounds_limit_the_fractions():
    weights, _ = balance_classes(TEN, np.ones((1, 10)), clipmin=0.4, clipmax=0.5)
    np.testing.assert_allclose(weights[TEN == 1], 1 / 0.8)
    np.testing.assert_allclose(weights[TEN == 0], 1.0)


@pytest.mark.parametrize(("labels", "bad"), [([[0, 2]], "2"), ([[-1, 1]], "-1")])
def test_labels_that_are_no_class_are_refused(labels, bad):
    with pytest.raises(DataError, match=f"label {bad}, but .* from 0 to 1"):
        balance_classes(np.array(labels), np.ones((1, 2)))


def test_counts_of_another_task_are_refused():
    with pytest.raises(DataError, match="counts of 2 channels do not fit 1 channel"):
        balance_classes(TEN, np.ones((1, 10)), [[[0, 1], [0, 1]]] * 2)


@given(
    hnp.arrays(np.int64, (2, 4, 5), elements=st.integers(0, 3)),
    hnp.arrays(np.uint8, (1, 4, 5), elements=st.integers(0, 1)),
)
def test_weights_are_zero_where_masked_and_follow_the_class(labels, mask):
    weights, counts = balance_classes(labels, mask, num_classes=4)
    use = np.broadcast_to(mask != 0, labels.shape)
    assert not weights[~use].any()
    assert (weights[use] > 0).all()
    for channel in range(2):
        for label in range(4):
            of_class = weights[channel][use[channel] & (labels[channel] == label)]
            assert len(set(of_class.tolist())) <= 1
            number = np.count_nonzero(use[channel] & (labels[channel] == label))
            assert counts[channel][label] == [number, 1 + mask.sum()]
