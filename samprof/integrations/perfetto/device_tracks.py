"""Modules and blocks as slices over their own kernels, on tracks where slices nest.

The rule:
    slice   A call of a range has one slice on each stream where kernels (copies and fills included) are
            launched inside it: from the start of the first to the end of the last. Kernels are a call's
            own if it owns them or a range inside it does, by rules R1 to R5 of
            `samprof.trace.model.owners`. Its backward kernels make a slice of their own.
    track   A track holds the slices of one device, one stream and one host thread. One thread's kernels
            run on one stream in the order in which they are launched, and ranges nest on their thread,
            so the slices nest too: children inside their parent, siblings one after the other.
    spare   Where that does not hold (kernels of one stream that overlap, ranges that cross), the slice
            that begins later goes to a spare track below. A slice is never drawn inside a slice that is
            not its parent: on every track it stands inside its parent, or alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from samprof.integrations.perfetto.call_spans import CallSpans, call_spans
from samprof.trace import Trace
from samprof.trace.model.ranges import SEPARATOR, By, Ranges
from samprof.trace.tables.layer_info import role_columns


@dataclass(frozen=True, slots=True)
class Slice:
    """One call of a range on one stream.

    Attributes:
        name: the range's name inside the slice around it; its whole path where it stands alone.
        path: the range's row in the layer table.
        start_ns, end_ns: from the start of the first of its kernels to the end of the last.
        kernels, kernel_ns: how many, and their summed durations.
        phase: forward or backward.
        type, role: of the module, where samprof recorded them; else empty.
    """

    name: str
    path: str
    start_ns: int
    end_ns: int
    kernels: int
    kernel_ns: int
    phase: str
    type: str
    role: str


@dataclass(frozen=True, slots=True)
class Track:
    """Slices that nest.

    Attributes:
        device, stream: where the kernels ran; -1 where the file does not say.
        thread: process and thread id of the host thread.
        spare: 0, or the number of the spare track.
        slices: in the order of their start, a parent before its children.
    """

    device: int
    stream: int
    thread: tuple[str, str]
    spare: int
    slices: tuple[Slice, ...]


def device_tracks(trace: Trace, by: By = "auto") -> list[Track]:
    """The tracks of a trace by device, stream and thread; none where no range owns a kernel.

    Args:
        trace: the steps to show.
        by: which ranges.
    """
    ranges, spans = trace.ranges(by), call_spans(trace, by)
    columns = role_columns(trace, ranges)
    thread = ranges.nesting.thread[spans.interval]
    groups: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    order = np.lexsort((spans.interval, -spans.end, spans.start))
    for row in order.tolist():
        groups[int(spans.device[row]), int(spans.stream[row]), int(thread[row])].append(row)
    tracks = []
    for (device, stream, host), rows in sorted(groups.items()):
        for spare, placed in enumerate(_placed(rows, spans, ranges)):
            slices = tuple(
                Slice(
                    name=_name(spans, ranges, row, around),
                    path=ranges.paths[ranges.node[spans.interval[row]]],
                    start_ns=int(spans.start[row]),
                    end_ns=int(spans.end[row]),
                    kernels=int(spans.kernels[row]),
                    kernel_ns=int(spans.kernel_ns[row]),
                    phase="backward" if spans.backward[row] else "forward",
                    **{
                        key: str(columns[key][ranges.node[spans.interval[row]]]) if columns else ""
                        for key in ("type", "role")
                    },
                )
                for row, around in placed
            )
            tracks.append(Track(device, stream, trace.threads[host], spare, slices))
    return tracks


def _placed(
    rows: list[int], spans: CallSpans, ranges: Ranges
) -> list[list[tuple[int, int | None]]]:
    """The rows on tracks, the usual one and spares: each with the row around it, its parent, or None.

    Args:
        rows: of one device, stream and thread, by start, longest first, outer range first.
        spans: the table that the rows are of.
        ranges: the parent of each call.
    """
    row_of = {(int(spans.interval[row]), int(spans.backward[row])): row for row in rows}
    tracks: list[list[tuple[int, int | None]]] = []
    open_: list[list[int]] = []
    home: dict[int, int] = {}
    for row in rows:
        above = int(ranges.nesting.parent[spans.interval[row]])
        parent = row_of[above, int(spans.backward[row])] if above >= 0 else None
        for stack in open_:
            while stack and stack[-1] != parent and spans.end[stack[-1]] <= spans.start[row]:
                stack.pop()
        places = list(range(len(tracks)))
        if parent is not None:
            places.insert(0, home[parent])
        fitting = (place for place in places if not open_[place] or open_[place][-1] == parent)
        place = next(fitting, len(tracks))
        if place == len(tracks):
            tracks.append([])
            open_.append([])
        tracks[place].append((row, open_[place][-1] if open_[place] else None))
        open_[place].append(row)
        home[row] = place
    return tracks


def _name(spans: CallSpans, ranges: Ranges, row: int, around: int | None) -> str:
    path = str(ranges.paths[ranges.node[spans.interval[row]]])
    if around is None:
        return f"{path} (backward)" if spans.backward[row] else path
    outer = ranges.paths[ranges.node[spans.interval[around]]]
    for separator in (".", SEPARATOR):
        if path.startswith(outer + separator):
            return path.removeprefix(outer + separator)
    return path
