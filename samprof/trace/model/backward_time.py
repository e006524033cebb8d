"""Host time of a backward: of ops that no range holds, owned as their launches would be (R3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samprof.trace.model.events import ABSENT, Events, Ints, Kind, SmallInts
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.owners import owners_of_forward
from samprof.trace.model.ranges import Ranges


@dataclass(frozen=True, slots=True)
class BackwardTime:
    """Spans of host time, in order of thread and start, that no range on their thread holds.

    Columns (one row per span):
        thread, start, end: half-open, nanoseconds.
        interval: index in the ranges' nesting, of the range that the forward op ran in.
    """

    thread: SmallInts
    start: Ints
    end: Ints
    interval: Ints

    def by_interval(self, count: int) -> Ints:
        """The time of each of so many ranges."""
        found = np.zeros(count, np.int64)
        np.add.at(found, self.interval, self.end - self.start)
        return found

    def at(self, thread: int, time: Ints) -> Ints:
        """The range that these moments on a thread lead to; -1 for none."""
        mine = np.flatnonzero(self.thread == thread)
        place = np.searchsorted(self.start[mine], time, side="right") - 1
        led = place >= 0
        led[led] = self.end[mine[place[led]]] > time[led]
        found = np.full(len(time), -1, np.int64)
        found[led] = self.interval[mine[place[led]]]
        return found


def find_backward_time(
    events: Events, threads: tuple[tuple[str, str], ...], ops: Nesting, ranges: Ranges
) -> BackwardTime:
    """The host time that leads back to a forward op in a range.

    Args:
        events: the trace's events.
        threads: the trace's threads.
        ops: all ops, nested.
        ranges: the ranges that own. Where those are ops, all time is held.
    """
    places = _threads_with_backward(events, ops) if ranges.by != "op" else ops.thread[:0]
    thread, start, end = _cuts(ops, ranges.nesting, places)
    op = ops.innermost(thread, start).astype(np.int64)
    unheld = (op >= 0) & (ranges.nesting.innermost(thread, start) < 0)
    thread, start, end, op = thread[unheld], start[unheld], end[unheld], op[unheld]
    interval, _ = owners_of_forward(events, threads, ops, op, thread, start, ranges)
    led = interval >= 0
    return BackwardTime(thread[led], start[led], end[led], interval[led])


def _threads_with_backward(events: Events, ops: Nesting) -> SmallInts:
    """The threads on which a flow from a forward ends, or an op bears the id of its forward's thread."""
    numbered = events.forward_thread[ops.rows]
    numbered = (numbered != ABSENT) & (numbered != 0)
    ends = events.thread[events.of(Kind.FLOW_BACKWARD)]
    found: SmallInts = np.unique(np.concatenate([ends, ops.thread[numbered]]))
    return found


def _cuts(ops: Nesting, ranges: Nesting, threads: SmallInts) -> tuple[SmallInts, Ints, Ints]:
    """The time of these threads, cut wherever an op or a range begins or ends: thread, start, end."""
    sides = [(one, np.isin(one.thread, threads)) for one in (ops, ranges)]
    thread = np.concatenate([one.thread[mine] for one, mine in sides for _ in range(2)])
    time = np.concatenate([column[mine] for one, mine in sides for column in (one.start, one.end)])
    order = np.lexsort((time, thread))
    thread, time = thread[order], time[order]
    lasting = np.flatnonzero((np.diff(thread) == 0) & (np.diff(time) > 0))
    return thread[lasting], time[lasting], time[lasting + 1]
