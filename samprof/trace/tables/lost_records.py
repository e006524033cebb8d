"""Launches whose device activity is missing from the file.

A launch that was captured into a graph ran nothing, and is not one of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from samprof.trace.model.captures import Capture, has_activity, launch_kinds
from samprof.trace.model.data import TraceData
from samprof.trace.model.events import ABSENT, Ints, Kind
from samprof.trace.model.graphs import GraphLaunch

_MOST_LOST = 0.1
"""A graph launch that lacks more of its activities is taken for another graph."""
_FULL_LAUNCHES = 2
"""So many launches of the whole graph show what a launch of a part of it lacks."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What is missing from a trace.

    Attributes:
        launches: the row of the launch of each missing activity, a graph launch once for each.
        of_graphs: how many of them are missing from graph launches.
        captured: how many launches were captured into graphs, and ran nothing.
    """

    launches: Ints
    of_graphs: int
    captured: int


def lost_records(trace: TraceData) -> Lost:
    """The launches of a trace whose kernels are missing."""
    events = trace.events
    runtime = events.of(Kind.RUNTIME)
    kernels = runtime[launch_kinds(trace.names)[events.name[runtime]] == Kind.KERNEL]
    missing = kernels[~has_activity(events, kernels)]
    captured = [one.launches for one in trace.captures()]
    into_graphs = np.concatenate(captured) if captured else np.zeros(0, np.int64)
    into_graphs = into_graphs[events.kind[into_graphs] == Kind.RUNTIME]
    single = missing[~np.isin(missing, into_graphs)]
    of_graphs = _lost_of_graphs(trace)
    return Lost(np.concatenate([single, of_graphs]), len(of_graphs), len(into_graphs))


def _lost_of_graphs(trace: TraceData) -> Ints:
    """The row of a graph launch for each of its activities that is missing."""
    found = [np.zeros(0, np.int64)]
    alike: dict[bytes, list[GraphLaunch]] = defaultdict(list)
    for one in trace.graphs():
        alike[trace.events.name[_rows(trace, one)].tobytes()].append(one)
    for key, launches in alike.items():
        first = launches[0]
        expected = _by_capture(trace, first)
        if not expected and len(launches) == 1:
            expected = _by_other_launches(trace, first, key, alike)
        found += [np.full(_by_nodes(trace, one) or expected, one.launch) for one in launches]
    return np.concatenate(found)


def _rows(trace: TraceData, one: GraphLaunch) -> Ints:
    """Rows of the activities, in order of time."""
    rows = trace.launches().activity[one.activities]
    start = trace.events.ts[rows]
    return rows[np.lexsort((start + trace.events.dur[rows], start))]


def _by_nodes(trace: TraceData, one: GraphLaunch) -> int:
    """How many nodes of the graph ran in other launches of it and not in this one, by their ids."""
    nodes = trace.events.sequence[_rows(trace, one)]
    if (nodes == ABSENT).any():
        return 0
    return len(_nodes_of_graphs(trace).get(int(nodes[0]) >> 32, set()) - set(nodes.tolist()))


def _nodes_of_graphs(trace: TraceData) -> dict[int, set[int]]:
    """Id of a graph -> the ids of all its nodes that ran."""

    def collect() -> dict[int, set[int]]:
        found: dict[int, set[int]] = defaultdict(set)
        for one in trace.graphs():
            for node in trace.events.sequence[_rows(trace, one)].tolist():
                if node != ABSENT:
                    found[node >> 32].add(node)
        return found

    return trace.derived("nodes of graphs", collect)


def _by_capture(trace: TraceData, one: GraphLaunch) -> int:
    """How many launches of a capture the graph lacks that must be its own: the others agree with it."""
    if one.capture is not None:
        return 0
    before = [other for other in trace.captures() if other.end <= trace.events.ts[one.launch]]
    counts = {
        len(other.launches) - len(one.activities)
        for other in before
        if _lacks_some(trace, other, one)
    }
    return min(counts, default=0)


def _lacks_some(trace: TraceData, capture: Capture, one: GraphLaunch) -> bool:
    """Whether the activities are those of the capture without a few that follow each other."""
    count = len(one.activities)
    lost = len(capture.launches) - count
    if not 0 < lost <= max(1, _MOST_LOST * len(capture.launches)):
        return False
    return any(
        trace.graph_misfit(capture, np.r_[0:gap, gap + lost : count + lost], one) == ""
        for gap in range(count + 1)
    )


def _by_other_launches(
    trace: TraceData, one: GraphLaunch, key: bytes, alike: dict[bytes, list[GraphLaunch]]
) -> int:
    """How many activities this launch lacks that left a hole as long as they take in other launches.

    A launch of another graph, which never had them, has no such hole.
    """
    width = len(key) // max(len(one.activities), 1)
    for other, full in alike.items():
        lost = (len(other) - len(key)) // max(width, 1)
        if len(full) < _FULL_LAUNCHES or not 0 < lost <= max(1, _MOST_LOST * len(other) // width):
            continue
        for gap in range(1, len(one.activities)):
            whole = other[: gap * width] + other[(gap + lost) * width :]
            if whole == key and _is_hole(trace, one, full, gap, lost):
                return lost
    return 0


def _is_hole(
    trace: TraceData, one: GraphLaunch, full: list[GraphLaunch], gap: int, lost: int
) -> bool:
    """Whether the time before an activity is as long as where the missing ones ran, and as no other."""
    start, end = _times(trace, one)
    gaps = start[1:] - end[:-1]
    hole = int(gaps[gap - 1])
    usual = np.delete(gaps, gap - 1)
    stretches = []
    for other in full:
        begins, ends = _times(trace, other)
        stretches.append(int(begins[gap + lost] - ends[gap - 1]))
        usual = np.append(usual, begins[1:] - ends[:-1])
    return hole >= min(stretches) and hole > 2 * int(np.quantile(usual, 0.9))


def _times(trace: TraceData, one: GraphLaunch) -> tuple[Ints, Ints]:
    rows = _rows(trace, one)
    return trace.events.ts[rows], trace.events.ts[rows] + trace.events.dur[rows]
