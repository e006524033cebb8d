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


def test_estimates_are_learnt_from_measurements_that_took_long() -> None:
    estimates = TimeEstimates({"vit_b": 0.1}, seconds_per_point=2.0)
    assert estimates.expected("vit_b", "float32", 10) == pytest.approx(3.0)
    assert estimates.expected("vit_b", "bfloat16", 10) == pytest.approx(2.35)
    estimates.learn("vit_b", "float32", 10, 3.9)  # mostly overhead
    assert estimates.expected("vit_b", "float32", 10) == pytest.approx(3.0)
    estimates.learn("vit_b", "float32", 10, 12.0)  # 10 s of 10 images
    assert estimates.expected("vit_b", "float32", 30) == pytest.approx(32.0)
