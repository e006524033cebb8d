"""One figure of HTA's beside samprof's own, and what explains the difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samprof.units import digits

if TYPE_CHECKING:
    import pandas as pd

    from samprof.integrations.hta.activities import Activities

NOT_EXPLAINED = "not explained"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of HTA's and samprof's own.

    Attributes:
        analysis, item: which.
        hta: HTA's number, in whole `unit`s.
        samprof: the same over all device activities of the trace; None where samprof has none.
        reason: what explains the difference; empty where there is none.
        unit: ns, or launches.
    """

    analysis: str
    item: str
    hta: int
    samprof: int | None
    reason: str = ""
    unit: str = "ns"


def explained(
    analysis: str,
    item: str,
    hta: int,
    samprof: int,
    causes: Iterable[str],
    rounding: str = "",
    *,
    unit: str = "ns",
) -> Figure:
    """The figure, with the causes if there is a difference."""
    if hta == samprof:
        return Figure(analysis, item, hta, samprof, unit=unit)
    reason = "; ".join(cause for cause in (*causes, rounding) if cause)
    return Figure(analysis, item, hta, samprof, reason or NOT_EXPLAINED, unit)


def counting_causes(activities: pd.DataFrame, extra: pd.DataFrame) -> list[str]:
    """What HTA leaves out of these activities, and what it counts besides, by cause."""
    left_out = activities[activities["left_out"] != ""]
    causes = []
    for words, table, column in (
        ("leaves out {}", left_out, "left_out"),
        ("counts {} more", extra, "why"),
    ):
        for why, rows in table.groupby(column, sort=False):
            total = int(rows["dur_ns"].sum())
            causes.append(f"HTA {words.format(len(rows))} ({total} ns): {why}")
    return causes


def rounding_cause(
    difference_ns: int, tolerance_ns: float, found: Activities, rounding: str = ""
) -> str:
    """What explains a difference between HTA's figure and samprof's over the activities that HTA counts.

    Args:
        difference_ns: HTA's less samprof's.
        tolerance_ns: the most that HTA's rounding can make.
        found: the activities of the trace.
        rounding: how HTA rounds this figure; empty where it does not.
    """
    if len(found.extra):  # events whose times samprof does not have
        return "; ".join(counting_causes(found.all[:0], found.extra))
    if abs(difference_ns) > tolerance_ns:
        return f"{NOT_EXPLAINED} ({difference_ns:+d} ns)"
    apart = f"{digits(found.resolution_ns, 2)} ns apart"
    doubles = f"HTA stores times as doubles in microseconds, here {apart}"
    return "; ".join(text for text in (rounding, doubles if found.resolution_ns else "") if text)


def nanoseconds(microseconds: pd.Series) -> pd.Series:
    """HTA's times as whole nanoseconds."""
    return (microseconds.astype(float) * 1000).round().astype(np.int64)
