"""Why the speed-up of the whole is what it is: its fixed cost, or its step."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from samprof.analysis.scaling.axis import Axis
from samprof.analysis.statistics.classes import CLASS_LEVEL, step_places
from samprof.analysis.statistics.fit import CLOSE, fit_rows
from samprof.analysis.statistics.intervals import Floats, paired_ratio
from samprof.analysis.verdict.wording import per_whole
from samprof.units import time_text


def growth_sentence(wall: pd.DataFrame, speedups: pd.DataFrame, axis: Axis) -> str:
    """What larger sizes can share, in a sentence; empty for one size.

    A fit is told only where the speed-ups that follow from it are those that were measured.

    Args:
        wall: one row per process: size, round, wall_ns (of one batch, without the profiler).
        speedups: `samprof.analysis.verdict.whole.whole_speedups` of it.
        axis: what the sizes count.
    """
    table = wall.pivot_table(index="size", columns="round", values="wall_ns", aggfunc="median")
    sizes = [int(size) for size in table.index]
    if len(sizes) == 1:
        return ""
    amounts = np.array([axis.amount(size) for size in sizes], np.float64)
    times = [row[None, :] for row in table.to_numpy(np.float64)]
    fit = fit_rows(amounts, times)
    fixed, per_unit = fit.fixed.estimate.item(), fit.per_unit.estimate.item()
    if fit.is_line.item() and _agrees(fixed / amounts + per_unit, speedups):
        return _line_sentence(fixed, per_unit, sizes[0], axis)
    units = [raw / amount for raw, amount in zip(times, amounts, strict=True)]
    steps = step_places([paired_ratio(*pair, CLASS_LEVEL) for pair in pairwise(units)])
    if steps.any():
        return f"The time per {axis.unit} changes in one step, at {axis.text(sizes[steps.item()])}."
    return f"No fixed cost {per_whole(axis)} explains the times of all sizes."


def _agrees(unit_ns: Floats, speedups: pd.DataFrame) -> bool:
    """Whether the speed-ups that these times per unit give are near those that were measured."""
    given = unit_ns[0] / unit_ns
    found, low, high = (
        speedups[f"speedup{end}"].to_numpy(np.float64) for end in ("", "_low", "_high")
    )
    near = np.maximum(given / found, found / given) <= 1 + CLOSE
    return bool((near | ((low <= given) & (given <= high))).all())


def _line_sentence(fixed: float, per_unit: float, smallest: int, axis: Axis) -> str:
    amount = axis.amount(smallest)
    share = fixed / (fixed + per_unit * amount)
    # Less than 1 % is what rounding leaves of nothing, and no larger size could show it.
    if share < 0.01:
        return f"The fit finds no fixed cost {per_whole(axis)}."
    # To a thousandth of a nanosecond: 99.9999999 is 100.
    once, each = time_text(round(fixed, 3)), time_text(round(per_unit, 3))
    return (
        f"The fit finds a fixed cost of {once} {per_whole(axis)} and {each} "
        f"per {axis.unit}: {axis.larger} can share {share:.0%} of the time of {axis.text(smallest)}."
    )
