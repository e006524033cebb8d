"""How fast the CPUs were, from reference work between the forwards, and which forwards count.

Other machines on the same host, or a lowered clock, slow a CPU for a while without a sign in any
counter. What the CPUs do at their usual speed is found in the run itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

_LEAST_CLEAN = 2
"""Forwards at the usual speed that a sample needs, if it has more than one."""
_FASTEST, _USUAL = 5.0, 20.0
"""Percentiles that are taken for the fast end and for the usual speed: a cold CPU's first moments may be
faster, and up to four fifths of a run may be slower."""
_SLOWER, _MOST = 1.10, 1.5
"""A slowed CPU takes 1.3 to 1.9 times as long. On a quiet machine the reference work stays within 5 %
where the model keeps all CPUs busy, and within 40 % where it leaves one idle, to be woken up then."""
_SPREADS = 3.0
_SLOW_ROUND = 1.15
_FEWEST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class UsualSpeed:
    """What the reference work takes in a run while nothing slows the CPUs.

    Attributes:
        usual_ns: usually; NaN where it was not done.
        slowest_ns: at most; infinite where it was not done.
    """

    usual_ns: float = math.nan
    slowest_ns: float = math.inf


def usual_speed(references: Iterable[float]) -> UsualSpeed:
    """The usual speed of a run, found in its reference work.

    What is faster than usual tells how much the work varies by itself; three times as much is allowed on
    the slow side, from 10 % to 50 %.

    Args:
        references: its times in ns, of all samples.

    Example:
        >>> usual_speed([500, 500, 500, 500, 900, 950, 870])
        UsualSpeed(usual_ns=500.0, slowest_ns=550.0)
    """
    times = np.fromiter(references, np.float64)
    if not times.size:
        return UsualSpeed()
    fastest, usual = np.percentile(times, [_FASTEST, _USUAL])
    allowed = 1 + _SPREADS * (usual - fastest) / usual
    return UsualSpeed(float(usual), float(usual * min(max(allowed, _SLOWER), _MOST)))


def clean_forwards(references: Sequence[float], forwards: int, slowest: float) -> list[bool]:
    """Which of a series of forwards ran at the usual speed: those between two fast references.

    Args:
        references: before the first forward and after each, in ns, or before and after each; empty
            where it was not done.
        forwards: how many.
        slowest: what the reference work takes at most.

    Example:
        >>> clean_forwards([500, 510, 900, 505, 500], 4, 580.0)
        [True, False, False, True]
    """
    pairs = around(references, forwards)
    return [max(pair) <= slowest for pair in pairs] if pairs else [True] * forwards


def around(values: Sequence[float], forwards: int) -> list[tuple[float, float]]:
    """What was measured before and after each forward; empty where it was not.

    Args:
        values: before the first forward and after each, or before and after each.
        forwards: how many.

    Example:
        >>> around([1, 2, 3], 2), around([1, 2, 8, 3], 2), around([], 2)
        ([(1, 2), (2, 3)], [(1, 2), (8, 3)], [])
    """
    if len(values) == forwards + 1:
        return list(pairwise(values))
    if len(values) == 2 * forwards:
        return list(zip(values[::2], values[1::2], strict=True))
    return []


def is_slowed(clean: Sequence[bool]) -> bool:
    """Whether too few forwards of a sample ran at the usual speed for it to count.

    Example:
        >>> is_slowed([True, False, True]), is_slowed([True, False, False]), is_slowed([True])
        (False, True, False)
    """
    return sum(clean) < min(_LEAST_CLEAN, len(clean))


def slow_rounds(times: pd.DataFrame) -> dict[int, float]:
    """Rounds in which all sizes together took much longer than usual, with how much longer.

    What slows a machine without touching its reference work, such as another machine's use of shared
    caches and memory, slows all sizes of a round. That of a single process is its own.

    Args:
        times: one row per process: size, round, time_ns.

    Returns:
        Round -> the median over its sizes of its time over the median of all rounds, where three
        quarters of the sizes took more than 1.15 times that. Empty for one size, and where fewer than
        three rounds tell what is usual.

    Example:
        >>> rows = [(size, number, size * 10) for number in range(3) for size in (1, 2)]
        >>> rows += [(1, 3, 14), (2, 3, 30), (1, 4, 10), (2, 4, 30)]
        >>> slow_rounds(pd.DataFrame(rows, columns=["size", "round", "time_ns"]))
        {3: 1.45}
    """
    wide = times.pivot_table(index="size", columns="round", values="time_ns")
    if len(wide) < 2 or wide.shape[1] < _FEWEST_ROUNDS:
        return {}
    longer = wide.div(wide.median(axis=1), axis=0)
    longer = longer.loc[:, longer.count() >= 2]
    least = longer.quantile(0.25, interpolation="lower")
    whole = longer.median()[least > _SLOW_ROUND]
    return dict(zip(whole.index.tolist(), whole.tolist(), strict=True))
