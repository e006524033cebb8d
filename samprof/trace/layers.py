"""The layer table: device and host time of every owner, exact to the nanosecond.

Columns of `layers_table`:
    path                the qualified name; for annotations, modules of Python stacks and ops the
                        names from the outermost in, joined by " > "
    depth               ranges around it when it was first entered
    calls               how often it was entered
    kernels             device activities inside it
    device_total_ns     their summed durations
    device_self_ns      those of them that no range inside it owns
    device_busy_ns      the union of their intervals, summed over devices
    cpu_total_ns        host time that its ranges cover on their threads
    cpu_self_ns         of that, outside the ranges inside it
    clock               what time means in this trace: device, or cpu where no device was active
    type, role          class of the module and its part in the model, where samprof recorded them
    flops, bytes        computed, and at least moved, by the ops inside it, where the trace has their
                        shapes; matrix_flops: the FLOPs that PyTorch's flop counter counts
    device_gap_ns       time before its kernels in which no activity ran on their device; launch_gap_ns:
                        of that, waiting for the host to launch
    ops_without_formula ops inside it whose FLOPs are unknown
    memory_peak_bytes   most memory allocated while inside it, where the trace has allocator events
    phase               forward, backward, or both: how its device activities were reached
    note                what the numbers cannot show (graph launches, compiled regions)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samprof.trace.described import notes, phases, recorded_columns
from samprof.trace.events import Integers, Ints, Mask, SmallInts
from samprof.trace.gaps import gap_columns
from samprof.trace.memory import peak_inside
from samprof.trace.nesting import Nesting
from samprof.trace.owners import NO_LAUNCH, NO_LAUNCH_NAME, OUTSIDE, OUTSIDE_NAME
from samprof.trace.ranges import By, Ranges
from samprof.trace.sums import grouped_sum, inclusive
from samprof.trace.work import work_columns

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace.trace import Trace

_AT_ONCE = 1 << 17
_WORK = ("flops", "matrix_flops", "bytes", "ops_without_formula")
_GAPS = ("device_gap_ns", "launch_gap_ns")


def layers_table(trace: Trace, by: By) -> pd.DataFrame:
    """One row an owner, ordered as first entered; the module's text lists the columns."""
    import pandas as pd

    ranges = trace.ranges(by)
    nodes = len(ranges.paths)
    nesting, node = ranges.nesting, ranges.node
    outer = outermost(nesting, node)

    cpu_self = nesting.innermost_time()
    columns = {
        "path": np.array(ranges.paths, dtype=object),
        "depth": ranges.depth,
        "calls": np.bincount(node, minlength=nodes),
        **_device_columns(trace, ranges, outer, by),
        "cpu_total_ns": grouped_sum(nodes, node[outer], nesting.add_up(cpu_self)[outer]),
        "cpu_self_ns": grouped_sum(nodes, node, cpu_self),
        "clock": np.full(nodes, trace.clock, dtype=object),
        **recorded_columns(trace, ranges),
        **work_columns(trace, ranges, outer, by),
        **gap_columns(trace, ranges, outer, by),
    }
    if len(trace.allocations):
        columns["memory_peak_bytes"] = peak_inside(trace.allocations, ranges)
    columns["phase"], columns["note"] = phases(trace, ranges, by), notes(trace, ranges, by)
    table = pd.DataFrame(columns)
    ownerless = _ownerless_rows(trace, ranges, by)
    if ownerless:
        extra = pd.DataFrame(ownerless).reindex(columns=table.columns)
        for name in ("type", "role"):
            if name in extra:
                extra[name] = ""
        for name in {"memory_peak_bytes", *_WORK, *_GAPS} & set(extra.columns):
            extra[name] = 0
        table = pd.concat([table, extra.astype(table.dtypes)], ignore_index=True)
    return table


def outermost(nesting: Nesting, node: Integers) -> Mask:
    """Which intervals have no interval of the same node around them: recursion is counted once."""
    result = np.ones(len(node), bool)
    above = nesting.parent
    while (above >= 0).any():
        result &= ~((above >= 0) & (node[above] == node))
        above = np.where(above >= 0, nesting.parent[above], -1)
    return result


def union_by_group(group: Integers, start: Ints, end: Ints, groups: int) -> Ints:
    """For each group the length of the union of its intervals.

    Example:
        >>> union_by_group(*np.array([[0, 0, 1], [0, 5, 3], [10, 12, 4]]), 2).tolist()
        [12, 1]
    """
    if not len(group):
        return np.zeros(groups, np.int64)
    order = np.lexsort((start, group)).astype(np.int32)
    group, start, end = group[order], start[order], end[order]
    del order
    # Each group's times are moved behind those of the group before it, so that one running maximum
    # serves all of them.
    origin = start.min()
    span = int(end.max() - origin) + 1
    shift = np.cumsum(np.diff(group, prepend=group[0]) != 0)
    if int(shift[-1]) * span > np.iinfo(np.int64).max - span:
        # Too long for that: half of the groups at a time.
        middle = int(np.searchsorted(shift, (shift[-1] + 1) // 2))
        first = union_by_group(group[:middle], start[:middle], end[:middle], groups)
        return first + union_by_group(group[middle:], start[middle:], end[middle:], groups)
    shift *= span
    shift -= origin
    start += shift
    end += shift
    del shift
    reached = np.maximum.accumulate(end)
    np.maximum(start[1:], reached[:-1], out=start[1:])
    end -= start
    return grouped_sum(groups, group, np.maximum(end, 0, out=end))


def _device_columns(trace: Trace, ranges: Ranges, outer: Mask, by: By) -> dict[str, Ints]:
    events, activity = trace.events, trace.launches().activity
    interval = trace.owners(by).interval
    held = interval >= 0
    duration = events.dur[activity]
    node, nodes = ranges.node, len(ranges.paths)
    own = grouped_sum(len(node), interval[held], duration[held])
    kernels = inclusive(ranges, outer, interval[held], np.ones(int(held.sum()), np.int64))
    return {
        "kernels": kernels,
        "device_total_ns": inclusive(ranges, outer, interval[held], duration[held]),
        "device_self_ns": grouped_sum(nodes, node, own),
        "device_busy_ns": _busy(
            trace, ranges, outer, np.flatnonzero(held), interval[held], kernels
        ),
    }


def _busy(
    trace: Trace, ranges: Ranges, outer: Mask, which: Ints, interval: Ints, kernels: Ints
) -> Ints:
    """The union of the intervals of all activities inside each node, per device, then summed.

    An activity is inside as many nodes as there are ranges around it: some nodes at a time, so that
    what is held at once does not grow with the depth.
    """
    events, nodes = trace.events, len(ranges.paths)
    rows = trace.launches().activity[which]
    devices, device = np.unique(events.device[rows], return_inverse=True)
    busy = np.zeros(nodes * len(devices), np.int64)
    share = np.cumsum(kernels) // _AT_ONCE
    for some in np.unique(share).tolist():
        chosen = outer & (share == some)[ranges.node]
        groups, activities = [], []
        current: Integers = interval
        inside = np.arange(len(rows))
        while len(inside):
            counted = chosen[current]
            place = inside[counted]
            groups.append(ranges.node[current[counted]] * len(devices) + device[place])
            activities.append(rows[place])
            parent = ranges.nesting.parent[current]
            current, inside = parent[parent >= 0], inside[parent >= 0]
        row = np.concatenate(activities) if activities else rows[:0]
        group = np.concatenate(groups) if groups else row
        busy += union_by_group(group, events.ts[row], events.ts[row] + events.dur[row], len(busy))
    result: Ints = busy.reshape(nodes, len(devices)).sum(axis=1)
    return result


def _ownerless_rows(trace: Trace, ranges: Ranges, by: By) -> list[dict[str, object]]:
    """The rows `(outside)` and `(no launch)` of a trace with device activity; `(outside)` else."""
    events, launches, owners = trace.events, trace.launches(), trace.owners(by)
    rows: list[dict[str, object]] = []
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
        cpu = outside_cpu_ns(trace, ranges) if code == OUTSIDE else 0
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
                "clock": trace.clock,
                "phase": "forward"
                if not backward.any()
                else ("backward" if backward.all() else "both"),
                "note": "",
            }
        )
    return rows


def outside_cpu_ns(trace: Trace, ranges: Ranges) -> int:
    """Host time that ops cover on their threads while no range is open there."""
    if ranges.by == "op":
        return 0
    ops, own = _covering(trace.launches().ops), _covering(ranges.nesting)
    either = union_by_group(
        np.concatenate([ops[0], own[0]]),
        np.concatenate([ops[1], own[1]]),
        np.concatenate([ops[2], own[2]]),
        len(trace.threads),
    )
    return int((either - union_by_group(*own, groups=len(trace.threads))).sum())


def _covering(nesting: Nesting) -> tuple[SmallInts, Ints, Ints]:
    """Thread, start and end of the intervals that no earlier one reaches beyond: they cover all."""
    widest = nesting.wider < 0
    return nesting.thread[widest], nesting.start[widest], nesting.end[widest]
