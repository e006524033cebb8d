"""Two laws of time against size, fitted to each round by itself.

`time(b) = fixed + per_unit * b` and `time ~ b^exponent` are fitted by least squares on relative errors,
so that a small size weighs as much as a large one. Every round has all sizes and gives one fit; the
intervals are t intervals over the rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from samprof.analysis.statistics.intervals import Floats, Interval, logs, mean_interval

CLOSE = 0.05
"""A law describes the sizes if none is further from it, or no further than the noise explains."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Fits of many rows at once; every field is `[rows]` or an `Interval` of rows.

    Attributes:
        fixed: cost whatever the size; never negative.
        per_unit: cost that each unit adds; never negative.
        is_line: whether the line describes all sizes.
        exponent: p of time ~ b^p; NaN for rows without time.
        is_power: whether the power describes all sizes.
    """

    fixed: Interval
    per_unit: Interval
    is_line: npt.NDArray[np.bool_]
    exponent: Interval
    is_power: npt.NDArray[np.bool_]


def fit_rows(sizes: Floats, times: Sequence[Floats]) -> Fit:
    """Fits both laws to each row.

    Args:
        sizes: `[sizes]`, ascending, at least two.
        times: for each size `[rows, rounds]`; NaN where a process is missing. Only rounds with all
            sizes are fitted; where a row has none, its geometric means over all processes are.

    Example:
        >>> line = [np.array([[3.0 + 2 * b] * 3]) for b in (1, 2, 4)]
        >>> fit = fit_rows(np.array([1.0, 2.0, 4.0]), line)
        >>> fit.fixed.estimate.round(6).item(), fit.per_unit.low.round(6).item(), fit.is_line.item()
        (3.0, 2.0, True)
    """
    rounds = _complete_rounds(times)
    fixed, per_unit = _lines(sizes, rounds)
    exponents, shifts = _powers(sizes, rounds)
    line = fixed.estimate[:, None] + per_unit.estimate[:, None] * sizes
    exponent = mean_interval(exponents)
    power = exponent.estimate[:, None] * np.log(sizes) + mean_interval(shifts).estimate[:, None]
    return Fit(fixed, per_unit, _describes(logs(line), rounds), exponent, _describes(power, rounds))


def _complete_rounds(times: Sequence[Floats]) -> Floats:
    """Times as `[rows, rounds, sizes]`, with NaN in all sizes of a round that lacks one."""
    width = max(raw.shape[1] for raw in times)
    stacked = np.full((len(times[0]), width, len(times)), np.nan)
    for place, raw in enumerate(times):
        stacked[:, : raw.shape[1], place] = raw
    complete = np.all(np.isfinite(stacked), axis=2)
    rounds = np.where(complete[..., None], stacked, np.nan)
    none = ~complete.any(axis=1)
    rounds[none, 0] = np.exp([mean_interval(logs(raw[none])).estimate for raw in times]).T
    return rounds


def _lines(sizes: Floats, rounds: Floats) -> tuple[Interval, Interval]:
    """Fixed and per-unit costs: least squares on 1 = fixed / t + per_unit * b / t, neither below 0."""
    inverse = np.divide(1.0, rounds, out=np.zeros_like(rounds), where=rounds > 0)
    ones, slopes = inverse, inverse * sizes
    # The normal equations of each round; a round without times has zeros throughout and gives NaN.
    aa, ab, bb = (ones * ones).sum(2), (ones * slopes).sum(2), (slopes * slopes).sum(2)
    a, b = ones.sum(2), slopes.sum(2)
    determinant = aa * bb - ab * ab
    free_fixed = mean_interval(_over(a * bb - b * ab, determinant))
    free_slope = mean_interval(_over(b * aa - a * ab, determinant))
    only_slope, only_fixed = mean_interval(_over(b, bb)), mean_interval(_over(a, aa))
    # Neither cost can be negative: the line that lacks the other one is the nearest that makes sense.
    return (
        _bounded(free_fixed, only_fixed, free_slope.estimate < 0),
        _bounded(free_slope, only_slope, free_fixed.estimate < 0),
    )


def _bounded(free: Interval, alone: Interval, other_is_negative: npt.NDArray[np.bool_]) -> Interval:
    ends = (
        np.maximum(np.where(other_is_negative, getattr(alone, name), getattr(free, name)), 0.0)
        for name in ("estimate", "low", "high")
    )
    return Interval(*ends)


def _powers(sizes: Floats, rounds: Floats) -> tuple[Floats, Floats]:
    """Slope and intercept of log time against log size, `[rows, rounds]`."""
    x = np.log(sizes)
    times = logs(rounds)
    mean = times.mean(axis=2)
    slopes = ((x - x.mean()) * (times - mean[..., None])).sum(axis=2) / ((x - x.mean()) ** 2).sum()
    return slopes, mean - slopes * x.mean()


def _describes(law: Floats, rounds: Floats) -> npt.NDArray[np.bool_]:
    """Whether the residual of every size is below 5 %, or zero within its 95 % interval."""
    rows, _, sizes = rounds.shape
    residuals = (logs(rounds) - law[:, None, :]).transpose(0, 2, 1).reshape(rows * sizes, -1)
    found = mean_interval(residuals)
    noise = (found.low <= 0) & (found.high >= 0)
    near = np.abs(found.estimate) <= np.log1p(CLOSE)
    every: npt.NDArray[np.bool_] = np.all((near | noise).reshape(rows, sizes), axis=1)
    return every


def _over(above: Floats, below: Floats) -> Floats:
    result: Floats = np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
    return result
