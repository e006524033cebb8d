"""Exact sums of int64 numbers by group, and over the tree of ranges."""

import numpy as np

from samprof.trace.events import Integers, Ints, Mask
from samprof.trace.ranges import Ranges


def grouped_sum(groups: int, group: Integers, values: Ints) -> Ints:
    """The sum of the values of each group (bincount would go through floats).

    Example:
        >>> grouped_sum(3, np.array([0, 2, 0]), np.array([1, 5, 10])).tolist()
        [11, 0, 5]
    """
    result = np.zeros(groups, np.int64)
    np.add.at(result, group, values)
    return result


def inclusive(ranges: Ranges, outer: Mask, interval: Ints, values: Ints) -> Ints:
    """For each node the values at its ranges and inside them; recursion counts once.

    Args:
        ranges: the tree.
        outer: which ranges have none of the same node around them.
        interval: the range that each value stands at.
        values: numbers.
    """
    own = grouped_sum(len(ranges.node), interval, values)
    return grouped_sum(len(ranges.paths), ranges.node[outer], ranges.nesting.add_up(own)[outer])
