"""Exact int64 sums: by group, over the tree of ranges, and over the union of intervals."""

import numpy as np

from samprof.trace.model.events import Integers, Ints, Mask
from samprof.trace.model.ranges import Ranges


def grouped_sum(groups: int, group: Integers, values: Ints) -> Ints:
    """The sum of the values of each group (bincount would go through floats).

    Example:
        >>> grouped_sum(3, np.array([0, 2, 0]), np.array([1, 5, 10])).tolist()
        [11, 0, 5]
    """
    result = np.zeros(groups, np.int64)
    np.add.at(result, group, values)
    return result


def inclusive(ranges: Ranges, outer: Mask, interval: Integers, values: Ints) -> Ints:
    """The sum per node of the values at its ranges and inside them; recursion counts once.

    Args:
        ranges: the tree.
        outer: the ranges without one of the same node around them (`Ranges.outermost`).
        interval: the range that each value belongs to.
        values: the values.
    """
    own = grouped_sum(len(ranges.node), interval, values)
    return grouped_sum(len(ranges.paths), ranges.node[outer], ranges.nesting.add_up(own)[outer])


def reached(group: Integers, values: Ints) -> Ints:
    """The largest value of its group up to each row; the rows of a group stand side by side.

    Example:
        >>> reached(*np.array([[0, 0, 0, 4, 4], [1, 9, 5, 2, 3]])).tolist()
        [1, 9, 9, 2, 3]
    """
    order = np.argsort(values, kind="stable")
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values))
    # Ranks are small: those of each group can be shifted behind those of the group before.
    shift = np.cumsum(np.diff(group, prepend=group[:1]) != 0) * len(values)
    highest: Ints = values[order[np.maximum.accumulate(rank + shift) - shift]]
    return highest


def union_by_group(group: Integers, start: Ints, end: Ints, groups: int) -> Ints:
    """The length of the union of each group's intervals.

    Example:
        >>> union_by_group(*np.array([[0, 0, 1], [0, 5, 3], [10, 12, 4]]), 2).tolist()
        [12, 1]
    """
    if not len(group):
        return np.zeros(groups, np.int64)
    order = np.lexsort((start, group)).astype(np.int32)
    group, start, end = group[order], start[order], end[order]
    del order
    # Each group's times are shifted behind those of the previous group, so that one running maximum
    # serves all groups.
    origin = start.min()
    span = int(end.max() - origin) + 1
    shift = np.cumsum(np.diff(group, prepend=group[0]) != 0)
    if int(shift[-1]) * span > np.iinfo(np.int64).max - span:
        # This would overflow: half of the groups at a time.
        middle = int(np.searchsorted(shift, (shift[-1] + 1) // 2))
        first = union_by_group(group[:middle], start[:middle], end[:middle], groups)
        return first + union_by_group(group[middle:], start[middle:], end[middle:], groups)
    shift *= span
    shift -= origin
    start += shift
    end += shift
    del shift
    reached = np.maximum.accumulate(end)
    np.maximum(start[1:], reached[:-1], out=start[1:])
    end -= start
    return grouped_sum(groups, group, np.maximum(end, 0, out=end))
