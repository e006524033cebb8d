"""Why the device waited: for the host to launch, or for something else.

A gap is time in which no activity ran on the device; it belongs to the activity after it. That activity
waited for its launch if it started as soon after the launch as any activity can. If it was launched long
before, it was queued, and something else held the device back. The clocks of host and device need not
agree: only delays from launch to start are compared with each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints, Kind, Mask
from samprof.trace.model.ranges import By, Ranges
from samprof.trace.model.sums import inclusive, reached

PROMPT_NS = 5_000
"""An activity whose delay exceeds the shortest delay by no more than this was not queued."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gap before each device activity, in the order of `Launches.activity`.

    Columns:
        gap_ns: time without any activity on its device before it; 0 for a step's first.
        launch_ns: the same where the activity waited for its launch, else 0.
    """

    gap_ns: Ints
    launch_ns: Ints


def find_gaps(trace: TraceData) -> Gaps:
    """The gaps of a trace; those that span two marked steps are not counted."""
    events, launches = trace.events, trace.launches()
    activity = launches.activity
    start, end = events.ts[activity], events.ts[activity] + events.dur[activity]
    gap = np.zeros(len(activity), np.int64)
    device = events.device[activity]
    borders = np.array([begin for _, begin, _ in trace.steps()], np.int64)
    launched = launches.launch >= 0
    moment = np.where(launched, events.ts[launches.launch], start)
    step = np.searchsorted(borders, moment, side="right")
    order = np.lexsort((end, start, device))
    after, before = order[1:], order[:-1]
    idle = start[after] - reached(device[order], end[order])[:-1]
    same = (device[after] == device[before]) & (step[after] == step[before])
    gap[after[same]] = np.maximum(idle[same], 0)
    launch = np.zeros(len(activity), np.int64)
    # A copy may wait for its data, and the kernels of a graph share one launch: neither tells.
    telling = launched & (events.kind[activity] == Kind.KERNEL)
    if telling.any():
        delay = start - moment
        # The shortest and not a low quantile. In traces of V100 to B200 whose device sometimes waits, it
        # lies within 2 us of the first percent; where the device never waits (data-parallel training)
        # that percent was queued for 5 ms and more.
        prompt = telling & (delay <= delay[telling].min() + PROMPT_NS)
        launch[prompt] = gap[prompt]
    return Gaps(gap, launch)


def gap_columns(trace: TraceData, ranges: Ranges, outer: Mask, by: By) -> dict[str, Ints]:
    """Columns of the layer table: device_gap_ns and launch_gap_ns before the activities inside it."""
    if not trace.has_device_time:
        return {}
    gaps, interval = find_gaps(trace), trace.owners(by).interval
    held = interval >= 0
    columns = {}
    for name, values in (("device_gap_ns", gaps.gap_ns), ("launch_gap_ns", gaps.launch_ns)):
        columns[name] = inclusive(ranges, outer, interval[held], values[held])
    return columns
