"""The timeline of one step: what ran when, ranges on the host and activities on the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.ranges import By
from samprof.trace.model.slicing import slice_time
from samprof.trace.tables.component_labels import (
    OTHER,
    component_of_ranges,
    labels_of_activities,
)
from samprof.trace.tables.step_windows import step_windows, waits_of

if TYPE_CHECKING:
    import pandas as pd

HOST, DEVICE, WAIT = "host", "device", "wait"


def timeline_table(trace: TraceData, by: By = "auto", step: int | None = None) -> pd.DataFrame:
    """One row per slice: a range, a wait for the device, or a device activity.

    Args:
        trace: a trace with ranges.
        by: the ranges to show.
        step: the number of a marked step; by default the last.

    Returns:
        Columns track (host, wait, device), row (depth of a range; number of a stream, counted over
        all devices), name, component, start_ns (from the beginning of the step), dur_ns.
    """
    import pandas as pd

    windows = {
        number: (start, end, thread) for number, start, end, thread in step_windows(trace, by)
    }
    columns = ["track", "row", "name", "component", "start_ns", "dur_ns"]
    if not windows:
        return pd.DataFrame(columns=columns)
    start, end, thread = windows[max(windows) if step is None else step]
    part = slice_time(trace, start, end)
    ranges = part.ranges(by)
    names, component = component_of_ranges(part, ranges)
    labels = np.array([*names, OTHER], dtype=object)  # -1, no component, is the last
    nesting = ranges.nesting
    mine = np.flatnonzero((nesting.thread == thread) & ranges.took_place)
    host = pd.DataFrame(
        {
            "track": HOST,
            "row": nesting.depth[mine],
            "name": np.array(ranges.paths, dtype=object)[ranges.node[mine]],
            "component": labels[component[mine]],
            "start_ns": nesting.start[mine] - start,
            "dur_ns": nesting.end[mine] - nesting.start[mine],
        }
    )
    waits = waits_of(part, thread, end)
    waiting = pd.DataFrame(
        {
            "track": WAIT,
            "row": 0,
            "name": "synchronisation",
            "component": OTHER,
            "start_ns": waits.start - start,
            "dur_ns": waits.end - waits.start,
        }
    )
    device = _device(part, labels_of_activities(part, by, component, names), start)
    return pd.concat([host, waiting, device], ignore_index=True)


def _device(trace: TraceData, labels: np.ndarray, start: int) -> pd.DataFrame:
    import pandas as pd

    events, activity = trace.events, trace.launches().activity
    streams = np.stack([events.device[activity], events.stream[activity]])
    _, stream = np.unique(streams, axis=1, return_inverse=True)
    return pd.DataFrame(
        {
            "track": DEVICE,
            "row": stream.ravel(),
            "name": np.array(trace.names, dtype=object)[events.name[activity]],
            "component": labels,
            "start_ns": events.ts[activity] - start,
            "dur_ns": events.dur[activity],
        }
    )
