"""The time of a verification: shared between groups, and estimated per case."""

import pytest

from samprof.verify.budget import Budget
from samprof.verify.estimates import TimeEstimates


def test_groups_share_what_is_left() -> None:
    now = 0.0
    budget = Budget(100, [("a", 1), ("b", 1), ("c", 2)], clock=lambda: now)
    budget.begin("a")
    assert budget.fits(25)
    assert not budget.fits(25.1)
    now = 10  # a took less than its share: 90 s for b and c, of which b has a third
    budget.begin("b")
    assert budget.fits(30)
    assert not budget.fits(30.1)
    budget.begin("c")
    assert budget.fits(90)
    now = 100
    assert not budget.fits(0)


def test_a_warm_forward_tells_the_pace_and_the_fastest_counts() -> None:
    estimates = TimeEstimates({"vit_b": 0.1}, seconds_per_point=2.0)
    assert estimates.expected("vit_b", "float32", 10) == pytest.approx(3.0)
    assert estimates.expected("vit_b", "bfloat16", 10) == pytest.approx(2.35)
    estimates.learn("vit_b", "float32", 1, 0.3)  # batch 1 waits for the host
    assert estimates.expected("vit_b", "float32", 10) == pytest.approx(5.0)
    estimates.learn("vit_b", "float32", 8, 0.4)
    estimates.learn("vit_b", "float32", 1, 0.3)
    assert estimates.expected("vit_b", "float32", 10) == pytest.approx(2.5)


def test_what_one_measurement_paid_for_starting_teaches_nothing() -> None:
    estimates = TimeEstimates({}, seconds_per_point=2.0)
    for overhead in (9.0, 1.0, 1.2, 1.1):
        estimates.learn_overhead(overhead)
    assert estimates.expected("vit_b", "float32", 0) == pytest.approx(1.2)
