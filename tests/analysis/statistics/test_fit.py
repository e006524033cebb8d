"""Fits on numbers whose answer is known, and their coverage by simulation."""

import numpy as np
import pytest

from samprof.analysis.statistics.fit import fit_rows
from samprof.analysis.statistics.intervals import Floats, Interval

SIZES = np.array([1.0, 2.0, 4.0, 8.0])


def ends(interval: Interval) -> tuple[float, ...]:
    return tuple(getattr(interval, name).item() for name in ("estimate", "low", "high"))


def rounds(times: Floats, count: int = 3) -> list[Floats]:
    """The same times in every round, for each size `[1, rounds]`."""
    return [np.full((1, count), time) for time in times]


def test_a_line_is_recovered_exactly() -> None:
    fit = fit_rows(SIZES, rounds(700 + 50 * SIZES))
    assert ends(fit.fixed) == pytest.approx((700, 700, 700))
    assert ends(fit.per_unit) == pytest.approx((50, 50, 50))
    assert fit.is_line.item()


def test_a_power_is_recovered_exactly() -> None:
    fit = fit_rows(SIZES, rounds(100 * SIZES**0.5))
    assert ends(fit.exponent) == pytest.approx((0.5, 0.5, 0.5))
    assert fit.is_power.item()
    # By the line it would be 0.94, 0.93, 1.04 of itself at the sizes 1, 2, 4 and so on: more than 5 %.
    assert not fit.is_line.item()


def test_every_size_weighs_the_same_in_relative_terms() -> None:
    # 1.1, 2, 4, 8: with x the per-unit cost and nothing fixed, the sum of (1 - x b / t)^2 is least for
    # x = sum(b / t) / sum((b / t)^2) = (1/1.1 + 3) / (1/1.21 + 3) = 1.0216.
    times = SIZES.copy()
    times[3] = 8 * 1.1  # the same 10 % at the other end: symmetric in relative terms
    first = SIZES.copy()
    first[0] = 1.1
    steep, flat = (fit_rows(SIZES, rounds(one)) for one in (times, first))
    assert steep.fixed.estimate.item() == 0.0
    assert steep.per_unit.estimate.item() == pytest.approx((1 / 1.1 + 3) / (1 / 1.21 + 3))
    assert flat.fixed.estimate.item() > 0.0


def test_costs_are_never_negative() -> None:
    # b^2: with nothing fixed, x = sum(1/b) / sum(1/b^2) = 1.875 / 1.328125.
    steep = fit_rows(SIZES, rounds(SIZES**2))
    assert ends(steep.fixed)[:2] == (0.0, 0.0)
    assert steep.per_unit.estimate.item() == pytest.approx(1.875 / 1.328125)
    # 8/b: with nothing per unit, the fixed cost is sum(b/8) / sum(b^2/64) = 1.875 / 1.328125.
    falling = fit_rows(SIZES, rounds(8 / SIZES))
    assert falling.fixed.estimate.item() == pytest.approx(1.875 / 1.328125)
    assert ends(falling.per_unit)[:2] == (0.0, 0.0)
    assert not steep.is_line.item()
    assert not falling.is_line.item()


def test_a_step_is_neither_law() -> None:
    fit = fit_rows(SIZES, rounds(np.array([1.0, 2.0, 8.0, 16.0])))
    assert not fit.is_line.item()
    assert not fit.is_power.item()


def test_what_noise_explains_is_one_law_all_the_same() -> None:
    # 12 % above the line at one size, but +-20 % between rounds.
    wobble = np.exp(np.array([[-0.2, 0.0, 0.2, 0.1]]))
    times = [size * wobble for size in SIZES]
    bumped = [*times[:2], times[2] * 1.12 * wobble, times[3]]
    assert fit_rows(SIZES, bumped).is_line.item()
    still = rounds(SIZES * np.array([1, 1, 1.12, 1]), 4)
    assert not fit_rows(SIZES, still).is_line.item()


def test_one_round_gives_no_interval() -> None:
    fit = fit_rows(SIZES, rounds(3 + SIZES, 1))
    assert fit.fixed.estimate.item() == pytest.approx(3)
    assert fit.exponent.estimate.item() < 1
    for interval in (fit.fixed, fit.per_unit, fit.exponent):
        assert np.isnan(ends(interval)[1:]).all()


def test_rounds_that_lack_a_size_are_left_out() -> None:
    times = [np.array([[10.0, 10.0, 90.0]]) * size for size in SIZES]
    times[1] = np.array([[20.0, 20.0, np.nan]])
    fit = fit_rows(SIZES, times)
    assert ends(fit.per_unit) == pytest.approx((10, 10, 10))
    # Without a whole round the geometric means of all processes are fitted.
    broken = [np.array([[10.0, np.nan]]), np.array([[np.nan, 20.0]])]
    fit = fit_rows(SIZES[:2], broken)
    assert fit.per_unit.estimate.item() == pytest.approx(10)
    assert np.isnan(fit.per_unit.low.item())


def test_sizes_may_have_different_numbers_of_rounds() -> None:
    times = [np.full((1, count), 5 * size) for size, count in zip(SIZES, (4, 3, 3, 2), strict=True)]
    assert fit_rows(SIZES, times).per_unit.estimate.item() == pytest.approx(5)


def test_rows_without_time_have_no_law_and_leave_the_others_alone() -> None:
    times = [np.array([[0.0] * 3, [size] * 3]) for size in SIZES]
    fit = fit_rows(SIZES, times)
    assert np.isnan(fit.exponent.estimate[0])
    assert fit.is_line.tolist() == fit.is_power.tolist() == [False, True]
    assert fit.exponent.estimate[1] == pytest.approx(1.0)


@pytest.mark.parametrize("count", [4, 5, 6])
def test_intervals_of_the_parameters_hold_the_truth(count: int) -> None:
    rng = np.random.default_rng(14)
    rows = 4000  # a standard error of 0.35 % of the coverage
    noise = [np.exp(0.05 * rng.standard_normal((rows, count))) for _ in SIZES]
    fit = fit_rows(SIZES, [(100 + 50 * b) * one for b, one in zip(SIZES, noise, strict=True)])
    power = fit_rows(SIZES, [100 * b**0.8 * one for b, one in zip(SIZES, noise, strict=True)])
    for interval, truth in ((fit.fixed, 100), (fit.per_unit, 50), (power.exponent, 0.8)):
        assert 0.93 < np.mean((interval.low < truth) & (interval.high > truth)) < 0.97
    assert fit.is_line.mean() > 0.95
