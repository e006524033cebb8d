"""The memory table: what the allocators did inside each range.

Columns of `memory_table`:
    path                the qualified name, as in the layer table; `(outside)` last
    depth, calls        number of ranges around it when it was first entered; how often it was entered
    memory_peak_bytes   most allocated on any one device while inside it, as in the layer table
    allocations         number of allocations that no range inside it owns
    allocated_bytes     what those allocated
    freed_bytes         what was released and no range inside it owns
    kept_bytes          of one call: what it allocated that outlives it (allocated at its end minus at
                        its start)
    peak_bytes          most allocated while inside it; of `(outside)`, right after its own events
    rise_bytes          of that call: its peak minus what was allocated when it was entered
    workspace_bytes     of that call: the rise minus kept_bytes, needed only temporarily
    weights_bytes       of the module's parameters and buffers, those inside included; 0 if samprof
                        did not record them. They exist before a recording begins.
    holds_peak          whether it is the innermost row inside which the overall peak occurs
    device              the device of all columns but memory_peak_bytes; -1 for the host

"That call" is the one with the largest rise, the first of equal ones: a device must have what each
single call needs, and the sum over calls was never allocated at once. `kept_bytes`, `peak_bytes` and
`rise_bytes` follow the device's total, so they include another thread's allocations during the call;
`allocated_bytes` and `freed_bytes` go by thread, and over all rows their difference is the change of
the total. `(outside)` has no calls, hence no rise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samprof.trace.model.allocations import Levels, levels_of, peak_inside
from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints
from samprof.trace.model.names import OUTSIDE_NAME
from samprof.trace.model.owners import OUTSIDE
from samprof.trace.model.ranges import By, Ranges

if TYPE_CHECKING:
    import pandas as pd


def memory_table(trace: TraceData, by: By, device: int | None = None) -> pd.DataFrame:
    """One row per owner of allocations, ordered as first entered, `(outside)` last.

    Args:
        trace: a trace with allocator events.
        by: the ranges that own.
        device: its index, -1 for the host; by default the device with the most allocated at once.
            The host counts only if no device has events.

    Returns:
        The columns that the module's docstring lists. Levels count from the start of the recording on
        the host, from the start of the process on a device.

    Raises:
        TraceError: the trace holds no allocator events, or none of this device.
    """
    import pandas as pd

    ranges, levels = trace.ranges(by), levels_of(trace.allocations, device)
    nodes = len(ranges.paths)
    events = trace.allocations.take(levels.rows)
    interval = ranges.nesting.innermost(events.thread, events.ts)
    node = np.where(interval >= 0, ranges.node[interval], nodes) if nodes else interval - OUTSIDE
    allocated, freed, count = (np.zeros(nodes + 1, np.int64) for _ in range(3))
    np.add.at(allocated, node, np.maximum(events.size, 0))
    np.add.at(freed, node, np.maximum(-events.size, 0))
    np.add.at(count, node, events.size > 0)
    outside = int(levels.level[1:][node == nodes].max(initial=0))
    peak, rise, kept = _calls(levels, ranges)
    holder = int(node[levels.highest - 1]) if levels.highest else nodes
    return pd.DataFrame(
        {
            "path": np.array([*ranges.paths, OUTSIDE_NAME], dtype=object),
            "depth": np.append(ranges.depth, 0),
            "calls": np.append(ranges.calls(), 0),
            "memory_peak_bytes": np.append(peak_inside(trace.allocations, ranges), 0),
            "allocations": count,
            "allocated_bytes": allocated,
            "freed_bytes": freed,
            "kept_bytes": np.append(kept, 0),
            "peak_bytes": np.append(peak, outside),
            "rise_bytes": np.append(rise, 0),
            "workspace_bytes": np.append(rise - kept, 0),
            "weights_bytes": _weights(trace, ranges),
            "holds_peak": np.arange(nodes + 1) == holder,
            "device": np.full(nodes + 1, levels.device, np.int64),
        }
    )


def _weights(trace: TraceData, ranges: Ranges) -> Ints:
    known = trace.recorded.get("weights")
    if ranges.by != "samprof" or not isinstance(known, dict):
        known = {}
    return np.array([*(known.get(path, 0) for path in ranges.paths), 0], np.int64)


def _calls(levels: Levels, ranges: Ranges) -> tuple[Ints, Ints, Ints]:
    """For each node the highest level inside; rise and kept bytes of its call that rises most."""
    entry, highest, end = levels.inside(ranges)
    peak, telling = np.full(len(ranges.paths), np.iinfo(np.int64).min), ranges.telling
    np.maximum.at(peak, ranges.node[telling], highest[telling])
    rise = highest - entry
    order = np.lexsort((ranges.nesting.start, -rise, ~telling, ranges.node))
    _, place = np.unique(ranges.node[order], return_index=True)
    call = order[place]
    return peak, rise[call], (end - entry)[call]
