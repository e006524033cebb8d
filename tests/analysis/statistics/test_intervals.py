"""Intervals: against scipy on given numbers, and their coverage by simulation."""

import numpy as np
import pytest
from scipy import stats

from samprof.analysis.statistics.intervals import (
    Floats,
    mean_interval,
    paired_ratio,
    satterthwaite,
    t_quantile,
    unpaired_ratio,
)

A = np.array([[10.0, 12.0, 11.0, 13.0, 15.0]])
B = np.array([[5.0, 5.5, 6.0, 6.2, 7.0]])
NAN = np.nan


def ends(interval: object) -> tuple[float, ...]:
    return tuple(getattr(interval, name).item() for name in ("estimate", "low", "high"))


def paired_by_scipy(a: list[float], b: list[float], level: float) -> tuple[float, ...]:
    found = stats.ttest_rel(np.log(a), np.log(b)).confidence_interval(level)
    middle = np.exp(np.mean(np.log(a) - np.log(b)))
    return float(middle), float(np.exp(found.low)), float(np.exp(found.high))


def welch_by_scipy(a: list[float], b: list[float], level: float) -> tuple[float, ...]:
    found = stats.ttest_ind(np.log(a), np.log(b), equal_var=False).confidence_interval(level)
    middle = np.exp(np.mean(np.log(a)) - np.mean(np.log(b)))
    return float(middle), float(np.exp(found.low)), float(np.exp(found.high))


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_paired_ratios_are_those_of_scipy(level: float) -> None:
    expected = paired_by_scipy(A[0].tolist(), B[0].tolist(), level)
    assert ends(paired_ratio(A, B, level)) == pytest.approx(expected)


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_unpaired_ratios_are_those_of_scipy(level: float) -> None:
    expected = welch_by_scipy(A[0].tolist(), B[0, :4].tolist(), level)
    assert ends(unpaired_ratio(A, B[:, :4], level)) == pytest.approx(expected)


def test_a_round_that_lacks_a_side_is_left_out_of_the_pairs() -> None:
    a = np.array([[10.0, NAN, 11.0, 13.0, 15.0]])
    expected = paired_by_scipy([10, 11, 13, 15], [5, 6, 6.2, 7], 0.95)
    assert ends(paired_ratio(a, B)) == pytest.approx(expected)


def test_where_pairs_break_all_processes_count() -> None:
    # 3 pairs of 5 that could be: fewer than two thirds.
    a = np.array([[10.0, 12.0, 11.0, 13.0, 15.0, NAN, NAN]])
    b = np.array([[NAN, NAN, 6.0, 6.2, 7.0, 5.0, 5.5]])
    expected = welch_by_scipy([10, 12, 11, 13, 15], [6, 6.2, 7, 5, 5.5], 0.95)
    assert ends(paired_ratio(a, b)) == pytest.approx(expected)


def test_rows_are_judged_one_by_one() -> None:
    a = np.concatenate([A, np.array([[10.0, 12.0, NAN, NAN, NAN]])])
    b = np.concatenate([B, B])
    found = paired_ratio(a, b)
    assert found.low[0] == pytest.approx(paired_by_scipy(A[0].tolist(), B[0].tolist(), 0.95)[1])
    # Two pairs are too few to pair.
    assert found.low[1] == pytest.approx(welch_by_scipy([10, 12], B[0].tolist(), 0.95)[1])


def test_fewer_than_two_processes_a_side_have_no_interval() -> None:
    one, many = np.array([[8.0, NAN, NAN]]), np.array([[4.0, 4.0, 4.0]])
    for found in (paired_ratio(one, many), unpaired_ratio(one, many)):
        assert found.estimate.item() == pytest.approx(2.0)
        assert np.isnan([found.low.item(), found.high.item()]).all()
    nothing = paired_ratio(np.array([[NAN, NAN]]), np.array([[4.0, 4.0]]))
    assert np.isnan(ends(nothing)).all()


def test_times_of_zero_count_as_missing() -> None:
    a = np.array([[10.0, 0.0, 11.0, 13.0, 15.0]])
    expected = paired_by_scipy([10, 11, 13, 15], [5, 6, 6.2, 7], 0.95)
    assert ends(paired_ratio(a, B)) == pytest.approx(expected)


def test_what_does_not_vary_has_an_interval_of_no_width() -> None:
    found = paired_ratio(np.array([[6.0, 6.0]]), np.array([[4.0, 4.0]]))
    assert ends(found) == pytest.approx((1.5, 1.5, 1.5))


def test_swapping_the_sides_inverts_the_interval() -> None:
    for ratio in (paired_ratio, unpaired_ratio):
        one, other = ends(ratio(A, B)), ends(ratio(B, A))
        assert (1 / other[0], 1 / other[2], 1 / other[1]) == pytest.approx(one)


def test_means_have_the_interval_of_student() -> None:
    # 1, 2, 3: mean 2, standard error 1 / sqrt(3); t with 2 degrees of freedom is 4.303.
    assert ends(mean_interval(np.array([[1.0, NAN, 2.0, 3.0]]))) == pytest.approx(
        (2.0, 2 - 4.303 / 3**0.5, 2 + 4.303 / 3**0.5), abs=1e-3
    )


def test_degrees_of_freedom_lie_between_those_of_a_part_and_their_sum() -> None:
    df = np.array([[3.0], [3.0]])
    assert satterthwaite(np.array([[1.0], [1.0]]), df).item() == pytest.approx(6.0)
    assert satterthwaite(np.array([[1.0], [0.0]]), df).item() == pytest.approx(3.0)
    assert np.isnan(t_quantile(np.array([0.5]), 0.95)).all()


# Coverage: how often the interval holds the truth, with 5 % between and 3 % within processes.
TRIALS = 12_000
"""The standard error of a coverage of 95 % is 0.2 %: a true coverage of 92.4 or 97.6 % is told from the
limits with 3 standard errors."""


def between(rng: np.random.Generator, kind: str, rounds: int) -> Floats:
    """Log factors of processes."""
    shape = (TRIALS, rounds)
    if kind == "gamma":  # skewness 1.4
        return np.log1p(0.05 * (rng.gamma(2.0, 1.0, shape) - 2) / 2**0.5)
    if kind == "lognormal":  # skewness 2.3
        raw = rng.lognormal(0.0, 0.6, shape)
        return np.log1p(0.05 * (raw - raw.mean()) / raw.std())
    normal = 0.05 * rng.standard_normal(shape)
    if kind == "slow processes":  # every tenth process 30 % slower
        return normal + np.log(1.3) * (rng.random(shape) < 0.1)
    return normal


def within(rng: np.random.Generator, kind: str, rounds: int, forwards: int) -> Floats:
    """Log factors of the median forward of processes."""
    raw = 0.03 * rng.standard_normal((TRIALS, rounds, forwards))
    if kind == "slow forwards":  # every tenth forward 30 % slower
        raw += np.log(1.3) * (rng.random(raw.shape) < 0.1)
    return np.median(raw, axis=2)


@pytest.mark.parametrize("rounds", [4, 5, 6])
@pytest.mark.parametrize("shared", [0.0, 0.05], ids=["rounds alike", "rounds differ by 5%"])
@pytest.mark.parametrize(
    "kind", ["normal", "gamma", "lognormal", "slow processes", "slow forwards"]
)
def test_an_interval_of_95_percent_holds_the_truth_in_93_to_97(
    kind: str, shared: float, rounds: int
) -> None:
    rng = np.random.default_rng(14)
    disturbance = shared * rng.standard_normal((TRIALS, rounds))
    sides = [
        np.exp(disturbance + between(rng, kind, rounds) + within(rng, kind, rounds, forwards))
        for forwards in (8, 8)
    ]
    found = paired_ratio(1.6 * sides[0], sides[1])
    assert 0.93 < np.mean((found.low < 1.6) & (found.high > 1.6)) < 0.97


@pytest.mark.parametrize("rounds", [4, 5, 6])
def test_breaking_every_third_pair_costs_no_coverage(rounds: int) -> None:
    rng = np.random.default_rng(15)
    a, b = (np.exp(between(rng, "normal", rounds)) for _ in range(2))
    missing = rng.random((2, TRIALS, rounds)) < 1 / 6
    found = paired_ratio(np.where(missing[0], NAN, a), np.where(missing[1], NAN, b))
    told = np.isfinite(found.low)
    held = (found.low < 1) & (found.high > 1)
    assert told.mean() > 0.95
    assert 0.93 < held[told].mean() < 0.97


@pytest.mark.parametrize("processes", [4, 5, 6])
@pytest.mark.parametrize("kind", ["normal", "gamma", "lognormal"])
def test_unpaired_intervals_hold_the_truth_as_well(kind: str, processes: int) -> None:
    rng = np.random.default_rng(16)
    a, b = (np.exp(between(rng, kind, processes)) for _ in range(2))
    found = unpaired_ratio(1.6 * a, b)
    assert 0.93 < np.mean((found.low < 1.6) & (found.high > 1.6)) < 0.97
