"""Pointers outwards: from each interval to an earlier one around it, or to -1.

However deep the intervals are, following the pointers takes few steps: they are doubled, not walked.
"""

from collections.abc import Iterator

import numpy as np

from samprof.trace.model.events import Integers, Ints, Mask, SmallInts

_BLOCK = 1 << 15
_WALKED = 32
"""Steps that are walked before pointers are doubled, which takes memory; few traces are so deep."""


def wider_of(thread: SmallInts, end: Ints) -> SmallInts:
    """For each interval, in order of start, the nearest earlier one on its thread that ends later."""
    wider = before_on_thread(thread)
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


def before_on_thread(thread: SmallInts) -> SmallInts:
    """For each interval the one before it in order; -1 for the first of a thread."""
    before = np.arange(-1, len(thread) - 1, dtype=np.int32)
    before[np.flatnonzero(np.diff(thread, prepend=-1))] = -1
    return before


def climb(candidate: Integers, time: Integers, end: Integers, outer: SmallInts) -> SmallInts:
    """From each candidate along `outer` to the first that ends after the time; else -1.

    Args:
        candidate: where each query starts, -1 for nowhere.
        time: of each query.
        end: of each interval; along `outer` no end is earlier than the one before.
        outer: from each interval to the next.

    Example:
        >>> outer, end = np.array([-1, 0, 1], np.int32), np.array([50, 20, 10])
        >>> climb(np.array([2, 2]), np.array([15, 60]), end, outer).tolist()
        [1, -1]
    """
    result = candidate.astype(np.int32)
    deep = []
    for block in _blocks(len(result)):
        open_ = block[result[block] >= 0]
        for _ in range(_WALKED):
            if not len(open_):
                break
            open_ = open_[end[result[open_]] <= time[open_]]
            result[open_] = outer[result[open_]]
            open_ = open_[result[open_] >= 0]
        deep.append(open_)
    rest = np.concatenate(deep) if deep else result
    if len(rest):
        result[rest] = _leap(result[rest], time[rest], end, outer)
    return result


def _leap(place: SmallInts, time: Integers, end: Integers, outer: SmallInts) -> SmallInts:
    """What `climb` does, in leaps of powers of two, the longest first."""
    leaps = [outer]
    while (leaps[-1] >= 0).any():
        last = leaps[-1]
        leaps.append(np.where(last >= 0, last[last], np.int32(-1)))
    short = end[place] <= time
    for leap in reversed(leaps):
        to = leap[place]
        place = np.where(short & (to >= 0) & (end[to] <= time), to, place)
    return np.where(short, outer[place], place)


def nearest(parent: SmallInts, wanted: Mask) -> SmallInts:
    """For each interval itself or the first wanted one around it; -1 if none.

    Example:
        >>> nearest(np.array([-1, 0, 1], np.int32), np.array([True, False, False])).tolist()
        [0, 0, 0]
    """
    place = np.where(wanted, np.arange(len(parent), dtype=np.int32), parent)
    open_ = np.flatnonzero(place >= 0)
    while len(open_ := open_[~wanted[place[open_]]]):
        place[open_] = place[place[open_]]
        open_ = open_[place[open_] >= 0]
    return place


def depths(parent: SmallInts) -> SmallInts:
    """The number of intervals around each.

    Example:
        >>> depths(np.array([-1, 0, 1, 0], np.int32)).tolist()
        [0, 1, 2, 1]
    """
    depth = (parent >= 0).astype(np.int32)
    above = parent.copy()
    open_ = np.flatnonzero(above >= 0)
    while len(open_):
        depth[open_] += depth[above[open_]]
        above[open_] = above[above[open_]]
        open_ = open_[above[open_] >= 0]
    return depth


def behind(parent: SmallInts) -> SmallInts:
    """For each interval the first behind it and all that are inside it.

    Args:
        parent: of intervals in order, so that those inside one follow it.

    Example:
        >>> behind(np.array([-1, 0, 1, 0, -1], np.int32)).tolist()
        [4, 3, 3, 4, 5]
    """
    count = len(parent)
    order = np.argsort(parent, kind="stable").astype(np.int32)
    siblings = parent[order[1:]] == parent[order[:-1]]
    following = np.full(count + 1, count, np.int32)
    following[order[:-1][siblings]] = order[1:][siblings]
    # The last of its siblings ends where its parent does; -1 is the entry at the end.
    result: SmallInts = following[nearest(parent, following[:-1] < count)]
    return result


def _blocks(count: int) -> Iterator[Ints]:
    """The numbers up to `count`, in blocks that stay in the processor's cache."""
    for begin in range(0, count, _BLOCK):
        yield np.arange(begin, min(begin + _BLOCK, count))
