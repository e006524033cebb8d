"""Classes of layers by equivalence: what the interval of a speed-up proves, and what it leaves open.

A class holds for the whole 90 % interval of the speed-up from the smallest to the largest size, so that
each of its two sides is a test at 5 % (two one-sided tests: Schuirmann 1987). `no gain` and `not worse`
are what remains provable where the interval crosses one border of the band.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from samprof.analysis.statistics.intervals import Interval

GAINS, SAME, LOSES, NO_GAIN, NOT_WORSE, UNDECIDED = (
    "gains",
    "same",
    "loses",
    "no gain",
    "not worse",
    "undecided",
)
BAND = 1.1
"""Speed-ups between 1 / BAND and BAND count as the same speed."""
CLASS_LEVEL = 0.90
LEAST_PROCESSES = 3
"""Per size, for a class. Two have one difference between them: an interval that wide, of rows that
share what disturbed one of two rounds, puts them all into one class or none."""


def classify(low: float, high: float) -> str:
    """The class that the 90 % interval of a speed-up proves.

    Example:
        >>> classify(1.12, 1.30), classify(0.95, 1.05), classify(0.85, 1.05), classify(0.8, 1.2)
        ('gains', 'same', 'no gain', 'undecided')
    """
    if low > BAND:
        return GAINS
    if high < 1 / BAND:
        return LOSES
    if low >= 1 / BAND and high <= BAND:
        return SAME
    if high < BAND:
        return NO_GAIN
    return NOT_WORSE if low > 1 / BAND else UNDECIDED


def classified(
    speedups: Interval, processes: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.object_]:
    """The class of each row, `[rows]`.

    Args:
        speedups: their 90 % intervals.
        processes: how many measured the size of which there are fewer, `[rows]`; None for what was
            predicted.

    Example:
        >>> fast = Interval(*[np.array([2.0, 2.0])] * 3)
        >>> classified(fast, np.array([2, 3])).tolist()
        ['undecided', 'gains']
    """
    ends = zip(speedups.low, speedups.high, strict=True)
    found = np.array([classify(low, high) for low, high in ends], dtype=object)
    return found if processes is None else np.where(processes < LEAST_PROCESSES, UNDECIDED, found)


def step_places(neighbours: list[Interval]) -> npt.NDArray[np.int64]:
    """Where each row has its single step: 1 for the second size, and so on; 0 where it has none.

    A row steps once if the time per unit changes beyond the band between exactly one pair of
    neighbouring sizes, and is the same within the band between all others. Two sizes alone cannot tell
    a step from a slope.

    Args:
        neighbours: for each pair of neighbouring sizes the 90 % intervals of the speed-up from
            the smaller to the larger.

    Example:
        >>> flat, twice = (Interval(*[np.array([x])] * 3) for x in (1.0, 2.0))
        >>> step_places([flat, twice, flat])
        array([2])
    """
    if len(neighbours) < 2:
        return np.zeros(len(neighbours[0].low) if neighbours else 0, dtype=np.int64)
    lows = np.stack([pair.low for pair in neighbours], axis=1)
    highs = np.stack([pair.high for pair in neighbours], axis=1)
    changes = (lows > BAND) | (highs < 1 / BAND)
    same = (lows >= 1 / BAND) & (highs <= BAND)
    single = (changes.sum(axis=1) == 1) & (same.sum(axis=1) == len(neighbours) - 1)
    return np.where(single, changes.argmax(axis=1) + 1, 0)
