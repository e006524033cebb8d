"""Which launch, which op and which range each device activity belongs to: rules R1 to R5.

R1  the launch is the runtime or driver event with the same correlation id; clocks are never
    compared.
R2  its op and its owner are the innermost op and range on the launch's thread that hold its start.
R3  a launch that no range on its thread holds belongs, through the innermost op around it that is
    linked to a forward op, to the range that holds that forward op's start; its phase is backward.
R4  every other launch is `(outside)`; an activity without a launch in the file is `(no launch)`.
R5  the activities of a graph launch are those of its capture where that is proven: each has the op of
    the launch that was captured, and the range around that, repeated inside the range around the graph
    launch. Else all belong to the range around the graph launch.
"""

from dataclasses import dataclass

import numpy as np

from samprof.trace.model.events import ABSENT, DEVICE_KINDS, Events, Ints, Kind, Mask, SmallInts
from samprof.trace.model.forward_links import forwards_of
from samprof.trace.model.grafts import Grafts
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.ranges import Ranges

OUTSIDE = -1
NO_LAUNCH = -2


@dataclass(frozen=True, slots=True)
class Launches:
    """The device activities, each with its launch and op on the host.

    Columns (one row per activity, in file order):
        activity: row in the events.
        launch: row of its launch; -1 if the file holds none.
        op: index of its op in `ops`; -1 if no op is around the launch.
        ops: all ops, nested.
        captured: row of the launch that was captured, for activities of a split graph; else -1.
        grafts: the ops that graph launches replay, if there are any; all others took place.
    """

    activity: Ints
    launch: Ints
    op: Ints
    ops: Nesting
    captured: Ints
    grafts: Grafts | None = None


@dataclass(frozen=True, slots=True)
class Owners:
    """The owner of each device activity, in the order of `Launches.activity`.

    Columns:
        interval: index in the ranges' nesting, or OUTSIDE, or NO_LAUNCH.
        backward: whether it was found through the link from backward to forward.
    """

    interval: Ints
    backward: Mask


def find_launches(events: Events, ops: Nesting) -> Launches:
    """Launch and op of every device activity (R1, R2).

    Args:
        events: the trace's events.
        ops: the ops, nested; its rows are rows of the events.
    """
    activity = events.of(*DEVICE_KINDS)
    launch = _launch_of(events, activity)
    launched = launch >= 0
    op = np.full(len(activity), -1, np.int64)
    where = launch[launched]
    op[launched] = ops.innermost(events.thread[where], events.ts[where])
    return Launches(activity, launch, op, ops, np.full(len(activity), -1, np.int64))


def _launch_of(events: Events, activity: Ints) -> Ints:
    """The runtime event with the same correlation id; of several the earliest, then the shortest."""
    runtime = events.of(Kind.RUNTIME)
    runtime = runtime[events.link[runtime] != ABSENT]
    order = np.lexsort((events.dur[runtime], events.ts[runtime], events.link[runtime]))
    runtime = runtime[order]
    if not len(runtime):
        return np.full(len(activity), -1, np.int64)
    correlation = events.link[activity]
    place = np.searchsorted(events.link[runtime], correlation)
    found = runtime[np.minimum(place, len(runtime) - 1)]
    matches = (events.link[found] == correlation) & (correlation != ABSENT)
    return np.where(matches, found, -1)


def find_owners(
    events: Events, threads: tuple[tuple[str, str], ...], launches: Launches, ranges: Ranges
) -> Owners:
    """The range that owns each device activity (R2 to R5)."""
    interval = np.full(len(launches.activity), NO_LAUNCH, np.int64)
    backward = np.zeros(len(interval), bool)
    launched = np.flatnonzero(launches.launch >= 0)
    where = launches.launch[launched]
    interval[launched] = ranges.nesting.innermost(events.thread[where], events.ts[where])
    unheld = launched[interval[launched] == OUTSIDE]
    where, op = launches.launch[unheld], launches.op[unheld]
    interval[unheld], backward[unheld] = owners_of_forward(
        events, threads, launches.ops, op, events.thread[where], events.ts[where], ranges
    )
    if ranges.grafts is not None:
        replayed = np.flatnonzero(ranges.grafts.owner >= 0)
        interval[replayed] = ranges.grafts.owner[replayed]
        backward[replayed] = ranges.grafts.backward[replayed]
    return Owners(interval, backward)


def owners_of_ops(
    events: Events, threads: tuple[tuple[str, str], ...], ops: Nesting, op: Ints, ranges: Ranges
) -> Ints:
    """The range that each of these ops belongs to, found as for a launch at its start; else OUTSIDE.

    Args:
        events: the trace's events.
        threads: the trace's threads.
        ops: all ops, nested.
        op: indices into `ops`.
        ranges: the ranges that own.
    """
    thread, start = ops.thread[op], ops.start[op]
    interval = ranges.nesting.innermost(thread, start).astype(np.int64)
    unheld = np.flatnonzero(interval == OUTSIDE)
    interval[unheld], _ = owners_of_forward(
        events, threads, ops, op[unheld], thread[unheld], start[unheld], ranges
    )
    return interval


def owners_of_forward(
    events: Events,
    threads: tuple[tuple[str, str], ...],
    ops: Nesting,
    op: Ints,
    thread: SmallInts,
    time: Ints,
    ranges: Ranges,
) -> tuple[Ints, Mask]:
    """The range of the forward op that each moment leads back to (R3), and whether it leads to one.

    Args:
        events: the trace's events.
        threads: the trace's threads.
        ops: all ops, nested.
        op: the innermost op at each moment, index into `ops`; -1 for none.
        thread: the thread of each moment.
        time: each moment, in nanoseconds.
        ranges: the ranges that own.

    Returns:
        Index in the ranges' nesting, OUTSIDE where no forward op is known or no range holds its start.
    """
    interval = np.full(len(op), OUTSIDE, np.int64)
    row = forwards_of(events, threads, ops, op, thread, time)
    linked = row >= 0
    interval[linked] = ranges.nesting.innermost(events.thread[row[linked]], events.ts[row[linked]])
    return interval, linked
