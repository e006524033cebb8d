"""Sums by group, over the tree of ranges, and of unions of intervals."""

import numpy as np

from samprof.trace.model.sums import grouped_sum, union_by_group


def test_sums_are_exact_where_floats_are_not() -> None:
    # 2**53 + 1 is no float.
    values = np.array([2**53, 1, 5])
    assert grouped_sum(3, np.array([0, 0, 2]), values).tolist() == [2**53 + 1, 0, 5]


def test_a_union_counts_what_overlaps_once() -> None:
    # Group 0: [0, 10) and [5, 12), 12 in all; [20, 20) is empty. Group 2: [3, 4) twice.
    group = np.array([0, 2, 0, 0, 2])
    start, end = np.array([5, 3, 0, 20, 3]), np.array([12, 4, 10, 20, 4])
    assert union_by_group(group, start, end, 3).tolist() == [12, 0, 1]
    assert union_by_group(group[:0], start[:0], end[:0], 2).tolist() == [0, 0]


def test_groups_whose_times_are_years_apart_are_added_group_by_group() -> None:
    # Ten groups, each with [0, 2) and [1, 2**60): moved behind one another they pass 64 bits.
    group = np.repeat(np.arange(10), 2)
    start = np.tile(np.array([0, 1]), 10)
    end = np.tile(np.array([2, 2**60]), 10)
    assert union_by_group(group, start, end, 10).tolist() == [2**60] * 10
