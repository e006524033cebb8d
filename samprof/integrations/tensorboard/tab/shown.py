"""What the tab asks of a trace, as plain data: its tracks, the bars of a window, search, sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from samprof.errors import UsageError
from samprof.integrations.tensorboard.tab.opened import Opened
from samprof.integrations.tensorboard.timeline.describe import described
from samprof.integrations.tensorboard.timeline.find import search, sums_in
from samprof.integrations.tensorboard.timeline.tracks import Timeline
from samprof.integrations.tensorboard.timeline.window import bars_in
from samprof.printable import printable
from samprof.units import time_text

_LONGEST_LABEL = 160
_MOST_SUMS = 40


def tracks_data(opened: Opened) -> dict[str, Any]:
    """The tracks of a trace, its marked steps and its notes; times from the first slice."""
    trace, timeline = opened
    return {
        "span": timeline.span_ns,
        "slices": len(timeline),
        "tracks": [
            {"title": printable(track.title), "kind": track.kind, "levels": list(track.levels)}
            for track in timeline.tracks
        ],
        "steps": [
            [number, start - timeline.origin_ns, end - timeline.origin_ns]
            for number, start, end in trace.steps()
        ],
        "notes": list(map(printable, trace.notes)),
    }


def window_data(
    timeline: Timeline, rows: Iterable[int], begin: int, end: int, width: int
) -> dict[str, Any]:
    """The bars of some rows in a window, and the labels on them; see `bars_in`."""
    found, names = [], set()
    for row in rows:
        bars = bars_in(timeline, row, begin, end, width)
        name = timeline.name[bars.part]
        names |= set(np.unique(name).tolist())
        found.append(
            {
                "row": row,
                "part": bars.part.tolist(),
                "start": bars.start.tolist(),
                "end": bars.end.tolist(),
                "count": bars.count.tolist(),
                "filled": bars.filled.tolist(),
                "name": name.tolist(),
            }
        )
    return {"rows": found, "names": _labels(timeline, names)}


def search_data(timeline: Timeline, text: str, place: int) -> dict[str, Any]:
    """How many slices have a name that holds the text, their time, and one of them.

    Args:
        timeline: of the trace.
        text: what to look for.
        place: which of them is shown, by start; counted round and round.
    """
    found = search(timeline, text)
    count = len(found.parts)
    return {
        "count": count,
        "total": time_text(found.total_ns) if count else "",
        "names": found.names.tolist(),
        "place": place % count if count else 0,
        "hit": _place_of(timeline, int(found.parts[place % count])) if count else None,
    }


def slice_data(opened: Opened, part: int) -> dict[str, Any]:
    """What is known of a slice, and where it is.

    Raises:
        UsageError: there is no such slice.
    """
    if not 0 <= part < len(opened.timeline):
        raise UsageError("tensorboard", f"slice {part}", "no such slice", "load the page again")
    facts = described(*opened, part)
    return {
        "facts": [[title, printable(text)] for title, text in facts.items()],
        **_place_of(opened.timeline, part),
    }


def sums_data(timeline: Timeline, tracks: Sequence[int], begin: int, end: int) -> dict[str, Any]:
    """What happens on some tracks in a window, by name: the longest first."""
    return {
        "length": time_text(end - begin),
        "tracks": [
            {
                "title": printable(timeline.tracks[one.track].title),
                "busy": time_text(one.busy_ns),
                "share": f"{one.busy_ns / max(end - begin, 1):.1%}",
                "count": one.count,
                "more": max(len(one.names) - _MOST_SUMS, 0),
                "names": [
                    [
                        _shortened(timeline.label(name.name)),
                        str(name.count),
                        time_text(name.total_ns),
                        time_text(name.self_ns),
                    ]
                    for name in one.names[:_MOST_SUMS]
                ],
            }
            for one in sums_in(timeline, tracks, begin, end)
        ],
    }


def _place_of(timeline: Timeline, part: int) -> dict[str, int]:
    return {
        "part": part,
        "row": timeline.row_of(part),
        "start": int(timeline.start[part]),
        "end": int(timeline.end[part]),
    }


def _labels(timeline: Timeline, names: Iterable[int]) -> dict[int, str]:
    return {name: _shortened(timeline.label(name)) for name in names}


def _shortened(label: str) -> str:
    """A kernel's name may be a page long; all of it is in what is known of a slice."""
    cut = label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"
    return printable(cut)
