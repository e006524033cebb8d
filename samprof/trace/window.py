"""A part of a trace: what happened on the host in a span of time, and the device work launched then."""

from dataclasses import replace

import numpy as np

from samprof.trace.events import DEVICE_KINDS
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


def split_steps(trace: Trace) -> list[tuple[int, Trace]]:
    """The marked steps that hold any op, range or device activity, as (number, trace of the step)."""
    steps = []
    for number, start, end in trace.steps():
        part = within(trace, start, end)
        if len(part.events) > 1 or np.isin(part.events.kind, DEVICE_KINDS).any():
            steps.append((number, part))
    return steps
