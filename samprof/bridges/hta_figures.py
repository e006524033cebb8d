"""HTA's figures beside samprof's own, with what makes the difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.bridges.hta_sets import Sets
from samprof.units import digits

if TYPE_CHECKING:
    import pandas as pd
    from hta.trace_analysis import TraceAnalysis

KERNELS, BY_NAME, TEMPORAL, IDLE, LAUNCHES = (
    "kernel breakdown",
    "kernels by name",
    "temporal breakdown",
    "idle time",
    "launch statistics",
)
COLUMNS = ["rank", "analysis", "item", "unit", "hta", "samprof", "difference", "reason"]
_TYPES = ("COMPUTATION", "COMMUNICATION", "MEMORY", "OTHER")
_ROUNDED = "HTA rounds idle times to 10 ns"
_ROUNDED_NS = 5
_ALL = 10**9


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of HTA's and samprof's own.

    Attributes:
        analysis, item: which.
        hta: HTA's number, in whole `unit`s.
        samprof: the same over all device activities of the trace; None where samprof has none.
        reason: what makes the difference; empty where there is none.
        unit: ns, or launches.
    """

    analysis: str
    item: str
    hta: int
    samprof: int | None
    reason: str = ""
    unit: str = "ns"


def hta_table(analysis: TraceAnalysis, found: dict[int, Sets]) -> pd.DataFrame:
    """One row a figure and rank.

    Args:
        analysis: HTA's.
        found: rank -> what HTA counts of its trace.

    Returns:
        Columns rank, analysis, item, unit (ns or launches), hta, samprof, difference (hta less samprof),
        reason.
    """
    import pandas as pd

    rows: list[tuple[Any, ...]] = []
    by_type, temporal = _their_sums(analysis), _their_temporal(analysis)
    for rank, both in found.items():
        for figure in (
            *_kernels(by_type[rank], both),
            *_by_name(by_type[rank], both),
            *_temporal(temporal[rank], both),
            *_idle(analysis, rank, both),
            *_launches(analysis, rank, both),
        ):
            ours = figure.samprof
            difference = None if ours is None else figure.hta - ours
            head = (rank, figure.analysis, figure.item, figure.unit)
            rows.append((*head, figure.hta, ours, difference, figure.reason))
    return pd.DataFrame(rows, columns=COLUMNS).astype(
        dict.fromkeys(("samprof", "difference"), "Int64")
    )


def _their_sums(analysis: TraceAnalysis) -> dict[int, pd.DataFrame]:
    """Rank -> HTA's sums by kernel: name, type, ns. None is folded into "others"."""
    _, kernels = analysis.get_gpu_kernel_breakdown(
        visualize=False, duration_ratio=1.0, num_kernels=_ALL, include_memory_kernels=True
    )
    kernels = kernels.rename(columns={"kernel_type": "type"})
    kernels["ns"] = _ns(kernels["sum (us)"])
    return {rank: kernels[kernels["rank"] == rank] for rank in analysis.t.get_ranks()}


def _their_temporal(analysis: TraceAnalysis) -> dict[int, dict[str, int]]:
    table = analysis.get_temporal_breakdown(visualize=False)
    names = ["idle_time", "compute_time", "non_compute_time", "kernel_time"]
    values = {name: _ns(table[f"{name}(us)"]).tolist() for name in names}
    return {
        int(rank): {name: values[name][row] for name in names}
        for row, rank in enumerate(table["rank"])
    }


def _kernels(theirs: pd.DataFrame, both: Sets) -> list[Figure]:
    """Summed durations by what HTA takes the kernels for, and all."""
    sums = theirs.groupby("type")["ns"].sum().to_dict()
    figures = []
    for kind in _TYPES:
        ours, counted, more = (
            table[table["type"] == kind] for table in (both.ours, both.counted, both.more)
        )
        if len(ours) or len(more):
            by_hta = int(sums.get(kind, 0))
            causes = _set_causes(ours, more)
            if kind == "OTHER":
                causes = [f"HTA's breakdown has no names like {name}" for name in ours["name"][:1]]
            elif by_hta != int(counted["dur_ns"].sum() + more["dur_ns"].sum()):
                causes.append("not explained")
            total = int(ours["dur_ns"].sum())
            figures.append(_figure(KERNELS, kind.lower(), by_hta, total, causes))
    total, everything = int(theirs["ns"].sum()), int(both.ours["dur_ns"].sum())
    causes = list(dict.fromkeys(figure.reason for figure in figures if figure.reason))
    return [*figures, _figure(KERNELS, "all", total, everything, causes)]


def _by_name(theirs: pd.DataFrame, both: Sets) -> list[Figure]:
    """Summed durations by kernel, the costliest first."""
    ours = both.ours.groupby("name")["dur_ns"].sum().to_dict()
    rows = theirs.sort_values("ns", ascending=False)
    figures = []
    for name, by_hta in zip(rows["name"], rows["ns"].tolist(), strict=True):
        total = int(ours.get(name, 0))
        causes = []
        if total != by_hta:
            mine, more = (part[part["name"] == name] for part in (both.ours, both.more))
            causes = _set_causes(mine, more)
        figures.append(_figure(BY_NAME, str(name), by_hta, total, causes))
    return figures


def _temporal(theirs: dict[str, int], both: Sets) -> list[Figure]:
    """The stretch from the first activity to the last: idle, computing, doing something else."""
    every, counted = temporal(both.ours), temporal(both.counted)
    tolerance = both.tick_ns * 2 * (len(both.ours) + len(both.more) + 1)
    return [
        _figure(
            TEMPORAL,
            name,
            by_hta,
            every[name],
            _set_causes(both.ours, both.more) if every[name] != counted[name] else [],
            _rest(by_hta - counted[name], tolerance, both) if by_hta != counted[name] else "",
        )
        for name, by_hta in theirs.items()
    ]


def temporal(activities: pd.DataFrame) -> dict[str, int]:
    """What HTA calls idle_time, compute_time, non_compute_time and kernel_time (all), in ns."""
    start, end = activities["ts_ns"], activities["ts_ns"] + activities["dur_ns"]
    whole = int(end.max() - start.min()) if len(activities) else 0
    computing = activities["type"] == "COMPUTATION"
    busy, compute = _union(activities), _union(activities[computing])
    return {
        "idle_time": whole - busy,
        "compute_time": compute,
        "non_compute_time": busy - compute,
        "kernel_time": whole,
    }


def _idle(analysis: TraceAnalysis, rank: int, both: Sets) -> list[Figure]:
    """Time between activities of a stream, and HTA's reasons for it, which compare two clocks."""
    table, _ = analysis.get_idle_time_breakdown(ranks=[rank], visualize=False)
    figures = []
    for stream, part in table.groupby("stream", sort=True):
        by_hta = int(_ns(part["idle_time"]).sum())
        ours = both.ours[both.ours["stream"] == stream]
        counted = ours[ours["left_out"] == ""]
        tolerance = both.tick_ns * 2 * len(ours) + _ROUNDED_NS * len(part)
        every, kept = _gaps(ours), _gaps(counted)
        figures.append(
            _figure(
                IDLE,
                f"stream {stream}",
                by_hta,
                every,
                _set_causes(ours, both.more) if every != kept else [],
                _rest(by_hta - kept, tolerance, both, _ROUNDED) if by_hta != kept else "",
            )
        )
        for category, time in zip(part["idle_category"], _ns(part["idle_time"]), strict=True):
            reason = "samprof compares no times of host and device"
            figures.append(Figure(IDLE, f"stream {stream}, {category}", int(time), None, reason))
    return figures


def _launches(analysis: TraceAnalysis, rank: int, both: Sets) -> list[Figure]:
    """Launches with their activity: how many, host time, device time, time from one to the other."""
    theirs = analysis.get_cuda_kernel_launch_stats(ranks=[rank], visualize=False)[rank]
    ours = both.ours[both.ours["launch"] != ""]
    known = ours[ours["correlation"].isin(theirs["correlation"])]
    others = ours[~ours["correlation"].isin(theirs["correlation"])]
    names = Counter(others.loc[others["left_out"] == "", "launch"])
    causes = [f"HTA looks at no {name} ({count})" for name, count in names.most_common()]
    causes += _set_causes(others[others["left_out"] != ""], both.more[:0])
    again = len(theirs) - len(known)
    if again > 0:
        causes.append(f"HTA pairs {again} more, where launches or kernels share a correlation id")
    figures = [Figure(LAUNCHES, "launches", len(theirs), len(ours), _joined(causes), "launches")]
    if len(theirs) == len(ours):
        figures = [Figure(LAUNCHES, "launches", len(theirs), len(ours), "", "launches")]
    tolerance = both.tick_ns * 3 * max(len(ours), 1)
    every, kept = _launch_sums(ours), _launch_sums(known)
    for name, column in _LAUNCH_COLUMNS.items():
        by_hta = int(_ns(theirs[column].astype(float)).sum())
        exact = name != "from launch to start"
        # Doubles of microseconds hold durations exactly, but not moments.
        off = by_hta - kept[name] if not again else 0
        noise = _rest(off, 0 if exact else tolerance, both) if off else ""
        figures.append(_figure(LAUNCHES, name, by_hta, every[name], causes, noise))
    return figures


_LAUNCH_COLUMNS = {
    "host time of launches": "cpu_duration",
    "device time": "gpu_duration",
    "from launch to start": "launch_delay",
}


def _launch_sums(launched: pd.DataFrame) -> dict[str, int]:
    end = launched["launch_ts_ns"] + launched["launch_dur_ns"]
    sums = (launched["launch_dur_ns"], launched["dur_ns"], (launched["ts_ns"] - end).clip(lower=0))
    return {name: int(values.sum()) for name, values in zip(_LAUNCH_COLUMNS, sums, strict=True)}


def _figure(
    analysis: str, item: str, hta: int, samprof: int, causes: Iterable[str], noise: str = ""
) -> Figure:
    """The figure; where there is a difference, with its causes."""
    if hta == samprof:
        return Figure(analysis, item, hta, samprof)
    found = [cause for cause in (*causes, noise) if cause]
    return Figure(analysis, item, hta, samprof, _joined(found) or "not explained")


def _joined(causes: Iterable[str]) -> str:
    return "; ".join(causes)


def _set_causes(ours: pd.DataFrame, more: pd.DataFrame) -> list[str]:
    """What HTA leaves out of these activities and counts besides, by cause."""
    left_out = ours[ours["left_out"] != ""]
    causes = []
    for words, table, column in (
        ("leaves out {}", left_out, "left_out"),
        ("counts {} more", more, "why"),
    ):
        for why, rows in table.groupby(column, sort=False):
            whole = int(rows["dur_ns"].sum())
            causes.append(f"HTA {words.format(len(rows))} ({whole} ns): {why}")
    return causes


def _rest(off: int, tolerance: float, both: Sets, rounding: str = "") -> str:
    """What is left of a difference that the sets of activities do not make up for."""
    if len(both.more):  # they have no place in samprof's stretches of time
        return _joined(_set_causes(both.ours[:0], both.more))
    if abs(off) <= tolerance:
        apart = f"{digits(both.tick_ns, 2)} ns apart"
        doubles = f"HTA keeps times as doubles of microseconds, here {apart}"
        return _joined(text for text in (rounding, doubles if both.tick_ns else "") if text)
    return f"not explained ({off:+d} ns)"


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


def _ns(microseconds: pd.Series) -> pd.Series:
    return (microseconds.astype(float) * 1000).round().astype(np.int64)
