"""HTA's launch statistics: how many launches, and how long from them to their kernels."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from samprof.integrations.hta.explanations import (
    Figure,
    counting_causes,
    explained,
    nanoseconds,
    rounding_cause,
)

if TYPE_CHECKING:
    import pandas as pd
    from hta.trace_analysis import TraceAnalysis

    from samprof.integrations.hta.activities import Activities

LAUNCHES = "launch statistics"
_DELAY = "from launch to start"
_COLUMNS = {
    "host time of launches": "cpu_duration",
    "device time": "gpu_duration",
    _DELAY: "launch_delay",
}


def launch_figures(analysis: TraceAnalysis, rank: int, found: Activities) -> list[Figure]:
    """Launches with their activity: how many, host time, device time, time from one to the other."""
    theirs = analysis.get_cuda_kernel_launch_stats(ranks=[rank], visualize=False)[rank]
    launched = found.all[found.all["launch"] != ""]
    in_hta = launched["correlation"].isin(theirs["correlation"])
    known = launched[in_hta]
    paired_again = len(theirs) - len(known)
    causes = _causes(launched[~in_hta], found.extra[:0], paired_again)
    figures = [explained(LAUNCHES, "launches", len(theirs), len(launched), causes, unit="launches")]
    every, counted = _sums(launched), _sums(known)
    for name, column in _COLUMNS.items():
        by_hta = int(nanoseconds(theirs[column].astype(float)).sum())
        # Doubles in microseconds hold durations exactly, but not moments.
        tolerance = found.resolution_ns * 3 * max(len(launched), 1) if name == _DELAY else 0
        difference = by_hta - counted[name] if not paired_again else 0
        rounding = rounding_cause(difference, tolerance, found) if difference else ""
        figures.append(explained(LAUNCHES, name, by_hta, every[name], causes, rounding))
    return figures


def _causes(others: pd.DataFrame, nothing: pd.DataFrame, paired_again: int) -> list[str]:
    """Why HTA has other launches than the trace.

    Args:
        others: activities whose launch HTA does not have.
        nothing: no event that HTA counts besides.
        paired_again: how many more pairs HTA has than there are activities.
    """
    names = Counter(others.loc[others["left_out"] == "", "launch"])
    causes = [f"HTA ignores {name} ({count})" for name, count in names.most_common()]
    causes += counting_causes(others[others["left_out"] != ""], nothing)
    if paired_again > 0:
        causes.append(
            f"HTA pairs {paired_again} more, where launches or kernels share a correlation id"
        )
    return causes


def _sums(launched: pd.DataFrame) -> dict[str, int]:
    end = launched["launch_ts_ns"] + launched["launch_dur_ns"]
    sums = (launched["launch_dur_ns"], launched["dur_ns"], (launched["ts_ns"] - end).clip(lower=0))
    return {name: int(values.sum()) for name, values in zip(_COLUMNS, sums, strict=True)}
