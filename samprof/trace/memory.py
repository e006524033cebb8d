"""What the allocators did inside each range."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from samprof.errors import TraceError
from samprof.trace.events import Ints, MemoryEvents
from samprof.trace.owners import OUTSIDE, OUTSIDE_NAME
from samprof.trace.ranges import By, Ranges

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace.trace import Trace


def memory_table(trace: Trace, by: By) -> pd.DataFrame:
    """One row an owner of allocations, ordered as first entered, `(outside)` last.

    Returns:
        Columns path, memory_peak_bytes (most allocated on one device while inside), and of the
        allocator events that no range inside owns: allocations, allocated_bytes, freed_bytes.
        Levels count from the start of the recording on the host, from the start of the process on
        a device.

    Raises:
        TraceError: the trace holds no allocator events.
    """
    import pandas as pd

    if not len(trace.allocations):
        remedy = "record with memory=True (torch.profiler: profile_memory=True)"
        raise TraceError("memory", "the trace", "it holds no allocator events", remedy)
    ranges, events = trace.ranges(by), trace.allocations
    interval = ranges.nesting.innermost(events.thread, events.ts)
    nodes = len(ranges.paths)
    node = np.where(interval >= 0, ranges.node[interval], nodes) if nodes else interval - OUTSIDE
    allocated, freed, count = (np.zeros(nodes + 1, np.int64) for _ in range(3))
    np.add.at(allocated, node, np.maximum(events.size, 0))
    np.add.at(freed, node, np.maximum(-events.size, 0))
    np.add.at(count, node, events.size > 0)
    return pd.DataFrame(
        {
            "path": np.array([*ranges.paths, OUTSIDE_NAME], dtype=object),
            "memory_peak_bytes": [*peak_inside(events, ranges), 0],
            "allocations": count,
            "allocated_bytes": allocated,
            "freed_bytes": freed,
        }
    )


def from_the_start(events: MemoryEvents) -> MemoryEvents:
    """The events with the host's totals counted from the first of them.

    The profiler's host total goes on from recording to recording, and never hears of what is freed in
    between; a device's total is that of its allocator, and stays as it is.
    """
    host = np.flatnonzero(events.device < 0)
    if not len(host):
        return events
    first = host[np.argmin(events.ts[host])]
    total = events.total.copy()
    total[host] -= events.total[first] - events.size[first]
    return replace(events, total=total)


def peak_inside(events: MemoryEvents, ranges: Ranges) -> Ints:
    """For each node the most bytes allocated on one device at any time inside its ranges."""
    peak = np.zeros(len(ranges.paths), np.int64)
    on_device = events.device >= 0
    for device in np.unique(events.device[on_device] if on_device.any() else events.device):
        mine = np.flatnonzero(events.device == device)
        mine = mine[np.argsort(events.ts[mine], kind="stable")]
        ts, total = events.ts[mine], events.total[mine]
        # level[k] holds after k events; the last entry only bounds the reduction.
        level = np.concatenate([[total[0] - events.size[mine[0]]], total, [0]])
        first = np.searchsorted(ts, ranges.nesting.start, side="left")
        last = np.searchsorted(ts, ranges.nesting.end, side="left")
        bounds = np.stack([first, last + 1], axis=1).ravel()
        if len(bounds):
            np.maximum.at(peak, ranges.node, np.maximum.reduceat(level, bounds)[::2])
    return peak
