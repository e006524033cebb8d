"""HTA's temporal breakdown and idle time: when the device, and each of its streams, was busy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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

TEMPORAL, IDLE = "temporal breakdown", "idle time"
_ROUNDED = "HTA rounds idle times to 10 ns"
_MOST_ROUNDED_NS = 5


def temporal_breakdown(analysis: TraceAnalysis) -> dict[int, dict[str, int]]:
    """Rank -> HTA's idle_time, compute_time, non_compute_time and kernel_time (all), in ns."""
    table = analysis.get_temporal_breakdown(visualize=False)
    names = ["idle_time", "compute_time", "non_compute_time", "kernel_time"]
    values = {name: nanoseconds(table[f"{name}(us)"]).tolist() for name in names}
    return {
        int(rank): {name: values[name][row] for name in names}
        for row, rank in enumerate(table["rank"])
    }


def temporal_figures(theirs: dict[str, int], found: Activities) -> list[Figure]:
    """The time from the first activity to the last: idle, computing, busy with something else."""
    every, counted = _temporal(found.all), _temporal(found.counted)
    tolerance = found.resolution_ns * 2 * (len(found.all) + len(found.extra) + 1)
    return [
        explained(
            TEMPORAL,
            name,
            by_hta,
            every[name],
            counting_causes(found.all, found.extra) if every[name] != counted[name] else [],
            _rounding(by_hta - counted[name], tolerance, found),
        )
        for name, by_hta in theirs.items()
    ]


def idle_figures(analysis: TraceAnalysis, rank: int, found: Activities) -> list[Figure]:
    """Time between the activities of a stream, and HTA's reasons for it, which compare two clocks."""
    table, _ = analysis.get_idle_time_breakdown(ranks=[rank], visualize=False)
    figures = []
    for stream, part in table.groupby("stream", sort=True):
        by_hta = int(nanoseconds(part["idle_time"]).sum())
        of_stream = found.all[found.all["stream"] == stream]
        tolerance = found.resolution_ns * 2 * len(of_stream) + _MOST_ROUNDED_NS * len(part)
        every, counted = _gaps(of_stream), _gaps(of_stream[of_stream["left_out"] == ""])
        figures.append(
            explained(
                IDLE,
                f"stream {stream}",
                by_hta,
                every,
                counting_causes(of_stream, found.extra) if every != counted else [],
                _rounding(by_hta - counted, tolerance, found, _ROUNDED),
            )
        )
        times = nanoseconds(part["idle_time"])
        for category, time in zip(part["idle_category"], times, strict=True):
            reason = "samprof never compares times of host and device"
            figures.append(Figure(IDLE, f"stream {stream}, {category}", int(time), None, reason))
    return figures


def _rounding(difference: int, tolerance: float, found: Activities, rounding: str = "") -> str:
    return rounding_cause(difference, tolerance, found, rounding) if difference else ""


def _temporal(activities: pd.DataFrame) -> dict[str, int]:
    """What HTA's temporal breakdown is over these activities."""
    start, end = activities["ts_ns"], activities["ts_ns"] + activities["dur_ns"]
    whole = int(end.max() - start.min()) if len(activities) else 0
    busy, compute = _union(activities), _union(activities[activities["type"] == "COMPUTATION"])
    return {
        "idle_time": whole - busy,
        "compute_time": compute,
        "non_compute_time": busy - compute,
        "kernel_time": whole,
    }


def _union(activities: pd.DataFrame) -> int:
    """Time in which at least one of them ran."""
    order = np.argsort(activities["ts_ns"].to_numpy(), kind="stable")
    start = activities["ts_ns"].to_numpy()[order]
    end = start + activities["dur_ns"].to_numpy()[order]
    if not len(start):
        return 0
    reached = np.maximum.accumulate(end)
    since = np.maximum(start[1:], reached[:-1])
    return int(end[0] - start[0] + np.maximum(end[1:] - since, 0).sum())


def _gaps(activities: pd.DataFrame) -> int:
    """Time from the end of each activity to the start of the next, as HTA adds it up."""
    rows = activities.sort_values("ts_ns", kind="stable")
    start, end = rows["ts_ns"].to_numpy(), (rows["ts_ns"] + rows["dur_ns"]).to_numpy()
    return int((start[1:] - end[:-1]).sum())
