"""The rows of the layer table for time that no range owns: `(outside)` and `(no launch)`."""

from __future__ import annotations

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints, SmallInts
from samprof.trace.model.names import NO_LAUNCH_NAME, OUTSIDE_NAME
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.owners import NO_LAUNCH, OUTSIDE
from samprof.trace.model.ranges import By, Ranges
from samprof.trace.model.sums import union_by_group
from samprof.trace.tables.graph_notes import owner_notes
from samprof.trace.tables.layer_info import joined


def ownerless_rows(trace: TraceData, ranges: Ranges, by: By) -> list[dict[str, object]]:
    """`(outside)`, and for a trace with device activity `(no launch)`."""
    events, launches, owners = trace.events, trace.launches(), trace.owners(by)
    rows: list[dict[str, object]] = []
    notes = owner_notes(trace, by)
    for code, name in ((OUTSIDE, OUTSIDE_NAME), (NO_LAUNCH, NO_LAUNCH_NAME)):
        if code == NO_LAUNCH and not trace.has_device_time:
            continue
        mine = owners.interval == code
        activity = launches.activity[mine]
        duration = events.dur[activity]
        devices, device = np.unique(events.device[activity], return_inverse=True)
        busy = union_by_group(
            device, events.ts[activity], events.ts[activity] + duration, len(devices)
        )
        cpu = _outside_cpu_ns(trace, ranges, by) if code == OUTSIDE else 0
        backward = owners.backward[mine]
        rows.append(
            {
                "path": name,
                "depth": 0,
                "calls": 0,
                "kernels": len(activity),
                "device_total_ns": int(duration.sum()),
                "device_self_ns": int(duration.sum()),
                "device_busy_ns": int(busy.sum()),
                "cpu_total_ns": cpu,
                "cpu_self_ns": cpu,
                "time_source": trace.time_source,
                "phase": "forward"
                if not backward.any()
                else ("backward" if backward.all() else "both"),
                "note": joined(notes.get(code, [])),
            }
        )
    return rows


def _outside_cpu_ns(trace: TraceData, ranges: Ranges, by: By) -> int:
    """Host time that ops cover on their threads while no range is open there, and none led to (R3)."""
    if ranges.by == "op":
        return 0
    ops, own = _covering(trace.launches().ops), _covering(ranges.nesting)
    either = union_by_group(
        np.concatenate([ops[0], own[0]]),
        np.concatenate([ops[1], own[1]]),
        np.concatenate([ops[2], own[2]]),
        len(trace.threads),
    )
    outside = (either - union_by_group(*own, groups=len(trace.threads))).sum()
    led = trace.backward_time(by)
    return int(outside - (led.end - led.start).sum())


def _covering(nesting: Nesting) -> tuple[SmallInts, Ints, Ints]:
    """Thread, start and end of the intervals that no earlier one outlasts: together they cover all."""
    widest = nesting.wider < 0
    return nesting.thread[widest], nesting.start[widest], nesting.end[widest]
