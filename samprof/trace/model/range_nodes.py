"""The nodes that ranges belong to: one per path, ordered as first entered."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from samprof.trace.model.event_nesting import name_ranks
from samprof.trace.model.events import Ints, SmallInts
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.outwards import nearest

MOST_CHARACTERS = 1 << 27
"""Joined paths grow with the square of the depth: what is put before names, all together."""
_FEW = 16


class Nodes(NamedTuple):
    """The nodes of intervals.

    Attributes:
        node: `[intervals]`, the node of each interval.
        paths: `[nodes]`, in the order of their first intervals.
        depth: `[nodes]`, the depth of the first interval.
        rows_to: intervals of this depth, and deeper, have the node of the interval around them: their
            paths would be too long.
    """

    node: SmallInts
    paths: tuple[str, ...]
    depth: Ints
    rows_to: int


def assign_nodes(
    nesting: Nesting,
    code: SmallInts,
    labels: dict[int, str],
    path_of: Callable[[str | None, str], str],
) -> Nodes:
    """The nodes of the intervals.

    Goes level by level and, where a level holds many, loops over distinct (outer node, label) pairs.

    Args:
        nesting: the intervals.
        code: the label of each interval, by number.
        labels: number -> label.
        path_of: the path of a label inside the path around it, which is None for the outermost; not
            longer than both and a separator.
    """
    number_of: dict[str, int] = {}
    paths: list[str] = []
    node = np.full(len(code), -1, np.int32)
    codes = int(code.max(initial=0)) + 1
    order = np.argsort(nesting.depth, kind="stable")
    levels = np.cumsum(np.bincount(nesting.depth)).tolist()
    rows_to, used = len(levels), 0
    for level, (begin, end) in enumerate(pairwise([0, *levels])):
        here = order[begin:end]
        parent = nesting.parent[here]
        outer = np.where(parent >= 0, node[parent], -1).astype(np.int64)
        pairs, index = (outer + 1) * codes + code[here], None
        if len(here) > _FEW:
            pairs, index = np.unique(pairs, return_inverse=True)
        known = [
            (paths[pair // codes - 1] if pair >= codes else None, labels[pair % codes])
            for pair in pairs.tolist()
        ]
        used += sum(len(around) for around, _ in known if around)
        if used > MOST_CHARACTERS:
            rows_to = level
            break
        numbers = []
        for around, label in known:
            path = path_of(around, label)
            if path not in number_of:
                number_of[path] = len(paths)
                paths.append(path)
            numbers.append(number_of[path])
        node[here] = numbers if index is None else np.array(numbers, np.int32)[index]
    if rows_to < len(levels):
        node = node[nearest(nesting.parent, nesting.depth < rows_to)]
    order, depth = _as_first_entered(nesting, node, paths)
    new_number = np.empty(len(paths), np.int32)
    new_number[order] = np.arange(len(paths))
    return Nodes(new_number[node], tuple(paths[number] for number in order), depth[order], rows_to)


def as_tree(nesting: Nesting, nodes: Nodes) -> Nodes:
    """The same nodes, each after the one around its first interval and all inside of that.

    Kernels that several layers share come between those of one layer, in the order in which they ran.
    """
    count = len(nodes.paths)
    first = np.full(count, len(nesting.rows))
    np.minimum.at(first, nodes.node, np.arange(len(nesting.rows)))
    outer = nesting.parent[first]
    around = np.where(outer >= 0, nodes.node[outer], -1).tolist()
    inside: dict[int, list[int]] = {}
    for node, one in enumerate(around):
        inside.setdefault(one, []).append(node)
    order: list[int] = []
    waiting = inside.get(-1, [])[::-1]
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting += inside.get(node, [])[::-1]
    new_number = np.empty(count, np.int32)
    new_number[order] = np.arange(count)
    paths = tuple(nodes.paths[node] for node in order)
    return Nodes(new_number[nodes.node], paths, nodes.depth[order], nodes.rows_to)


def _as_first_entered(nesting: Nesting, node: SmallInts, paths: list[str]) -> tuple[Ints, Ints]:
    """The nodes in the order of their first intervals, and for each node the depth of its first.

    At equal times the outer range was entered first, then the alphabetically first.
    """
    start = np.full(len(paths), np.iinfo(np.int64).max)
    np.minimum.at(start, node, nesting.start)
    first = np.flatnonzero(nesting.start == start[node])
    depth = np.full(len(paths), np.iinfo(np.int64).max)
    np.minimum.at(depth, node[first], nesting.depth[first])
    return np.lexsort((name_ranks(paths), depth, start)), depth
