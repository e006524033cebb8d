"""Time accounting of a trace: is every nanosecond counted once, and was any record lost?"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints, Kind
from samprof.trace.model.names import NO_LAUNCH_NAME, OUTSIDE_NAME
from samprof.trace.model.owners import NO_LAUNCH, OUTSIDE
from samprof.trace.model.ranges import By
from samprof.trace.tables.graph_notes import FROM_ANNOTATIONS, FROM_CAPTURE
from samprof.trace.tables.kernels import steps_at
from samprof.trace.tables.layers import layers_table
from samprof.trace.tables.lost_records import lost_records

if TYPE_CHECKING:
    import pandas as pd


_SPLIT = (FROM_CAPTURE, FROM_ANNOTATIONS)


@dataclass(frozen=True, slots=True)
class Check:
    """Where the time of a trace went, and whether the sums agree.

    Attributes:
        attributed_ns: time that a range owns.
        outside_ns: time launched outside every range; if the time source is cpu, time of ops there.
        no_launch_ns: device time whose launch is not in the file.
        total_ns: all of it, summed independently from the events.
        lost_records: kernel launches without any device activity, and activities that graph launches
            lack; what was captured into a graph did not run, and is not lost.
        time_source: device, or cpu if the trace holds no device activity.
        notes: what was skipped, and every sum that does not agree.
        ok: every sum agrees, no record is lost, and all steps have the same number of kernels.
    """

    attributed_ns: int
    outside_ns: int
    no_launch_ns: int
    total_ns: int
    lost_records: int
    time_source: str
    notes: tuple[str, ...]
    ok: bool

    def as_dict(self) -> dict[str, Any]:
        """The same as a dict, for JSON."""
        return asdict(self)


def check_trace(trace: TraceData, by: By) -> Check:
    """The check of one trace; see `Check`."""
    table = layers_table(trace, by)
    prefix = trace.time_source
    own = table.set_index("path")[f"{prefix}_self_ns"]
    outside, no_launch = (int(own.get(name, 0)) for name in (OUTSIDE_NAME, NO_LAUNCH_NAME))
    attributed = int(own.sum()) - outside - no_launch
    total = _total(trace, by)
    found = lost_records(trace)
    lost = found.launches
    faults = [
        *_conservation(attributed, outside, no_launch, total),
        *_totals_add_up(trace, table, by),
        *_busy_within_sum(table),
        *_uneven_steps(trace, lost),
    ]
    remarks = list(trace.notes)
    if len(lost):
        where = _where_lost(trace, lost)
        remarks.append(f"{len(lost)} kernel launches have no device activity{where}")
    remarks += _of_graphs(trace, found.captured)
    return Check(
        attributed_ns=attributed,
        outside_ns=outside,
        no_launch_ns=no_launch,
        total_ns=total,
        lost_records=len(lost),
        time_source=trace.time_source,
        notes=(*remarks, *faults, *_row_notes(table)),
        ok=not faults and not len(lost),
    )


def _total(trace: TraceData, by: By) -> int:
    """All time, straight from the events, without owners."""
    if trace.has_device_time:
        return int(trace.events.dur[trace.launches().activity].sum())
    ranges = trace.ranges(by)
    rows = np.concatenate([ranges.nesting.rows, trace.events.of(Kind.OP)])
    total = 0
    for thread in np.unique(trace.events.thread[rows]):
        mine = rows[trace.events.thread[rows] == thread]
        start = trace.events.ts[mine]
        total += _covered(start, start + trace.events.dur[mine])
    return total


def _covered(start: Ints, end: Ints) -> int:
    order = np.argsort(start, kind="stable")
    start, end = start[order], np.maximum.accumulate(end[order])
    gaps = np.maximum(start[1:] - end[:-1], 0).sum()
    return int(end[-1] - start[0] - gaps)


def _conservation(attributed: int, outside: int, no_launch: int, total: int) -> list[str]:
    """I1: the rows own all time."""
    found = attributed + outside + no_launch
    return [] if found == total else [f"rows sum to {found} ns, the events to {total} ns"]


def _totals_add_up(trace: TraceData, table: pd.DataFrame, by: By) -> list[str]:
    """I2: the outermost ranges and the ownerless rows hold all time."""
    ranges, owners = trace.ranges(by), trace.owners(by)
    own = np.zeros(len(ranges.node), np.int64)
    held = owners.interval >= 0
    duration = trace.events.dur[trace.launches().activity]
    np.add.at(own, owners.interval[held], duration[held])
    roots = int(ranges.nesting.add_up(own)[ranges.nesting.parent < 0].sum())
    ownerless = int(duration[np.isin(owners.interval, [OUTSIDE, NO_LAUNCH])].sum())
    if roots + ownerless != int(duration.sum()):
        return [f"roots hold {roots} ns, not {int(duration.sum()) - ownerless} ns"]
    inverted = table[table["device_self_ns"] > table["device_total_ns"]]
    return [f"{path}: self above total" for path in inverted["path"]]


def _busy_within_sum(table: pd.DataFrame) -> list[str]:
    """I4: a union of intervals is no longer than their sum."""
    worse = table[table["device_busy_ns"] > table["device_total_ns"]]
    return [f"{path}: busy above summed time" for path in worse["path"]]


def _uneven_steps(trace: TraceData, lost: Ints) -> list[str]:
    """Steps whose number of kernels differs from the usual one: records were lost there."""
    counts = _kernels_by_step(trace, lost)
    if len(counts) < 2:
        return []
    # The largest of equally frequent counts: records are lost, never added.
    usual = max(Counter(counts.values()).items(), key=lambda item: (item[1], item[0]))[0]
    return [
        f"step {step} has {count} kernels, the others {usual}"
        for step, count in counts.items()
        if count != usual
    ]


def _kernels_by_step(trace: TraceData, lost: Ints) -> dict[int, int]:
    """The kernels of each marked step; steps that launched none, or captured a graph, are left out."""
    events, launches = trace.events, trace.launches()
    kernel = (events.kind[launches.activity] == Kind.KERNEL) & (launches.launch >= 0)
    counts = _by_step(trace, launches.launch[kernel])
    empty = dict.fromkeys(_by_step(trace, lost), 0)
    begun = np.array([one.start for one in trace.captures()], np.int64)
    captured = set(steps_at(trace, begun)[0].tolist()) if len(begun) else set()
    return {step: count for step, count in sorted((empty | counts).items()) if step not in captured}


def _by_step(trace: TraceData, launch: Ints) -> dict[int, int]:
    """The number of these launches in each marked step that has any."""
    step, known = steps_at(trace, trace.events.ts[launch])
    numbers, counts = np.unique(step[known], return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


def _of_graphs(trace: TraceData, captured: int) -> list[str]:
    """What was captured into graphs, and what of graph launches was split."""
    split = [one for one in trace.graphs() if one.capture is not None]
    activities = sum(len(one.activities) for one in split)
    launches = "1 graph launch" if len(split) == 1 else f"{len(split)} graph launches"
    return [
        *([f"{captured} launches captured into a graph"] if captured else []),
        *([f"{launches} split by the capture: {activities} activities"] if split else []),
    ]


def _where_lost(trace: TraceData, lost: Ints) -> str:
    """The steps that lost records, to end a sentence; empty if no step is marked."""
    counts = _by_step(trace, lost)
    found = ", ".join(f"{count} in step {step}" for step, count in counts.items())
    return f": {found}" if found else ""


def _row_notes(table: pd.DataFrame) -> list[str]:
    found = []
    for path, note in zip(table["path"], table["note"], strict=True):
        parts = [part for part in note.split("; ") if part and not part.endswith(_SPLIT)]
        found += [f"{path}: {'; '.join(parts)}"] if parts else []
    return found
