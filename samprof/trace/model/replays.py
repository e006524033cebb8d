"""The ranges of a trace with those that its graph launches replay."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from samprof.trace.model.events import Events, Ints, Mask, SmallInts
from samprof.trace.model.grafts import Dropped, Grafts, Template, graft, templates_of
from samprof.trace.model.graph_annotations import Annotations
from samprof.trace.model.graphs import GraphLaunch
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.ranges import SEPARATOR, Ranges


def with_replays(
    events: Events,
    ranges: Ranges,
    captured: Ranges,
    launches: Sequence[GraphLaunch],
    activities: int,
    annotations: Annotations,
) -> Ranges:
    """The ranges, and inside the one around each split graph launch those entered while capturing.

    Of a launch whose activities torch annotated, instead of its capture, the annotations are ranges.

    A range around both the launch and the capture is there already. Of kinds whose paths are joined,
    what was around the capture only is left out if something else is around the launch: it says when the
    graph was captured, not when it ran.

    Args:
        events: of the trace.
        ranges: its ranges.
        captured: those that were entered during captures, and those around them, of the same kind.
        launches: graph launches that are split, in order of time.
        activities: how many device activities the trace has.
        annotations: those of the launches that no capture splits.
    """
    own = iter(templates_of(events, captured.nesting, launches))
    first = len(captured.node)
    templates = [
        annotations.template(one, first) if one.launch in annotations.of else next(own)
        for one in launches
    ]
    if annotations.of:
        captured = _with_annotations(captured, annotations)
    dropped = _dropped(ranges, captured)
    grafts = graft(
        events, ranges.nesting, launches, templates, captured.nesting, dropped, activities
    )
    return _with_nodes(ranges, captured, grafts, templates)


def _with_annotations(captured: Ranges, annotations: Annotations) -> Ranges:
    """The captured ranges, and one more for each annotation, on a thread of their own."""
    count, first = len(annotations.paths), len(captured.node)
    nesting = captured.nesting
    zero, none = np.zeros(count, np.int64), np.full(count, -1, np.int32)
    thread = int(nesting.thread.max(initial=0)) + 1
    together = Nesting(
        np.concatenate([nesting.rows, annotations.rows.astype(np.int32)]),
        np.concatenate([nesting.thread, np.full(count, thread, np.int32)]),
        np.concatenate([nesting.start, zero]),
        np.concatenate([nesting.end, zero]),
        np.concatenate([nesting.wider, none]),
        np.concatenate([nesting.parent, none]),
        np.concatenate([nesting.depth, none + 1]),
        np.concatenate([nesting.behind, np.arange(first, first + count, dtype=np.int32) + 1]),
    )
    node = np.concatenate(
        [captured.node, np.arange(count, dtype=np.int32) + np.int32(len(captured.paths))]
    )
    return replace(
        captured,
        nesting=together,
        node=node,
        paths=(*captured.paths, *annotations.paths),
        entries=np.concatenate([_entries(captured), np.ones(count, bool)]),
    )


def _dropped(ranges: Ranges, captured: Ranges) -> Dropped:
    def paths_around(place: int) -> set[str]:
        found = set()
        while place >= 0:
            found.add(ranges.paths[ranges.node[place]])
            place = int(ranges.nesting.parent[place])
        return found

    def dropped(place: int, around: Ints) -> int:
        paths = [captured.paths[node] for node in captured.node[around].tolist()]
        if ranges.by == "samprof":
            there = paths_around(place)
            return next((n for n, path in enumerate(paths) if path not in there), len(paths))
        if place < 0:
            return 0
        own = ranges.paths[ranges.node[place]]
        return paths.index(own) + 1 if own in paths else len(paths)

    return dropped


def _with_nodes(
    ranges: Ranges, captured: Ranges, grafts: Grafts, templates: Sequence[Template]
) -> Ranges:
    """The grafted ranges with their nodes, in the order in which those were first entered."""
    paths = list(ranges.paths)
    number_of = {path: number for number, path in enumerate(paths)}
    node = np.empty(len(grafts.nesting.rows), np.int32)
    node[grafts.moved] = ranges.node
    keys = np.stack([grafts.around[grafts.launch], grafts.skipped[grafts.launch], grafts.captured])
    distinct, which = np.unique(keys, axis=1, return_inverse=True)
    first = np.full(distinct.shape[1], len(which))
    np.minimum.at(first, which.ravel(), np.arange(len(which)))
    numbers = np.empty(distinct.shape[1], np.int32)
    for place in np.argsort(first).tolist():
        around, skipped, interval = distinct[:, place].tolist()
        outer = templates[int(grafts.launch[first[place]])].interval[:skipped]
        path = _path(ranges, captured, around, interval, outer)
        if path not in number_of:
            number_of[path] = len(paths)
            paths.append(path)
        numbers[place] = number_of[path]
    node[grafts.added] = numbers[which.ravel()]
    order, depth = _as_entered(ranges, grafts, node, len(paths))
    now = np.empty(len(paths), np.int32)
    now[order] = np.arange(len(paths))
    levels = int(grafts.nesting.depth.max(initial=-1)) + 1
    folded = ranges.rows_to <= ranges.nesting.depth.max(initial=-1)
    return replace(
        ranges,
        nesting=grafts.nesting,
        node=now[node],
        paths=tuple(paths[number] for number in order.tolist()),
        depth=depth[order],
        rows_to=ranges.rows_to if folded else levels,
        entries=_grafted_entries(ranges, captured, grafts),
        grafts=grafts,
    )


def _grafted_entries(ranges: Ranges, captured: Ranges, grafts: Grafts) -> Mask | None:
    if ranges.entries is None and captured.entries is None:
        return None
    result = np.empty(len(grafts.nesting.rows), bool)
    result[grafts.moved] = _entries(ranges)
    result[grafts.added] = _entries(captured)[grafts.captured]
    return result


def _entries(ranges: Ranges) -> Mask:
    return np.ones(len(ranges.node), bool) if ranges.entries is None else ranges.entries


def _path(ranges: Ranges, captured: Ranges, around: int, interval: int, outer: Ints) -> str:
    """The path of a captured interval inside the one around the launch; without those around both."""
    path: str = captured.paths[captured.node[interval]]
    if ranges.by == "samprof" or around < 0:
        return path
    own: str = ranges.paths[ranges.node[around]]
    if len(outer):
        return own + path[len(captured.paths[captured.node[outer[-1]]]) :]
    return own + SEPARATOR + path


def _as_entered(ranges: Ranges, grafts: Grafts, node: SmallInts, count: int) -> tuple[Ints, Ints]:
    """The nodes in the order of their first interval, as captured at equal times; and its depth."""
    nesting = grafts.nesting
    start = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(start, node, nesting.start)
    old = len(ranges.paths)
    depth = np.zeros(count, np.int64)
    depth[:old] = ranges.depth
    before = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(before, node[grafts.moved], ranges.nesting.start)
    new = before > start
    place = np.full(count, len(grafts.added))
    np.minimum.at(place, node[grafts.added], np.arange(len(grafts.added)))
    depth[new] = nesting.depth[grafts.added[place[new]]]
    rank = np.where(new, place, np.arange(count))
    return np.lexsort((rank, new, start)), depth
