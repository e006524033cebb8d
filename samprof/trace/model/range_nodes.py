"""The nodes that ranges belong to: one per path, ordered as first entered."""

from collections.abc import Callable

import numpy as np

from samprof.trace.model.event_nesting import name_ranks
from samprof.trace.model.events import Ints, SmallInts
from samprof.trace.model.nesting import Nesting


def assign_nodes(
    nesting: Nesting,
    code: SmallInts,
    labels: dict[int, str],
    path_of: Callable[[str | None, str], str],
) -> tuple[SmallInts, tuple[str, ...], Ints]:
    """The node of each interval, the path of each node, and the depth of its first interval.

    Goes level by level and loops over distinct (outer node, label) pairs only.

    Args:
        nesting: the intervals.
        code: the label of each interval, by number.
        labels: number -> label.
        path_of: the path of a label inside the path around it, which is None for the outermost.
    """
    nodes: dict[str, int] = {}
    paths: list[str] = []
    node = np.full(len(code), -1, np.int32)
    codes = int(code.max(initial=0)) + 1
    for level in range(int(nesting.depth.max(initial=-1)) + 1):
        here = np.flatnonzero(nesting.depth == level)
        parent = nesting.parent[here]
        outer = np.where(parent >= 0, node[parent], -1)
        pairs, index = np.unique(
            (outer.astype(np.int64) + 1) * codes + code[here], return_inverse=True
        )
        numbers = []
        for above, label in zip(
            (pairs // codes - 1).tolist(), (pairs % codes).tolist(), strict=True
        ):
            path = path_of(paths[above] if above >= 0 else None, labels[label])
            if path not in nodes:
                nodes[path] = len(paths)
                paths.append(path)
            numbers.append(nodes[path])
        node[here] = np.array(numbers, np.int32)[index]
    order, depth = _as_first_entered(nesting, node, paths)
    new_number = np.empty(len(paths), np.int32)
    new_number[order] = np.arange(len(paths))
    return new_number[node], tuple(paths[number] for number in order), depth[order]


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
