"""Columns of the layer table: kernels, and the device time that they take inside each range."""

from __future__ import annotations

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints, Mask
from samprof.trace.model.outwards import climb
from samprof.trace.model.ranges import By, Ranges
from samprof.trace.model.sums import grouped_sum, inclusive, reached, union_by_group

_AT_ONCE = 1 << 17


def device_columns(trace: TraceData, ranges: Ranges, outer: Mask, by: By) -> dict[str, Ints]:
    """Columns kernels, device_total_ns, device_self_ns and device_busy_ns of each node."""
    events, activity = trace.events, trace.launches().activity
    interval = trace.owners(by).interval
    held = interval >= 0
    interval, activity = interval[held], activity[held]
    duration = events.dur[activity]
    return {
        "kernels": inclusive(ranges, outer, interval, np.ones(len(interval), np.int64)),
        "device_total_ns": inclusive(ranges, outer, interval, duration),
        "device_self_ns": grouped_sum(len(ranges.paths), ranges.node[interval], duration),
        "device_busy_ns": _busy(trace, ranges, outer, activity, interval),
    }


def _busy(trace: TraceData, ranges: Ranges, outer: Mask, activity: Ints, interval: Ints) -> Ints:
    """The union of the intervals of all activities inside each node, per device, then summed.

    Activities that overlap, directly or through others, are a cluster. Different clusters share no time:
    the nodes around all of a cluster have all of its time, and only the nodes that hold some of its
    activities need to know which.
    """
    events = trace.events
    order = np.lexsort((events.ts[activity], events.device[activity]))
    activity, interval = activity[order], interval[order]
    device, start = events.device[activity], events.ts[activity]
    end = reached(device, start + events.dur[activity])
    first = np.ones(len(start), bool)
    first[1:] = (device[1:] != device[:-1]) | (start[1:] >= end[:-1])
    begin = np.flatnonzero(first)
    if not len(begin):
        return np.zeros(len(ranges.paths), np.int64)
    length = end[np.append(begin[1:], len(end)) - 1] - start[begin]
    lowest = np.minimum.reduceat(interval, begin)
    highest = np.maximum.reduceat(interval, begin)
    around = climb(lowest, highest, ranges.nesting.behind, ranges.nesting.parent)
    common = around >= 0
    busy = inclusive(ranges, outer, around[common], length[common])
    stop = around[np.cumsum(first) - 1]
    apart = interval != stop
    return busy + _apart(trace, ranges, outer, activity[apart], interval[apart], stop[apart])


def _apart(
    trace: TraceData, ranges: Ranges, outer: Mask, activity: Ints, interval: Ints, stop: Ints
) -> Ints:
    """The same for activities that each are inside the nodes from their owner up to, without, `stop`.

    Nodes are taken a few at a time so that memory does not grow with the depth.
    """
    events, busy = trace.events, np.zeros(len(ranges.paths), np.int64)
    if not len(activity):
        return busy
    devices, device = np.unique(events.device[activity], return_inverse=True)
    inside_of = inclusive(ranges, outer, interval, np.ones(len(interval), np.int64))
    share = np.cumsum(inside_of) // _AT_ONCE
    for some in np.unique(share[ranges.node[outer]]).tolist():
        chosen = outer & (share == some)[ranges.node]
        groups, activities = [], []
        current, inside = interval, np.arange(len(activity))
        while len(inside):
            counted = chosen[current]
            place = inside[counted]
            groups.append(ranges.node[current[counted]] * len(devices) + device[place])
            activities.append(activity[place])
            above = ranges.nesting.parent[current].astype(np.int64)
            goes_on = above != stop[inside]
            current, inside = above[goes_on], inside[goes_on]
        row = np.concatenate(activities)
        found, group = np.unique(np.concatenate(groups), return_inverse=True)
        start = events.ts[row]
        union = union_by_group(group, start, start + events.dur[row], len(found))
        np.add.at(busy, found // len(devices), union)
    return busy
