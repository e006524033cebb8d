"""What is known of one slice of a timeline, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from samprof.integrations.tensorboard.timeline.tracks import NO_EVENT, Timeline
from samprof.trace import Trace
from samprof.trace.model.events import ABSENT, Kind
from samprof.trace.model.names import NO_LAUNCH_NAME, OUTSIDE_NAME, decoded
from samprof.trace.model.owners import OUTSIDE
from samprof.units import time_text

_KINDS = {
    Kind.OP: "op",
    Kind.RANGE: "module or function",
    Kind.ANNOTATION: "annotation",
    Kind.MODULE: "module",
    Kind.RUNTIME: "call of the device's runtime",
    Kind.KERNEL: "kernel",
    Kind.MEMCPY: "copy",
    Kind.MEMSET: "fill",
}
_DEVICE = (Kind.KERNEL, Kind.MEMCPY, Kind.MEMSET)


def described(trace: Trace, timeline: Timeline, part: int) -> dict[str, str]:
    """What is known of a slice: title -> text; times to the nanosecond."""
    track = timeline.tracks[timeline.track_of(timeline.row_of(part))]
    start, dur = int(timeline.start[part]), int(timeline.end[part] - timeline.start[part])
    event = int(timeline.event[part])
    kind = "calls on the device" if event == NO_EVENT else _KINDS[trace.events.kind[event]]
    facts = {
        "name": timeline.names[timeline.name[part]],
        "what": kind,
        "on": track.title,
        "start": f"{time_text(start)} ({start:,} ns)",
        "duration": f"{time_text(dur)} ({dur:,} ns)",
        "inside": " > ".join(_around(timeline, part)),
    }
    if event != NO_EVENT:
        known = _of_activity if trace.events.kind[event] in _DEVICE else _of_host_event
        facts |= known(trace, event, timeline.origin_ns)
    return {title: text for title, text in facts.items() if text}


def _around(timeline: Timeline, part: int) -> list[str]:
    """The labels of the slices around it, from the outermost in."""
    labels: list[str] = []
    outer = int(timeline.parent[part])
    while outer >= 0:
        labels.insert(0, timeline.label(int(timeline.name[outer])))
        outer = int(timeline.parent[outer])
    return labels


def _of_activity(trace: Trace, event: int, origin_ns: int) -> dict[str, str]:
    """Which layer and op a device activity belongs to, and when it was launched."""
    launches, owners, ranges = trace.launches(), trace.owners(), trace.ranges()
    row = int(np.searchsorted(launches.activity, event))
    interval, launch, op = (
        int(column[row]) for column in (owners.interval, launches.launch, launches.op)
    )
    link = int(trace.events.link[event])
    layer = OUTSIDE_NAME if interval == OUTSIDE else NO_LAUNCH_NAME
    layer = ranges.paths[ranges.node[interval]] if interval >= 0 else layer
    backward = " (backward)" if owners.backward[row] else ""
    facts = {"layer": f"{layer}{backward}", "correlation": "" if link == ABSENT else str(link)}
    if op >= 0:
        facts["op"] = decoded(trace.names[trace.events.name[launches.ops.rows[op]]])
    if launch >= 0:
        at = int(trace.events.ts[launch]) - origin_ns
        wait = int(trace.events.ts[event] - trace.events.ts[launch])
        facts["launched"] = f"{time_text(at)}, {time_text(wait)} before it starts"
    return facts


def _of_host_event(trace: Trace, event: int, origin_ns: int) -> dict[str, str]:
    """What was launched while it ran, on its thread."""
    launched = np.fromiter(_launched(trace, event), np.int64)
    if not len(launched):
        return {}
    dur = int(trace.events.dur[launched].sum())
    first = int(trace.events.ts[launched].min()) - origin_ns
    count = "1 kernel or copy" if len(launched) == 1 else f"{len(launched)} kernels and copies"
    return {"launches": f"{count}, {time_text(dur)} in all, the first at {time_text(first)}"}


def _launched(trace: Trace, event: int) -> Iterator[int]:
    events, launches = trace.events, trace.launches()
    known = np.flatnonzero(launches.launch >= 0)
    at = launches.launch[known]
    start, end = events.ts[event], events.ts[event] + events.dur[event]
    inside = (events.ts[at] >= start) & (events.ts[at] <= end)
    inside &= events.thread[at] == events.thread[event]
    yield from launches.activity[known[inside]].tolist()
