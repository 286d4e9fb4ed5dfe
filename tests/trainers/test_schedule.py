"""The learning rate from iteration to iteration."""

from __future__ import annotations

import pytest

from napari_dacapo.trainers._schedule import Schedule


def test_it_rises_during_the_warm_up_and_stays():
    schedule = Schedule(10)
    assert schedule.factor(0) == 0.01
    assert schedule.factor(5) == pytest.approx(0.505)
    assert [schedule.factor(i) for i in (10, 11, 10**6)] == [1, 1, 1]


def test_a_cosine_falls_to_the_end_and_stays_there():
    schedule = Schedule(10, "cosine", 110)
    factors = [schedule.factor(i) for i in range(10, 111)]
    assert factors[0] == 1
    assert factors == sorted(factors, reverse=True)
    assert factors[50] == pytest.approx(0.505)
    assert factors[-1] == schedule.factor(500) == pytest.approx(0.01)


def test_a_cosine_of_unknown_length_is_constant():
    assert Schedule(0, "cosine").factor(1000) == 1


def test_a_training_shorter_than_the_warm_up_is_all_warm_up():
    assert Schedule(100, "cosine", 50).factor(49) < 0.5
