"""Which calls make a sample: those of one size in one process, whatever traces hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from samprof.sweeps.gather.calls import Call, Calls, Kind
from samprof.sweeps.gather.sizes import sizes_of
from samprof.sweeps.gather.sources import Source
from samprof.trace import Trace
from samprof.trace.model.events import DEVICE_KINDS

_FEWEST_WITH_FIRST = 2
"""Up to so many calls of a size in a trace count the first one, too: it is often slower."""
_MOST = 20
"""Of more calls, the last ones are taken."""
_WORTH_TELLING = 0.05


@dataclass
class Pool:
    """Calls of one size in one process.

    Attributes:
        size: of the root's input.
        process: its number, in the order of the traces.
        source: the last trace that holds such calls.
        all_calls: the calls that count.
        notes: how they were read.
    """

    size: int
    process: int
    source: Source
    all_calls: list[Call] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)

    @property
    def calls(self) -> Sequence[Call]:
        """Those that are looked at."""
        return self.all_calls[-_MOST:]


def pools_of(sources: Sequence[Source], found: Sequence[Calls], kind: Kind) -> list[Pool]:
    """The calls of all traces, by process and size.

    Args:
        sources: the traces.
        found: the calls of each.
        kind: the ranges that own time.

    Raises:
        UsageError: the size of a call cannot be told, or two that tell it disagree.
    """
    numbers: dict[str, int] = {}
    pools: dict[tuple[int, int], Pool] = {}
    for source, calls in zip(sources, found, strict=True):
        number = numbers.setdefault(process_of(source.trace), len(numbers))
        by_size: dict[int, list[Call]] = {}
        notes = dict.fromkeys(_notes(source, calls, kind))
        for call, (size, told_by) in zip(calls.calls, sizes_of(source, calls), strict=True):
            by_size.setdefault(size, []).append(call)
            notes[f"size by {told_by}"] = None
        for size, same in by_size.items():
            pool = pools.setdefault((number, size), Pool(size, number, source))
            if pool.all_calls:
                notes["traces of one process count as its calls"] = None
            pool.source = source
            pool.all_calls += same[1:] if len(same) > _FEWEST_WITH_FIRST else same
            pool.notes |= notes
    return list(pools.values())


def process_of(trace: Trace) -> str:
    """What tells the process that a trace is of: what samprof kept, else its id."""
    machine = trace.recorded.get("machine")
    kept = machine.get("process") if isinstance(machine, dict) else None
    if isinstance(kept, str):
        return kept
    events = trace.events
    on_host = events.thread[~np.isin(events.kind, DEVICE_KINDS)]
    if not len(on_host):
        return ""
    return f"pid {trace.threads[int(np.bincount(on_host).argmax())][0]}"


def _notes(source: Source, calls: Calls, kind: Kind) -> list[str]:
    """How the trace was read."""
    notes = []
    if calls.outside > _WORTH_TELLING:
        share = f"{calls.outside:.0%} of the time in {source.name}"
        notes.append(f"{share} is outside of {calls.root} and not counted")
    if kind == "op":
        notes.append("by ops, since not all traces hold ranges of layers")
        if not source.trace.steps():
            notes.append(
                "a whole trace counts as one forward, since nothing marks where one begins"
            )
    return notes
