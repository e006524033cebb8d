"""Fits on numbers whose answer is known."""

import numpy as np
import pytest

from samprof.analysis.fit import fit_rows, resampled_medians

SIZES = np.array([1.0, 2.0, 4.0, 8.0])


def test_a_line_is_recovered_exactly() -> None:
    times = [np.array([[700.0 + 50.0 * size] * 3]) for size in SIZES]
    fit = fit_rows(SIZES, times)
    assert fit.fixed.tolist() == [700.0]
    assert fit.per_image.tolist() == [50.0]


def test_a_power_is_recovered_exactly() -> None:
    # 2^0.5 between neighbours: every pair of batch sizes has slope 0.5 in logarithms.
    times = [np.array([[100.0 * size**0.5] * 3]) for size in SIZES]
    fit = fit_rows(SIZES, times)
    assert fit.exponent.tolist() == pytest.approx([0.5])
    assert fit.exponent_low.tolist() == pytest.approx([0.5])
    assert fit.exponent_high.tolist() == pytest.approx([0.5])


def test_one_bad_repeat_does_not_move_the_fit() -> None:
    times = [np.array([[10.0 * size] * 4 + [9999.0]]) for size in SIZES]
    fit = fit_rows(SIZES, times)
    assert fit.fixed.tolist() == [0.0]
    assert fit.per_image.tolist() == [10.0]
    assert fit.exponent.tolist() == pytest.approx([1.0])


def test_costs_are_never_negative() -> None:
    # Super-linear: the straight line would start below zero.
    steep = fit_rows(SIZES, [np.array([[size**2] * 2]) for size in SIZES])
    assert steep.fixed.tolist() == [0.0]
    # t/b = 1, 2, 4, 8: its median is 3.
    assert steep.per_image.tolist() == [3.0]
    # Falling: a larger batch takes less time; the median of 8, 4, 2, 1 is 3.
    falling = fit_rows(SIZES, [np.array([[8.0 / size] * 2]) for size in SIZES])
    assert falling.fixed.tolist() == [3.0]
    assert falling.per_image.tolist() == [0.0]


def test_one_repeat_gives_no_interval() -> None:
    fit = fit_rows(SIZES, [np.array([[size]]) for size in SIZES])
    assert fit.exponent.tolist() == pytest.approx([1.0])
    assert np.isnan(fit.exponent_low).all()
    assert np.isnan(fit.exponent_high).all()


def test_rows_without_time_have_no_exponent_and_leave_the_others_alone() -> None:
    times = [np.array([[0.0] * 3, [size] * 3]) for size in SIZES]
    fit = fit_rows(SIZES, times)
    assert np.isnan(fit.exponent[0])
    assert fit.exponent[1] == pytest.approx(1.0)


def test_the_interval_widens_with_the_spread() -> None:
    def width(spread: float) -> float:
        repeats = np.array([1 - spread, 1 - spread / 2, 1, 1 + spread / 2, 1 + spread])
        fit = fit_rows(SIZES, [(size * repeats)[None, :] for size in SIZES])
        return float(fit.exponent_high[0] - fit.exponent_low[0])

    assert 0.0 < width(0.01) < width(0.1) < width(0.4)


def test_resampling_is_the_same_every_time_and_stays_within_the_data() -> None:
    times = [np.array([[3.0, 5.0, 9.0]]), np.array([[1.0, 1.0]])]
    first, second = resampled_medians(times), resampled_medians(times)
    assert first.shape == (1, 500, 2)
    assert np.array_equal(first, second)
    assert set(first[0, :, 0].tolist()) == {3.0, 5.0, 9.0}
    assert set(first[0, :, 1].tolist()) == {1.0}
