"""Nodes: one per path, in the order in which they were first entered."""

import numpy as np
import pytest

from samprof.trace.model import range_nodes
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.range_nodes import as_tree, assign_nodes


def joined(outer: str | None, label: str) -> str:
    return label if outer is None else f"{outer} > {label}"


def test_a_label_in_two_places_is_two_nodes_and_a_second_call_is_none() -> None:
    # a [0, 40) holds b [10, 20) and b [25, 35); b [50, 60) stands alone.
    start, end = np.array([0, 10, 25, 50]), np.array([40, 20, 35, 60])
    thread = np.ones(4, np.int32)
    nesting = Nesting.of(thread, start, end - start, np.zeros(4, np.int32))
    code = np.array([0, 1, 1, 1], np.int32)
    node, paths, depth, _ = assign_nodes(nesting, code, {0: "a", 1: "b"}, joined)
    assert paths == ("a", "a > b", "b")
    assert node.tolist() == [0, 1, 1, 2]
    assert depth.tolist() == [0, 1, 0]


def test_nodes_are_ordered_by_their_first_entry_on_any_thread() -> None:
    # Thread 2 enters z at 5, before thread 1 enters a at 10; at 10 y and a start together.
    thread = np.array([1, 2, 2], np.int32)
    start = np.array([10, 5, 10])
    nesting = Nesting.of(thread, start, np.array([10, 3, 10]), np.zeros(3, np.int32))
    labels = {0: "a", 1: "z", 2: "y"}
    assert assign_nodes(nesting, nesting.rows, labels, joined).paths == ("z", "a", "y")


def test_no_intervals_have_no_nodes() -> None:
    none = np.zeros(0, np.int32)
    nesting = Nesting.of(none, np.zeros(0, np.int64), np.zeros(0, np.int64), none)
    node, paths, depth, _ = assign_nodes(nesting, none, {}, joined)
    assert (node.tolist(), paths, depth.tolist()) == ([], (), [])


def test_ranges_whose_joined_paths_would_be_too_long_belong_to_the_one_around(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # 50 ranges "a", each inside the one before: n of them put 0 + 1 + 5 + 9 + ... characters before.
    start = np.arange(50)
    zeros = np.zeros(50, np.int32)
    nesting = Nesting.of(zeros, start, 100 - 2 * start, zeros)
    whole = assign_nodes(nesting, zeros, {0: "a"}, joined)
    assert (len(whole.paths), whole.rows_to) == (50, 50)
    monkeypatch.setattr(range_nodes, "MOST_CHARACTERS", 1 + 5 + 9)
    few = assign_nodes(nesting, zeros, {0: "a"}, joined)
    assert few.paths == whole.paths[:4]
    assert few.rows_to == 4
    assert few.node.tolist() == [0, 1, 2, *[3] * 47]


def test_as_a_tree_what_is_inside_of_a_node_follows_it() -> None:
    # a [0, 90) holds b [0, 10), c [10, 20) and b again [20, 50), which now holds d [30, 40).
    start, end = np.array([0, 0, 10, 20, 30]), np.array([90, 10, 20, 50, 40])
    thread = np.ones(5, np.int32)
    nesting = Nesting.of(thread, start, end - start, np.zeros(5, np.int32))
    labels = dict(enumerate("abcd"))
    nodes = assign_nodes(nesting, np.array([0, 1, 2, 1, 3], np.int32), labels, joined)
    assert nodes.paths == ("a", "a > b", "a > c", "a > b > d")
    tree = as_tree(nesting, nodes)
    assert tree.paths == ("a", "a > b", "a > b > d", "a > c")
    assert tree.depth.tolist() == [0, 1, 2, 1]
    assert tree.node.tolist() == [0, 1, 3, 1, 2]
