"""Backwards that are captured.

Autograd launches them on a thread of its own, while the thread that began the capture waits.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from samprof.trace.model.captures import (
    Capture,
    Kinds,
    has_activity,
    in_order,
    launch_kinds,
    launches_in_order,
)
from samprof.trace.model.event_nesting import nest
from samprof.trace.model.events import Events, Ints, Kind
from samprof.trace.model.forward_links import forwards_of


def with_backwards(
    captures: Sequence[Capture],
    events: Events,
    names: tuple[str, ...],
    threads: tuple[tuple[str, str], ...],
) -> tuple[Capture, ...]:
    """The captures with the launches of other threads that belong to them.

    A launch inside a capture, on another thread and without device activity, was captured if it leads
    back to a forward op that the capturing thread ran in this capture or in an earlier one. From the
    first such launch on, so were all of its thread: gradients are added up without a link to a forward.

    Args:
        captures: as `find_captures` finds them.
        events: the trace's events.
        names: the strings that `events.name` indexes.
        threads: the (process id, thread id) pairs that `events.thread` indexes.
    """
    kinds = launch_kinds(names)
    launches = _lost_beside(captures, events, kinds)
    if not len(launches):
        return tuple(captures)
    ops = nest(events, names, events.of(Kind.OP, Kind.HELD_OP))
    thread, time = events.thread[launches], events.ts[launches]
    op = ops.innermost(thread, time).astype(np.int64)
    forward = forwards_of(events, threads, ops, op, thread, time)
    origin = _thread_that_captured(captures, events, forward)
    taken = np.zeros(len(launches), bool)
    found = {}
    # Of captures inside each other the inner one, which began last, comes first.
    for number in sorted(range(len(captures)), key=lambda one: -captures[one].start):
        one = captures[number]
        inside = (thread != one.thread) & (time >= one.start) & (time < one.end) & ~taken
        linked = inside & (origin == one.thread)
        mine = np.zeros(len(launches), bool)
        for other in np.unique(thread[linked]).tolist():
            here = thread == other
            mine |= inside & here & (time >= time[linked & here].min())
        taken |= mine
        found[number] = _joined(one, events, kinds, launches[mine], forward[mine])
    return tuple(found[number] for number in range(len(captures)))


def _lost_beside(captures: Sequence[Capture], events: Events, kinds: Kinds) -> Ints:
    """Launches without device activity during a capture of another thread, in order of time."""
    rows = launches_in_order(events, kinds)
    thread, time = events.thread[rows], events.ts[rows]
    beside = np.zeros(len(rows), bool)
    for one in captures:
        beside |= (thread != one.thread) & (time >= one.start) & (time < one.end)
    rows = rows[beside]
    own = [one.launches for one in captures]
    return rows[~has_activity(events, rows) & ~np.isin(rows, np.concatenate(own))]


def _thread_that_captured(captures: Sequence[Capture], events: Events, forward: Ints) -> Ints:
    """The thread of each of these events in a forward, if that was captured; else -1."""
    known = np.flatnonzero(forward >= 0)
    thread, time = events.thread[forward[known]], events.ts[forward[known]]
    origin = np.full(len(forward), -1, np.int64)
    for one in captures:
        inside = (thread == one.thread) & (time >= one.start) & (time < one.end)
        origin[known[inside]] = one.thread
    return origin


def _joined(one: Capture, events: Events, kinds: Kinds, launches: Ints, forwards: Ints) -> Capture:
    """The capture with these launches too, all in order of time."""
    if not len(launches):
        return one
    rows = in_order(events, np.concatenate([one.launches, launches]))
    mine, new = np.isin(rows, one.launches), np.isin(rows, launches)
    kernels, back = np.full(len(rows), -1, np.int64), np.full(len(rows), -1, np.int64)
    kernels[mine], back[new] = one.kernels, forwards
    return replace(
        one, launches=rows, kinds=kinds[events.name[rows]], kernels=kernels, forwards=back
    )
