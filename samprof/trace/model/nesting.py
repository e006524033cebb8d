"""Intervals on threads: which one is innermost at a time, and which is inside which.

Nothing here assumes that intervals nest. Crossing ones follow the same rule: the innermost is the one
with the latest start, then the shortest.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from samprof.trace.model.events import Ints, SmallInts
from samprof.trace.model.outwards import before_on_thread, behind, climb, depths, wider_of


@dataclass(frozen=True, slots=True)
class Nesting:
    """Intervals in order of thread, start, longest first.

    Columns (one row per interval, in that order):
        rows: the interval's row in the arrays that the nesting was made from.
        thread, start, end: half-open, nanoseconds.
        wider: the nearest earlier interval on the thread that ends later; -1 if none. Every
            interval between the two ends no later, so a search that fails on one may continue at its
            `wider`.
        parent: the innermost earlier interval that holds the start; -1 if none.
        depth: the number of ancestors.
        behind: the first interval behind it and all inside it, which follow it directly.
    """

    rows: SmallInts
    thread: SmallInts
    start: Ints
    end: Ints
    wider: SmallInts
    parent: SmallInts
    depth: SmallInts
    behind: SmallInts

    @classmethod
    def of(cls, thread: SmallInts, start: Ints, dur: Ints, tie: SmallInts) -> "Nesting":
        """Sorts the intervals and links them; `tie` orders otherwise equal ones."""
        rows, start, thread = _in_order(thread, start, dur, tie)
        end = start + dur[rows]
        wider = wider_of(thread, end)
        parent = climb(before_on_thread(thread), start, end, wider)
        return cls(rows, thread, start, end, wider, parent, depths(parent), behind(parent))

    def innermost(self, thread: SmallInts, time: Ints) -> SmallInts:
        """For each query the innermost interval with start <= time < end on that thread, else -1.

        The result indexes this nesting, not the original arrays.
        """
        return climb(self._last_started(thread, time), time, self.end, self.wider)

    def _last_started(self, thread: SmallInts, time: Ints) -> SmallInts:
        """The last interval on the query's thread with start <= time; -1 if none."""
        result = np.full(len(time), -1, np.int32)
        bounds = np.flatnonzero(np.diff(self.thread, prepend=-1, append=-2))
        for begin, end in pairwise(bounds):
            queries = np.flatnonzero(thread == self.thread[begin])
            found = np.searchsorted(self.start[begin:end], time[queries], side="right") - 1
            result[queries] = np.where(found >= 0, found + begin, -1)
        return result

    def innermost_time(self) -> Ints:
        """Nanoseconds for which each interval is the innermost on its thread."""
        inner = np.flatnonzero(self.parent >= 0)
        outer = self.parent[inner]
        if (self.end[inner] > self.end[outer]).any():
            return self._innermost_time_crossing()
        total = self.end - self.start
        np.subtract.at(total, outer, self.end[inner] - self.start[inner])
        return total

    def _innermost_time_crossing(self) -> Ints:
        """The same if an interval may end after the one that it began in."""
        total = np.zeros(len(self.rows), np.int64)
        times = np.concatenate([self.start, self.end])
        threads = np.concatenate([self.thread, self.thread])
        order = np.lexsort((times, threads))
        times, threads = times[order], threads[order]
        lengths = np.diff(times, append=times[-1:])
        same = np.diff(threads, append=-1) == 0
        cuts = np.flatnonzero(same & (lengths > 0))
        owner = self.innermost(threads[cuts], times[cuts])
        held = owner >= 0
        np.add.at(total, owner[held], lengths[cuts][held])
        return total

    def add_up(self, values: Ints) -> Ints:
        """Each interval's own value plus those of all inside it."""
        # Sums may wrap around, their differences are right all the same.
        sums = np.zeros(len(values) + 1, np.int64)
        np.cumsum(values, out=sums[1:])
        return sums[self.behind] - sums[:-1]


def _in_order(
    thread: SmallInts, start: Ints, dur: Ints, tie: SmallInts
) -> tuple[SmallInts, Ints, SmallInts]:
    """The rows by thread, start, longest first, tie; with start and thread in that order.

    Files are nearly in this order, which a stable sort by few keys exploits; the other keys matter only
    where thread and start are equal.
    """
    rows = np.lexsort((start, thread)).astype(np.int32)
    start, thread = start[rows], thread[rows]
    same = (start[1:] == start[:-1]) & (thread[1:] == thread[:-1])
    if same.any():
        equal = np.zeros(len(rows), bool)
        equal[1:] |= same
        equal[:-1] |= same
        those = rows[equal]
        order = np.lexsort((tie[those], -dur[those], start[equal], thread[equal]))
        rows[equal] = those[order]
    return rows, start, thread
