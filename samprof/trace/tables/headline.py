"""What a trace holds, in a few words."""

from __future__ import annotations

import numpy as np

from samprof.printable import printable
from samprof.trace.model.data import TraceData
from samprof.trace.model.events import DEVICE_KINDS, HELD_KINDS, Kind
from samprof.units import time_text

_MOST_ROOTS = 3


def headline(trace: TraceData) -> str:
    """What was recorded, steps, ops, device activities and their time; no table is computed."""
    events = trace.events
    steps, ops = len(trace.steps()), len(events.of(Kind.OP))
    parts = [_counted(steps, "step")] if steps else []
    parts.append(_counted(ops, "op"))
    activities = events.of(*DEVICE_KINDS)
    if len(activities):
        time = time_text(int(events.dur[activities].sum()))
        parts.append(
            f"{_counted(len(activities), 'device activity', 'device activities')} of {time}"
        )
    else:
        parts.append("no device activity")
    took_place = ~np.isin(events.kind, HELD_KINDS)
    start = events.ts[took_place]
    if len(start):
        span = int(np.max(start + np.maximum(events.dur[took_place], 0)) - np.min(start))
        parts.append(f"{time_text(span)} from first to last")
    return f"Trace{_roots(trace)}: {', '.join(parts)}"


def _roots(trace: TraceData) -> str:
    """What samprof recorded; empty for a trace of anything else. It stands in the file: it may lie."""
    found = trace.recorded.get("roots")
    names = [str(name) for name in found] if isinstance(found, list) else []
    more = ["..."] if len(names) > _MOST_ROOTS else []
    text = ", ".join([*names[:_MOST_ROOTS], *more])
    return f" {printable(text)}" if text else ""


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
