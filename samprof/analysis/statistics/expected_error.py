"""The error to expect of numbers that were predicted: how far others that could be compared were off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from samprof.analysis.statistics.classes import classified
from samprof.analysis.statistics.intervals import Interval

COVERED = 0.9
"""The share of comparisons that an interval holds."""


@dataclass(frozen=True, slots=True)
class ExpectedError:
    """Factors of 1 and more: what was compared lay within predicted / factor and predicted * factor.

    Attributes:
        time: of times and throughput, for 90 % of what was compared.
        speedup: of the ratio of two sizes, where much of the error of both is the same; for 95 %.
        compared: how many times it was found from.
    """

    time: float
    speedup: float
    compared: int = 0

    def times(self, value: float) -> tuple[float, float]:
        """The interval of a predicted time.

        Example:
            >>> ExpectedError(1.25, 1.1).times(100.0)
            (80.0, 125.0)
        """
        return value / self.time, value * self.time


def covering_factor(ratios: Sequence[float], covered: float = COVERED) -> float:
    """The factor within which the share `covered` of ratios lies, counted for one more to come.

    Of n ratios, the one of rank ceil((n + 1) * covered) by size of their logarithms: then the next one
    from the same source lies within it at least that often (split conformal prediction: Vovk et al.
    2005). Where there are too few for that, the largest.

    Args:
        ratios: predicted over published.
        covered: the share.

    Example:
        >>> covering_factor([1.0, 0.5, 1.1] + [1.0] * 20)
        1.1
    """
    distances = np.sort(np.abs(np.log(np.asarray(ratios, np.float64))))
    rank = min(int(np.ceil((len(distances) + 1) * covered)), len(distances))
    return float(np.exp(distances[rank - 1]))


def with_expected(table: pd.DataFrame, error: ExpectedError | None) -> pd.DataFrame:
    """The table with intervals of its speed-ups, and classes by them, where it was predicted.

    Args:
        table: with speedup, speedup_low, speedup_high and perhaps class and size; the speed-up of the
            smallest size over itself is exact.
        error: None where it was measured: then it stays as it is.

    Example:
        >>> table = pd.DataFrame({"speedup": [1.0, 2.0], "speedup_low": [1.0, np.nan]})
        >>> table["speedup_high"] = table["speedup_low"]
        >>> with_expected(table, ExpectedError(2.0, 1.25))["speedup_low"].tolist()
        [1.0, 1.6]
    """
    if error is None or table.empty:
        return table
    unknown = table["speedup_low"].isna() & table["speedup"].notna()
    low = table["speedup_low"].where(~unknown, table["speedup"] / error.speedup)
    high = table["speedup_high"].where(~unknown, table["speedup"] * error.speedup)
    found = table.assign(speedup_low=low, speedup_high=high)
    if "class" in table:
        ends = Interval(*(one.to_numpy(np.float64) for one in (table["speedup"], low, high)))
        found["class"] = classified(ends)
    return found


def expected_from(data: object) -> ExpectedError | None:
    """The error in the data of a run directory; None if it holds none that makes sense.

    Example:
        >>> expected_from({"time": 1.3, "speedup": 1.1}), expected_from({"time": "large"})
        (ExpectedError(time=1.3, speedup=1.1, compared=0), None)
    """
    if not isinstance(data, Mapping):
        return None
    time, speedup, compared = (data.get(name, 0) for name in ("time", "speedup", "compared"))
    numbers = (time, speedup)
    if not all(isinstance(one, int | float) and 1 <= one < float("inf") for one in numbers):
        return None
    return ExpectedError(float(time), float(speedup), compared if type(compared) is int else 0)
