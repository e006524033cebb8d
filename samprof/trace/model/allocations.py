"""What is allocated on a device as time goes by, from the events of its allocator."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from samprof.errors import TraceError
from samprof.trace.model.events import Ints, MemoryEvents
from samprof.trace.model.ranges import Ranges


def rebase_host_totals(events: MemoryEvents) -> MemoryEvents:
    """The events with the host's totals counted from the first of them.

    The profiler's host total carries on from one recording to the next and misses what is freed in
    between; a device's total is its allocator's own and stays as it is.
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
    """The bytes allocated on one device over time.

    Attributes:
        device: its index; -1 for the host.
        rows: its events, in order of time.
        ts: their times.
        level: `[events + 1]`, the bytes allocated before the first event and after each.
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
        """The number of events after which the most is allocated; the first of equal ones."""
        return int(np.argmax(self.level))

    def inside(self, ranges: Ranges) -> tuple[Ints, Ints, Ints]:
        """For each range the level at its start, the highest inside it, and the level at its end."""
        first = np.searchsorted(self.ts, ranges.nesting.start, side="left")
        last = np.searchsorted(self.ts, ranges.nesting.end, side="left")
        return self.level[first], _highest(self.level, first, last), self.level[last]


def _highest(level: Ints, first: Ints, last: Ints) -> Ints:
    """The highest level from each first to each last: of two spans of 2, 4, 8, ... that cover it."""
    result, count, width = np.empty_like(first), last - first + 1, 1
    while True:
        ready = (count >= width) & (count < 2 * width)
        result[ready] = np.maximum(level[first[ready]], level[last[ready] - width + 1])
        if not (count >= 2 * width).any():
            return result
        level = np.maximum(level[:-width], level[width:])
        width *= 2


def levels_of(events: MemoryEvents, device: int | None = None) -> Levels:
    """The levels of one device, by default the one with the most allocated at once.

    The host counts only if no device has events.

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
    peak, telling = np.zeros(len(ranges.paths), np.int64), ranges.telling
    for device in _devices(events):
        _, highest, _ = Levels.of(events, device).inside(ranges)
        np.maximum.at(peak, ranges.node[telling], highest[telling])
    return peak


def _devices(events: MemoryEvents) -> list[int]:
    """The devices that have events; the host only where there is no other."""
    on_device = events.device >= 0
    found: list[int] = np.unique(
        events.device[on_device] if on_device.any() else events.device
    ).tolist()
    return found
