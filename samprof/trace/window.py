"""A part of a trace: what began on the host in a span of time, and the device work launched then."""

from dataclasses import replace

import numpy as np

from samprof.errors import TraceError
from samprof.trace.events import DEVICE_KINDS, RANGE_PREFIX, Kind
from samprof.trace.names import encoded
from samprof.trace.trace import Trace


def within(trace: Trace, start_ns: int, end_ns: int) -> Trace:
    """The trace of what began on the host at start_ns <= time < end_ns.

    Device activities follow their launch; those without one go by their own start.
    """
    events, launches = trace.events, trace.launches()
    moment = events.ts.copy()
    launched = launches.launch >= 0
    moment[launches.activity[launched]] = events.ts[launches.launch[launched]]
    inside = (moment >= start_ns) & (moment < end_ns)
    # A flow of the backward may begin in a forward outside the window: its target is gone, and the
    # activity is then outside, which is what the window shows.
    allocations = trace.allocations
    remembered = (allocations.ts >= start_ns) & (allocations.ts < end_ns)
    return replace(
        trace,
        events=events.take(inside),
        allocations=allocations.take(remembered),
        _memo={},
    )


def within_annotation(trace: Trace, name: str) -> Trace:
    """The trace of what began while the user annotation of this name was open.

    Raises:
        TraceError: the trace has no such annotation.
    """
    return within(trace, *_span(trace, name))


def before_annotation(trace: Trace, name: str) -> Trace:
    """The trace of what began before the user annotation of this name.

    Raises:
        TraceError: the trace has no such annotation.
    """
    start, _ = _span(trace, name)
    return within(trace, np.iinfo(np.int64).min, start)


def _span(trace: Trace, name: str) -> tuple[int, int]:
    events = trace.events
    for row in events.of(Kind.ANNOTATION).tolist():
        if trace.names[events.name[row]] == name:
            start = int(events.ts[row])
            return start, start + int(events.dur[row])
    raise TraceError("read", name, "no such annotation in the trace", "record it again")


def of_root(trace: Trace, root: str) -> Trace:
    """The trace without samprof's ranges of other recordings; functions stay."""
    own = RANGE_PREFIX + encoded(root)
    foreign = [
        code
        for code, name in enumerate(trace.names)
        if name != own and not name.startswith(f"{own}.") and not name.endswith("()")
    ]
    dropped = (trace.events.kind == Kind.RANGE) & np.isin(trace.events.name, foreign)
    return replace(trace, events=trace.events.take(~dropped), _memo={})


def split_steps(trace: Trace) -> list[tuple[int, Trace]]:
    """The marked steps in which anything happened, as (number, trace of the step)."""
    steps = []
    for number, start, end in trace.steps():
        part = within(trace, start, end)
        if len(part.events) > 1 or np.isin(part.events.kind, DEVICE_KINDS).any():
            steps.append((number, part))
    return steps
