"""What ran when, in one step: ranges of the host by depth, activities of the device by stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samprof.trace.components import (
    OTHER,
    component_of_ranges,
    labels_of_activities,
    step_windows,
    waits_of,
)
from samprof.trace.ranges import By
from samprof.trace.window import within

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace.trace import Trace

HOST, DEVICE, WAIT = "host", "device", "wait"


def lanes_table(trace: Trace, by: By = "auto", step: int | None = None) -> pd.DataFrame:
    """One row a bar of a timeline: a range, a wait for the device, or a device activity.

    Args:
        trace: a trace with ranges.
        by: which ranges.
        step: which marked step; by default the last.

    Returns:
        Columns lane (host, wait, device), row (depth of a range; number of the stream, counted over
        the devices), name, component, start_ns (from the beginning of the step), dur_ns.
    """
    import pandas as pd

    windows = {
        number: (start, end, thread) for number, start, end, thread in step_windows(trace, by)
    }
    columns = ["lane", "row", "name", "component", "start_ns", "dur_ns"]
    if not windows:
        return pd.DataFrame(columns=columns)
    start, end, thread = windows[max(windows) if step is None else step]
    part = within(trace, start, end)
    ranges = part.ranges(by)
    names, component = component_of_ranges(part, ranges)
    labels = np.array([*names, OTHER], dtype=object)  # -1, no component, is the last
    nesting = ranges.nesting
    mine = np.flatnonzero(nesting.thread == thread)
    host = pd.DataFrame(
        {
            "lane": HOST,
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
            "lane": WAIT,
            "row": 0,
            "name": "synchronisation",
            "component": OTHER,
            "start_ns": waits.start - start,
            "dur_ns": waits.end - waits.start,
        }
    )
    device = _device(part, labels_of_activities(part, by, component, names), start)
    return pd.concat([host, waiting, device], ignore_index=True)


def _device(trace: Trace, labels: np.ndarray, start: int) -> pd.DataFrame:
    import pandas as pd

    events, activity = trace.events, trace.launches().activity
    streams = np.stack([events.device[activity], events.stream[activity]])
    _, stream = np.unique(streams, axis=1, return_inverse=True)
    return pd.DataFrame(
        {
            "lane": DEVICE,
            "row": stream.ravel(),
            "name": np.array(trace.names, dtype=object)[events.name[activity]],
            "component": labels,
            "start_ns": events.ts[activity] - start,
            "dur_ns": events.dur[activity],
        }
    )
