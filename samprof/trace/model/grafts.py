"""Intervals that a graph replays: those of its capture, repeated where the graph is launched.

They take no time on the host: each begins and ends when the launch begins, inside the interval around
the launch, and nests as it did in the capture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from samprof.trace.model.captures import Capture
from samprof.trace.model.events import Events, Integers, Ints, Mask, SmallInts
from samprof.trace.model.graphs import GraphLaunch
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.outwards import behind, depths, wider_of

Dropped = Callable[[int, Ints], int]
"""How many of the intervals around a capture are around its launch as well; given the interval around
the launch (-1 for none) and those around the capture, from the outermost in."""


@dataclass(frozen=True, slots=True)
class Template:
    """The intervals of one capture that hold any of its launches, outer ones first.

    Attributes:
        interval: index in the nesting of the captured intervals.
        parent: place in this template, -1 for none.
        around: how many of them began before the capture; they hold all the others.
        launch: for each captured launch, the place of the innermost interval around it; -1 for none.
        backward: for which of them that is around the forward that the launch leads back to.
    """

    interval: Ints
    parent: Ints
    around: int
    launch: Ints
    backward: Mask


def templates_of(
    events: Events, captured: Nesting, launches: Sequence[GraphLaunch]
) -> list[Template]:
    """The template of the capture of each graph launch that is split.

    Args:
        events: of the trace.
        captured: the intervals that were entered during captures, and those around them.
        launches: graph launches, all split.
    """
    known: dict[int, Template] = {}
    for one in launches:
        if one.capture is not None and one.capture.start not in known:
            known[one.capture.start] = _template_of(events, captured, one.capture)
    return [known[one.capture.start] for one in launches if one.capture is not None]


def _template_of(events: Events, captured: Nesting, capture: Capture) -> Template:
    inner, backward = capture.around(events, captured)
    used = np.zeros(len(captured.rows), bool)
    current = np.unique(inner[inner >= 0])
    while len(current):
        used[current] = True
        current = np.unique(captured.parent[current])
        current = current[current >= 0]
        current = current[~used[current]]
    interval = np.flatnonzero(used)
    place = np.full(len(used) + 1, -1, np.int64)  # the last entry stands for none
    place[interval] = np.arange(len(interval))
    parent = place[captured.parent[interval]]
    around = 0
    for number, one in enumerate(interval.tolist()):
        if captured.start[one] >= capture.start or parent[number] != number - 1:
            break
        around += 1
    return Template(interval, parent, around, place[inner], backward)


@dataclass(frozen=True, slots=True)
class Grafts:
    """A nesting with the intervals of captures where their graphs are launched.

    Attributes:
        nesting: all intervals.
        moved: for each interval that was there before, its index now.
        added: index of each of the others, outer ones first, launch by launch.
        captured: for each of the others, its index among the captured intervals.
        launch: for each of the others, the number of its launch.
        around: for each launch, the interval around it, as an index before; -1 for none.
        skipped: for each launch, how many intervals around its capture were left out.
        owner: for each device activity of a split graph the innermost interval, now, around the launch
            that was captured; -1 where there is none, and for all other activities.
        backward: which of those activities are a backward's, owned by the interval around its forward.
    """

    nesting: Nesting
    moved: Ints
    added: Ints
    captured: Ints
    launch: Ints
    around: Ints
    skipped: Ints
    owner: Ints
    backward: Mask

    def find(self, launch: Ints, interval: Integers, parent: SmallInts) -> Ints:
        """The index now of captured intervals in what some launches replay.

        Args:
            launch: numbers of launches.
            interval: for each a captured interval, -1 for none.
            parent: of all captured intervals.

        Returns:
            The index of the interval, else of the nearest around it, else of the one around the launch;
            -1 for none.
        """
        width = len(parent) + 1
        keys = self.launch * width + self.captured
        current = interval.astype(np.int64)
        result = np.append(self.moved, -1)[self.around[launch]]
        open_ = np.flatnonzero(current >= 0)
        while len(open_) and len(keys):
            wanted = launch[open_] * width + current[open_]
            place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            found = keys[place] == wanted
            result[open_[found]] = self.added[place[found]]
            open_ = open_[~found]
            current[open_] = parent[current[open_]]
            open_ = open_[current[open_] >= 0]
        return result


def graft(
    events: Events,
    base: Nesting,
    launches: Sequence[GraphLaunch],
    templates: Sequence[Template],
    captured: Nesting,
    dropped: Dropped,
    activities: int,
) -> Grafts:
    """The nesting with what each split graph launch replays.

    Args:
        events: of the trace.
        base: the nesting.
        launches: graph launches that are split, in order of time.
        templates: of the capture of each.
        captured: the intervals that the templates are made of.
        dropped: see `Dropped`.
        activities: how many device activities the trace has.
    """
    row = np.array([one.launch for one in launches], np.int64)
    around = base.innermost(events.thread[row], events.ts[row]).astype(np.int64)
    skips = [
        dropped(place, template.interval[: template.around])
        for place, template in zip(around.tolist(), templates, strict=True)
    ]
    kept = [one.interval[skip:] for one, skip in zip(templates, skips, strict=True)]
    counts = np.array([len(one) for one in kept])
    begun = np.cumsum(counts) - counts
    old, count = len(base.rows), int(counts.sum())
    number = np.repeat(np.arange(len(launches)), counts)
    # All in order: what is added comes before the interval that had its place.
    place = np.concatenate([2 * np.arange(old) + 1, 2 * _places(events, base, row)[number]])
    order = np.argsort(place, kind="stable")
    now = np.empty(old + count, np.int64)
    now[order] = np.arange(old + count)
    moved, added = now[:old], now[old:]
    none = np.append(moved, -1)
    parent = np.empty(old + count, np.int64)
    parent[moved] = none[base.parent]
    owner, backward = np.full(activities, -1, np.int64), np.zeros(activities, bool)
    for launch, template, skip, first, outer in zip(
        launches, templates, skips, begun.tolist(), none[around].tolist(), strict=True
    ):
        # The last entry stands for the interval around the launch.
        own = np.append(added[first : first + len(template.interval) - skip], outer)
        parent[own[:-1]] = own[np.maximum(template.parent[skip:] - skip, -1)]
        owner[launch.activities] = own[np.maximum(template.launch - skip, -1)]
        backward[launch.activities] = template.backward
    interval = np.concatenate(kept)
    time, thread = events.ts[row][number], events.thread[row][number]

    def merged(before: Integers, new: Integers) -> Any:
        return np.concatenate([before, new])[order]

    threads = merged(base.thread, thread)
    ends = merged(base.end, time)
    nested = parent.astype(np.int32)
    nesting = Nesting(
        merged(base.rows, captured.rows[interval]),
        threads,
        merged(base.start, time),
        ends,
        wider_of(threads, ends),
        nested,
        depths(nested),
        behind(nested),
    )
    return Grafts(nesting, moved, added, interval, number, around, np.array(skips), owner, backward)


def _places(events: Events, base: Nesting, row: Ints) -> Ints:
    """For each of these events the index behind all intervals of its thread that began by then."""
    thread, time = events.thread[row], events.ts[row]
    result = np.searchsorted(base.thread, thread)
    for one in np.unique(thread).tolist():
        mine = thread == one
        first, end = np.searchsorted(base.thread, one), np.searchsorted(base.thread, one, "right")
        result[mine] += np.searchsorted(base.start[first:end], time[mine], side="right")
    return result
