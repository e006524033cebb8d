"""What is known of graph launches, in words: what was split, and why not."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints, Mask
from samprof.trace.model.ranges import By

FROM_CAPTURE = "from the capture"
FROM_ANNOTATIONS = "from torch's graph annotations"


def activity_notes(trace: TraceData, by: By) -> np.ndarray:
    """The note on each device activity, in the order of `Launches.activity`; empty for most."""
    launches = trace.launches()
    notes = np.full(len(launches.activity), "", dtype=object)
    for one in trace.graphs():
        notes[one.activities] = f"not split: {one.reason}" if one.capture is None else FROM_CAPTURE
    notes[_annotated(trace, by)] = FROM_ANNOTATIONS
    return notes


def owner_notes(trace: TraceData, by: By) -> dict[int, list[str]]:
    """Notes by owner (index of its node, or `OUTSIDE`) on launches of several activities, in order."""
    kind = trace.ranges(by).by
    return trace.derived(("owner notes", kind), lambda: _owner_notes(trace, by))


def _owner_notes(trace: TraceData, by: By) -> dict[int, list[str]]:
    notes: dict[int, list[str]] = defaultdict(list)
    launches, owner = trace.launches(), owner_nodes(trace, by)
    reasons = {one.launch: one.reason for one in trace.graphs()}
    annotated = _annotated(trace, by)
    whole = np.flatnonzero((launches.captured < 0) & ~annotated & (launches.launch >= 0))
    launch, first, count = np.unique(launches.launch[whole], return_index=True, return_counts=True)
    several = np.flatnonzero((count > 1) | np.isin(launch, list(reasons)))
    several = several[np.lexsort((count[several], trace.events.ts[launch[several]]))]
    for which in several.tolist():
        row = int(launch[which])
        name = trace.names[trace.events.name[row]]
        what = "graph launch" if "graph" in name.lower() else name
        reason = f": {reasons[row]}" if row in reasons else ""
        note = f"{what}: {_activities(int(count[which]))}, not split{reason}"
        notes[int(owner[whole[first[which]]])].append(note)
    for replayed, source in (
        (np.flatnonzero(launches.captured >= 0), FROM_CAPTURE),
        (np.flatnonzero(annotated), FROM_ANNOTATIONS),
    ):
        for node in np.unique(owner[replayed]).tolist():
            mine = launches.launch[replayed[owner[replayed] == node]]
            times = len(np.unique(mine))
            whose = "a graph launch" if times == 1 else f"{times} graph launches"
            notes[node].append(f"{_activities(len(mine))} of {whose}, {source}")
    return notes


def _annotated(trace: TraceData, by: By) -> Mask:
    """The device activities whose owner torch's annotations tell."""
    launches, grafts = trace.launches(), trace.ranges(by).grafts
    if grafts is None:
        return np.zeros(len(launches.captured), bool)
    rows = launches.activity
    told = (trace.events.inputs[rows] >= 0) & (launches.captured < 0)
    found: Mask = told & (grafts.owner >= 0)
    return found


def owner_nodes(trace: TraceData, by: By) -> Ints:
    """The node of each device activity's owner, or OUTSIDE, or NO_LAUNCH."""
    interval = trace.owners(by).interval
    node = trace.ranges(by).node
    held = interval >= 0
    result = interval.copy()
    result[held] = node[interval[held]]
    return result


def _activities(count: int) -> str:
    return "1 activity" if count == 1 else f"{count} activities"
