"""A trace as tracks: host threads, streams of the devices, and modules on both.

The rule:
    host     ops, annotations and calls of the runtime of one thread.
    modules  the ranges that own time (`Trace.ranges`), where they are samprof's or modules of Python
             stacks, on the thread that entered them.
    layers   the same on the device: each call from its first kernel on a stream to its last.
    device   kernels, copies and fills of one stream.
Slices stand on levels: one that starts inside another stands below it, so that no two slices of a level
overlap, whatever crosses in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from samprof.integrations.perfetto.call_spans import call_spans
from samprof.report.timeline_bars import last_part
from samprof.trace import Trace
from samprof.trace.model.events import DEVICE_KINDS, Integers, Ints, Kind, SmallInts
from samprof.trace.model.names import decoded
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.ranges import SEPARATOR, Ranges, choose

TrackKind = Literal["modules", "host", "layers", "device"]
NO_EVENT = -1


@dataclass(frozen=True, slots=True)
class Track:
    """Slices of one place on levels.

    Attributes:
        title: what it is called.
        kind: what its slices are.
        levels: row numbers of the timeline, the outermost level first.
    """

    title: str
    kind: TrackKind
    levels: range


@dataclass(frozen=True, slots=True)
class Timeline:
    """The slices of a trace by track, level and start; times in nanoseconds from its first slice.

    Attributes:
        tracks: in the order in which they are shown.
        bounds: `[rows + 1]`; the slices of row r are those from bounds[r] up to bounds[r + 1].
        start, end: `[slices]`; in a row, both ascend.
        name: `[slices]`, index into `names`.
        event: `[slices]`, row of the trace's events; -1 for a call on a device, which has none.
        parent: `[slices]`, the slice that it stands inside of; -1 if none.
        names: what slices are called: names of events, then paths of ranges.
        first_path: where in `names` the paths begin.
        origin_ns: the start of the first slice in the trace's own time.
    """

    tracks: tuple[Track, ...]
    bounds: Ints
    start: Ints
    end: Ints
    name: SmallInts
    event: SmallInts
    parent: SmallInts
    names: tuple[str, ...]
    first_path: int
    origin_ns: int

    def __len__(self) -> int:
        return len(self.start)

    @property
    def span_ns(self) -> int:
        """From the start of the first slice to the end of the last."""
        return int(self.end.max(initial=0))

    def track_of(self, row: int) -> int:
        """The number of the track that a row belongs to."""
        return next(place for place, track in enumerate(self.tracks) if row in track.levels)

    def row_of(self, part: int) -> int:
        """The row that a slice is in."""
        return int(np.searchsorted(self.bounds, part, side="right")) - 1

    def label(self, name: int) -> str:
        """What is written on slices of a name: of a path its last part."""
        full = self.names[name]
        return last_part(full.rpartition(SEPARATOR)[2]) if name >= self.first_path else full


class _Group(NamedTuple):
    """The slices of one track."""

    title: str
    kind: TrackKind
    start: Ints
    dur: Ints
    name: Integers
    event: Integers


def timeline_of(trace: Trace) -> Timeline:
    """The tracks of a trace, without those that hold nothing."""
    # Ops, by which a trace without ranges is attributed, are on their thread already.
    ranges = None if choose(trace.events, "auto") == "op" else trace.ranges()
    names = (*map(decoded, trace.names), *(ranges.paths if ranges else ()))
    groups = [g for g in (*_host(trace, ranges), *_device(trace, ranges)) if len(g.start)]
    if not groups:
        none, small = np.zeros(0, np.int64), np.zeros(0, np.int32)
        bounds = np.zeros(1, np.int64)
        return Timeline((), bounds, none, none, small, small, small, names, len(trace.names), 0)
    track = np.repeat(np.arange(len(groups), dtype=np.int32), [len(g.start) for g in groups])
    start, dur = (np.concatenate([g[column] for g in groups]) for column in (2, 3))
    name, event = (
        np.concatenate([g[column] for g in groups]).astype(np.int32) for column in (4, 5)
    )
    nested = Nesting.of(track, start, dur, _outer_first(trace, event))
    depths = int(nested.depth.max()) + 1
    level = nested.thread.astype(np.int64) * depths + nested.depth
    order = np.argsort(level, kind="stable")
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    parent = nested.parent[order]
    used, bounds = np.unique(level[order], return_index=True)
    origin = int(start.min())
    return Timeline(
        tracks=_tracks(groups, used // depths),
        bounds=np.append(bounds, len(order)),
        start=nested.start[order] - origin,
        end=nested.end[order] - origin,
        name=name[nested.rows[order]],
        event=event[nested.rows[order]],
        parent=np.where(parent >= 0, place[parent], -1).astype(np.int32),
        names=names,
        first_path=len(trace.names),
        origin_ns=origin,
    )


def _outer_first(trace: Trace, event: SmallInts) -> SmallInts:
    """Which of two slices with the same times is the outer one: annotations are entered by hand."""
    place = np.zeros(max(Kind) + 1, np.int32)
    place[[Kind.OP, Kind.RUNTIME]] = 1, 2
    return np.where(event >= 0, place[trace.events.kind[event]], 0).astype(np.int32)


def _tracks(groups: list[_Group], track_of_row: Ints) -> tuple[Track, ...]:
    tracks = []
    for number, group in enumerate(groups):
        first, last = np.searchsorted(track_of_row, [number, number + 1]).tolist()
        tracks.append(Track(group.title, group.kind, range(first, last)))
    return tuple(tracks)


def _host(trace: Trace, ranges: Ranges | None) -> list[_Group]:
    """Modules and host events of each thread, the thread that began first on top."""
    events = trace.events
    own = ranges if ranges is not None and ranges.by in ("samprof", "module") else None
    kinds = [Kind.OP, Kind.ANNOTATION, Kind.RUNTIME]
    rows = events.of(*kinds, *([] if own is not None and own.by == "module" else [Kind.MODULE]))
    thread = events.thread[rows]
    first = _firsts(thread, events.ts[rows])
    if own is not None:
        for one, begin in _firsts(own.nesting.thread, own.nesting.start).items():
            first[one] = min(first.get(one, begin), begin)
    groups = []
    for one in sorted(first, key=lambda key: (first[key], key)):
        title = _thread_title(trace, one, first)
        if own is not None:
            entered = np.flatnonzero((own.nesting.thread == one) & own.took_place)
            start, end = own.nesting.start[entered], own.nesting.end[entered]
            name, event = own.node[entered] + len(trace.names), own.nesting.rows[entered]
            groups.append(_Group(f"modules, {title}", "modules", start, end - start, name, event))
        mine = rows[thread == one]
        columns = (events.ts[mine], events.dur[mine], events.name[mine], mine)
        groups.append(_Group(title, "host", *columns))
    return groups


def _firsts(thread: SmallInts, start: Ints) -> dict[int, int]:
    """Thread -> the start of its first event."""
    return {one: int(start[thread == one].min()) for one in np.unique(thread).tolist()}


def _thread_title(trace: Trace, thread: int, shown: dict[int, int]) -> str:
    process, number = (decoded(text) for text in trace.threads[thread])
    several = len({trace.threads[other][0] for other in shown}) > 1
    return f"thread {number}" + (f" of process {process}" if several else "")


def _device(trace: Trace, ranges: Ranges | None) -> list[_Group]:
    """Layers and kernels of each stream."""
    if not trace.has_device_time:
        return []
    events = trace.events
    rows = events.of(*DEVICE_KINDS)
    place = _places(events.device[rows], events.stream[rows])
    groups = []
    spans = None if ranges is None else call_spans(trace, "auto")
    of_span = None if spans is None else _places(spans.device, spans.stream)
    for device, stream in sorted({*zip(*_of_places(np.unique(place)), strict=True)}):
        own = int(_places(np.array([device]), np.array([stream]))[0])
        title = f"GPU {device}" if device >= 0 else "device"
        title += f", stream {stream}" if stream >= 0 else ""
        if ranges is not None and spans is not None:
            calls = np.flatnonzero(of_span == own)
            start, end = spans.start[calls], spans.end[calls]
            name = ranges.node[spans.interval[calls]] + len(trace.names)
            event = np.full(len(calls), NO_EVENT)
            groups.append(_Group(f"layers on {title}", "layers", start, end - start, name, event))
        mine = rows[place == own]
        columns = (events.ts[mine], events.dur[mine], events.name[mine], mine)
        groups.append(_Group(title, "device", *columns))
    return groups


def _places(device: Integers, stream: Integers) -> Ints:
    """Device and stream as one number."""
    return (device.astype(np.int64) << 32) + stream.astype(np.int64)


def _of_places(place: Ints) -> tuple[list[int], list[int]]:
    device = (place + (1 << 31)) >> 32
    return device.tolist(), (place - (device << 32)).tolist()
