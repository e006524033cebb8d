"""Parts of a trace, of the same type as the whole.

A span of host time holds what began on the host in it, and the device activities launched in it. Of a
graph launched in it, it also holds what was captured before, as events of their own kinds (`Kind.held`):
so it is split as in the whole.
"""

from dataclasses import replace
from typing import TypeVar

import numpy as np

from samprof.errors import TraceError
from samprof.trace.model.data import TraceData
from samprof.trace.model.events import (
    DEVICE_KINDS,
    HELD_KINDS,
    RANGE_PREFIX,
    Kind,
    Mask,
    concatenated,
)
from samprof.trace.model.names import encoded

T = TypeVar("T", bound=TraceData)


def slice_time(trace: T, start_ns: int, end_ns: int) -> T:
    """The part of a trace that began on the host at start_ns <= time < end_ns.

    Device activities follow their launch; those without a launch go by their own start.
    """
    events, launches = trace.events, trace.launches()
    moment = events.ts.copy()
    launched = launches.launch >= 0
    moment[launches.activity[launched]] = events.ts[launches.launch[launched]]
    inside = (moment >= start_ns) & (moment < end_ns)
    # A backward flow may begin in a forward before the span: that range is gone, and the activity
    # is then outside every range.
    allocations = trace.allocations
    allocated = (allocations.ts >= start_ns) & (allocations.ts < end_ns)
    part = replace(trace, events=events.take(inside), allocations=allocations.take(allocated))
    return _with_captures(trace, part, inside)


def _with_captures(trace: T, part: T, inside: Mask) -> T:
    """The part with the captures of its graph launches, if any of them is split."""
    events = trace.events
    launched = [one for one in trace.graphs() if inside[one.launch]]
    if not any(one.capture is not None for one in launched):
        return part
    sources = {
        int(events.link[one.launch]): one.reason if one.capture is None else one.capture.start
        for one in launched
    }
    outside = np.zeros(len(events), bool)
    outside[trace.captured_rows()] = True
    outside &= ~inside
    held = events.take(outside)
    kind = held.kind.copy()
    took_place = kind < min(HELD_KINDS)
    kind[took_place] += HELD_KINDS[0] - Kind.OP
    together = concatenated([part.events, replace(held, kind=kind)])
    return replace(part, events=together, graph_sources=sources)


def slice_annotation(trace: T, name: str) -> T:
    """The part that began while the user annotation of this name was open.

    Raises:
        TraceError: the trace has no such annotation.
    """
    return slice_time(trace, *_span(trace, name))


def slice_before_annotation(trace: T, name: str) -> T:
    """The part that began before the user annotation of this name.

    Raises:
        TraceError: the trace has no such annotation.
    """
    start, _ = _span(trace, name)
    return slice_time(trace, np.iinfo(np.int64).min, start)


def _span(trace: TraceData, name: str) -> tuple[int, int]:
    events = trace.events
    for row in events.of(Kind.ANNOTATION).tolist():
        if trace.names[events.name[row]] == name:
            start = int(events.ts[row])
            return start, start + int(events.dur[row])
    raise TraceError("read", name, "no such annotation in the trace", "record it again")


def slice_root(trace: T, root: str) -> T:
    """The trace without samprof's ranges of other roots; functions stay."""
    own = RANGE_PREFIX + encoded(root)
    foreign = [
        code
        for code, name in enumerate(trace.names)
        if name != own and not name.startswith(f"{own}.") and not name.endswith("()")
    ]
    ranges = np.isin(trace.events.kind, (Kind.RANGE, Kind.HELD_RANGE))
    dropped = ranges & np.isin(trace.events.name, foreign)
    return replace(trace, events=trace.events.take(~dropped))


def split_steps(trace: T) -> list[tuple[int, T]]:
    """The marked steps in which anything happened, as (number, trace of the step)."""
    steps = []
    for number, start, end in trace.steps():
        part = slice_time(trace, start, end)
        took_place = ~np.isin(part.events.kind, HELD_KINDS)
        if took_place.sum() > 1 or np.isin(part.events.kind, DEVICE_KINDS).any():
            steps.append((number, part))
    return steps
