"""Intervals on threads: which one is innermost at a time, and which is inside which.

Nothing here assumes that intervals nest. Crossing ones follow the same rule: the innermost is the one
with the latest start, then the shortest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from samprof.trace.model.events import Ints, SmallInts

_BLOCK = 1 << 15


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
    """

    rows: SmallInts
    thread: SmallInts
    start: Ints
    end: Ints
    wider: SmallInts
    parent: SmallInts
    depth: SmallInts

    @classmethod
    def of(cls, thread: SmallInts, start: Ints, dur: Ints, tie: SmallInts) -> "Nesting":
        """Sorts the intervals and links them; `tie` orders otherwise equal ones."""
        rows, start, thread = _in_order(thread, start, dur, tie)
        end = start + dur[rows]
        wider = _wider(thread, end)
        before = np.arange(-1, len(rows) - 1, dtype=np.int32)
        parent = _climb(before, start, thread, thread, end, wider)
        return cls(rows, thread, start, end, wider, parent, _depths(parent))

    def innermost(self, thread: SmallInts, time: Ints) -> SmallInts:
        """For each query the innermost interval with start <= time < end on that thread, else -1.

        The result indexes this nesting, not the original arrays.
        """
        return _climb(
            self._last_started(thread, time), time, thread, self.thread, self.end, self.wider
        )

    def next_outer(self, interval: SmallInts, thread: SmallInts, time: Ints) -> SmallInts:
        """For each query the next interval out from `interval` that holds the time, else -1."""
        return _climb(interval - 1, time, thread, self.thread, self.end, self.wider)

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
        totals = values.copy()
        for level in range(int(self.depth.max(initial=0)), 0, -1):
            inside = np.flatnonzero(self.depth == level)
            np.add.at(totals, self.parent[inside], totals[inside])
        return totals


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


def _wider(thread: SmallInts, end: Ints) -> SmallInts:
    """For each interval the nearest earlier one on its thread that ends later: pointer jumping."""
    wider = np.arange(-1, len(end) - 1, dtype=np.int32)
    wider[np.flatnonzero(np.diff(thread, prepend=-1))] = -1
    # Everything before a block is settled: its pointers are final.
    for block in _blocks(len(end)):
        open_ = block[wider[block] >= 0]
        while len(open_):
            open_ = open_[end[wider[open_]] <= end[open_]]
            # All between an interval and its pointer end no later than it, so the pointer's own
            # pointer is safe to adopt, settled or not.
            wider[open_] = wider[wider[open_]]
            open_ = open_[wider[open_] >= 0]
    return wider


def _climb(
    candidate: SmallInts,
    time: Ints,
    thread: SmallInts,
    of_thread: SmallInts,
    end: Ints,
    wider: SmallInts,
) -> SmallInts:
    """From each candidate outwards to the first interval that ends after the time; else -1."""
    result = candidate.copy()
    for block in _blocks(len(result)):
        open_ = block[result[block] >= 0]
        result[open_[of_thread[result[open_]] != thread[open_]]] = -1
        open_ = open_[result[open_] >= 0]
        while len(open_):
            open_ = open_[end[result[open_]] <= time[open_]]
            result[open_] = wider[result[open_]]
            open_ = open_[result[open_] >= 0]
    return result


def _blocks(count: int) -> Iterator[Ints]:
    """The numbers up to `count`, in blocks that stay in the processor's cache."""
    for begin in range(0, count, _BLOCK):
        yield np.arange(begin, min(begin + _BLOCK, count))


def _depths(parent: SmallInts) -> SmallInts:
    depth = np.zeros(len(parent), np.int32)
    above = parent
    while (above >= 0).any():
        depth += above >= 0
        above = np.where(above >= 0, parent[above], -1)
    return depth
