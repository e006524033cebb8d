"""Columns of the layer table: kernels, and the device time that they take inside each range."""

from __future__ import annotations

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Integers, Ints, Mask
from samprof.trace.model.ranges import By, Ranges
from samprof.trace.model.sums import grouped_sum, inclusive, union_by_group

_AT_ONCE = 1 << 17


def device_columns(trace: TraceData, ranges: Ranges, outer: Mask, by: By) -> dict[str, Ints]:
    """Columns kernels, device_total_ns, device_self_ns and device_busy_ns of each node."""
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
    trace: TraceData, ranges: Ranges, outer: Mask, which: Ints, interval: Ints, kernels: Ints
) -> Ints:
    """The union of the intervals of all activities inside each node, per device, then summed.

    An activity is inside as many nodes as it has ranges around it. Nodes are taken a few at a time so
    that memory does not grow with the depth.
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
