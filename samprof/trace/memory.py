"""What the allocators did inside each range.

Columns of `memory_table`:
    path                the qualified name, as in the layer table; `(outside)` last
    depth, calls        ranges around it when it was first entered; how often it was entered
    memory_peak_bytes   most allocated on any one device while inside, as in the layer table
    allocations         of the events that no range inside it owns: how many allocated,
    allocated_bytes     what they allocated,
    freed_bytes         and what they released
    kept_bytes          of one call: allocated at its end and not yet at its start, what outlives it
    peak_bytes          most allocated while inside; of `(outside)`, right after its own events
    rise_bytes          of that call: its peak over what was allocated when it was entered
    workspace_bytes     of that call: the rise without what is kept, needed for a while only
    weights_bytes       of the module's parameters and buffers, those inside included; 0 where samprof
                        did not record them. They are there before a recording begins.
    holds_peak          whether it is the innermost row inside which the peak of the whole occurs
    device              the one that all this is of, memory_peak_bytes aside; -1 for the host

The call is the one that rises most, of equal ones the first: what every single call needs is what a
device must have, and their sum would be nothing that was ever allocated. `kept_bytes`, `peak_bytes`
and `rise_bytes` follow the device's total, so another thread's allocations during a call are in them;
`allocated_bytes` and `freed_bytes` go by the thread, and over all rows their difference is the change
of the total. `(outside)` has no calls, hence no rise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from samprof.errors import TraceError
from samprof.trace.events import Ints, MemoryEvents
from samprof.trace.owners import OUTSIDE, OUTSIDE_NAME
from samprof.trace.ranges import By, Ranges

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace.trace import Trace


def memory_table(trace: Trace, by: By, device: int | None = None) -> pd.DataFrame:
    """One row an owner of allocations, ordered as first entered, `(outside)` last.

    Args:
        trace: a trace with allocator events.
        by: which ranges own.
        device: which device, -1 for the host; by default the busiest, which is the one with the most
            allocated at once. The host counts only where no device has events.

    Returns:
        The columns that the module's text lists. Levels count from the start of the recording on the
        host, from the start of the process on a device.

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
            "calls": np.bincount(ranges.node, minlength=nodes + 1),
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


def _weights(trace: Trace, ranges: Ranges) -> Ints:
    known = trace.recorded.get("weights")
    if ranges.by != "samprof" or not isinstance(known, dict):
        known = {}
    return np.array([*(known.get(path, 0) for path in ranges.paths), 0], np.int64)


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


@dataclass(frozen=True, slots=True)
class Levels:
    """What is allocated on one device as time goes by.

    Attributes:
        device: which; -1 for the host.
        rows: its events, in the order of time.
        ts: their times.
        level: `[events + 1]`, what is allocated after so many of them.
    """

    device: int
    rows: Ints
    ts: Ints
    level: Ints

    @classmethod
    def of(cls, events: MemoryEvents, device: int) -> Levels:
        """The levels of one device that has events."""
        mine = np.flatnonzero(events.device == device)
        mine = mine[np.argsort(events.ts[mine], kind="stable")]
        total = events.total[mine]
        level = np.concatenate([total[:1] - events.size[mine[:1]], total])
        return cls(device, mine, events.ts[mine], level)

    @property
    def highest(self) -> int:
        """After how many events the most is allocated, the first time."""
        return int(np.argmax(self.level))

    def inside(self, ranges: Ranges) -> tuple[Ints, Ints, Ints]:
        """For each interval of the ranges the level at its start, the highest, and at its end."""
        first = np.searchsorted(self.ts, ranges.nesting.start, side="left")
        last = np.searchsorted(self.ts, ranges.nesting.end, side="left")
        # The entry behind the levels only bounds the reduction.
        bounds = np.stack([first, last + 1], axis=1).ravel()
        level = np.append(self.level, 0)
        highest = np.maximum.reduceat(level, bounds)[::2] if len(bounds) else level[:0]
        return self.level[first], highest, self.level[last]


def levels_of(events: MemoryEvents, device: int | None = None) -> Levels:
    """The levels of one device, by default the busiest; see `memory_table`.

    Raises:
        TraceError: there are no events, or none of this device.
    """
    if not len(events):
        remedy = "record with memory=True (torch.profiler: profile_memory=True)"
        raise TraceError("memory", "the trace", "it holds no allocator events", remedy)
    if device is None:
        found = [Levels.of(events, number) for number in _devices(events)]
        return max(found, key=lambda levels: int(levels.level.max()))
    present = np.unique(events.device).tolist()
    if device not in present:
        remedy = f"there are {', '.join(map(str, present))} (-1 is the host)"
        raise TraceError("memory", f"device {device}", "it has no allocator events", remedy)
    return Levels.of(events, device)


def peak_inside(events: MemoryEvents, ranges: Ranges) -> Ints:
    """For each node the most bytes allocated on one device at any time inside its ranges."""
    peak = np.zeros(len(ranges.paths), np.int64)
    for device in _devices(events):
        _, highest, _ = Levels.of(events, device).inside(ranges)
        np.maximum.at(peak, ranges.node, highest)
    return peak


def _devices(events: MemoryEvents) -> list[int]:
    """The devices that have events; the host only where there is no other."""
    on_device = events.device >= 0
    found: list[int] = np.unique(
        events.device[on_device] if on_device.any() else events.device
    ).tolist()
    return found


def _calls(levels: Levels, ranges: Ranges) -> tuple[Ints, Ints, Ints]:
    """For each node the highest level inside; rise, and what is kept, of the call that rises most."""
    entry, highest, end = levels.inside(ranges)
    peak = np.full(len(ranges.paths), np.iinfo(np.int64).min)
    np.maximum.at(peak, ranges.node, highest)
    rise = highest - entry
    order = np.lexsort((ranges.nesting.start, -rise, ranges.node))
    _, place = np.unique(ranges.node[order], return_index=True)
    call = order[place]
    return peak, rise[call], (end - entry)[call]
