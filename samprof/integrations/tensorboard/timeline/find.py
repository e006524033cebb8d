"""Slices of a timeline by name and by time: search, and sums over a window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from samprof.integrations.tensorboard.timeline.tracks import Timeline
from samprof.trace.model.events import Ints, SmallInts
from samprof.trace.model.sums import grouped_sum, union_by_group


@dataclass(frozen=True, slots=True)
class Found:
    """The slices whose names hold a text.

    Attributes:
        parts: the slices, by start, then outermost first.
        names: the names, as numbers.
        total_ns: their summed durations; of slices inside each other, both count.
    """

    parts: Ints
    names: Ints
    total_ns: int


@dataclass(frozen=True, slots=True)
class NameSum:
    """The slices of one name in a window of one track.

    Attributes:
        name: number of the name.
        count: how many begin, end or last in the window.
        total_ns: their time inside the window; of slices inside each other, both count.
        self_ns: the same without that of the slices inside them.
    """

    name: int
    count: int
    total_ns: int
    self_ns: int


@dataclass(frozen=True, slots=True)
class TrackSum:
    """What happens on one track in a window.

    Attributes:
        track: its number.
        busy_ns: the part of the window that its slices cover.
        count: how many slices there are.
        names: sums by name, the longest total first.
    """

    track: int
    busy_ns: int
    count: int
    names: tuple[NameSum, ...]


def search(timeline: Timeline, text: str) -> Found:
    """The slices whose names hold the text, in any capitals; none for an empty text."""
    wanted = text.casefold()
    hit = np.array([bool(wanted) and wanted in name.casefold() for name in timeline.names], bool)
    parts = np.flatnonzero(hit[timeline.name]) if len(timeline) else np.zeros(0, np.int64)
    parts = parts[np.argsort(timeline.start[parts], kind="stable")]
    total = int((timeline.end[parts] - timeline.start[parts]).sum())
    return Found(parts, np.flatnonzero(hit), total)


def sums_in(timeline: Timeline, tracks: Iterable[int], begin: int, end: int) -> list[TrackSum]:
    """What happens on these tracks between two times; tracks with nothing there are left out."""
    found = (_track_sum(timeline, track, begin, end) for track in tracks)
    return [one for one in found if one.count]


def _track_sum(timeline: Timeline, track: int, begin: int, end: int) -> TrackSum:
    rows = timeline.tracks[track].levels
    parts = np.concatenate([_touched(timeline, row, begin, end) for row in rows])
    inside = np.minimum(timeline.end[parts], end) - np.maximum(timeline.start[parts], begin)
    own = inside.copy()
    # A slice may end after the one that it began in: only what lies inside of that is taken off.
    held = np.flatnonzero(timeline.parent[parts] >= 0)
    outer = timeline.parent[parts[held]]
    place = np.searchsorted(parts, outer)
    shared = np.minimum(timeline.end[parts[held]], np.minimum(timeline.end[outer], end))
    shared = np.maximum(shared - np.maximum(timeline.start[parts[held]], begin), 0)
    known = (place < len(parts)) & (parts[np.minimum(place, len(parts) - 1)] == outer)
    np.subtract.at(own, place[known], shared[known])
    one = np.zeros(len(parts), np.int32)
    starts, ends = timeline.start[parts], timeline.end[parts]
    busy = union_by_group(one, np.maximum(starts, begin), np.minimum(ends, end), 1)
    names = _by_name(timeline.name[parts], inside, own)
    return TrackSum(track, int(busy[0]), len(parts), names)


def _touched(timeline: Timeline, row: int, begin: int, end: int) -> Ints:
    """The slices of a row that have any time in the window, or none at all but stand in it."""
    first, last = timeline.bounds[row : row + 2].tolist()
    low = int(np.searchsorted(timeline.end[first:last], begin, side="right"))
    high = int(np.searchsorted(timeline.start[first:last], end, side="left"))
    return np.arange(first + low, first + max(high, low))


def _by_name(name: SmallInts, inside: Ints, own: Ints) -> tuple[NameSum, ...]:
    kinds, group = np.unique(name, return_inverse=True)
    count = np.bincount(group, minlength=len(kinds))
    total, alone = (grouped_sum(len(kinds), group, values) for values in (inside, own))
    order = np.lexsort((kinds, -total))
    return tuple(
        NameSum(int(kinds[one]), int(count[one]), int(total[one]), int(alone[one]))
        for one in order.tolist()
    )
