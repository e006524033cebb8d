"""What is said of compiled regions: whether they are split by layer, and what stays where they run."""

from __future__ import annotations

from collections import Counter

import numpy as np

from samprof.trace.model.compiled_regions import Regions
from samprof.trace.model.data import TraceData
from samprof.trace.model.event_nesting import nest
from samprof.trace.model.events import Ints, Kind
from samprof.trace.model.ranges import Ranges

_COMPILED_OPS = ("Torch-Compiled Region", "## Call CompiledFxGraph", "CompiledFunction")
NOT_SPLIT = "compiled region, not split"


def compiled_notes(trace: TraceData, ranges: Ranges) -> dict[int, list[str]]:
    """Node -> notes on the compiled regions that run directly in it."""
    regions = ranges.regions
    if regions is None:
        return {node: [NOT_SPLIT] for node in _nodes_around_compiled(trace, ranges)}
    node_of = {path: node for node, path in enumerate(ranges.paths)}
    notes: dict[int, list[str]] = {node_of[path]: [] for path in dict.fromkeys(regions.owner)}
    for path, share in _shares_left(trace, regions).items():
        notes[node_of[path]].append(
            f"compiled region, split by what its kernels were made from: {share:.1%} stays here"
        )
    for path, reasons in regions.why.items():
        notes[node_of[path]] += [_not_split(reason, count) for reason, count in reasons.items()]
    for node in _nodes_around_compiled(trace, ranges) - notes.keys():
        notes[node] = [NOT_SPLIT]
    return notes


def _not_split(reason: str, count: int) -> str:
    text = f"{NOT_SPLIT}: {reason}"
    return text if count == 1 else f"{text} ({count} calls)"


def _nodes_around_compiled(trace: TraceData, ranges: Ranges) -> set[int]:
    """The nodes whose ranges are the innermost around something compiled, by whatever compiler."""
    if ranges.by == "op":
        return set()
    events = trace.events
    codes = [code for code, name in enumerate(trace.names) if name.startswith(_COMPILED_OPS)]
    kinds = [Kind.OP, Kind.ANNOTATION]
    rows = np.flatnonzero(np.isin(events.name, codes) & np.isin(events.kind, kinds))
    interval = ranges.nesting.innermost(events.thread[rows], events.ts[rows])
    return set(np.unique(ranges.node[interval[interval >= 0]]).tolist())


def _shares_left(trace: TraceData, regions: Regions) -> dict[str, float]:
    """Path -> the part of the time of its split regions that no layer inside has."""
    whole, split = (
        _device_times(trace, regions) if trace.has_device_time else _host_times(trace, regions)
    )
    sums: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    for place in np.flatnonzero(regions.is_split).tolist():
        sums[regions.owner[place]] += int(whole[place])
        inside[regions.owner[place]] += int(split[place])
    return {path: 1 - inside[path] / time if time else 0.0 for path, time in sums.items()}


def _host_times(trace: TraceData, regions: Regions) -> tuple[Ints, Ints]:
    """The time of each call of a graph, and that of its kernels that are split."""
    events = trace.events
    return events.dur[regions.call], _summed(trace, regions, np.unique(regions.row), events.dur)


def _device_times(trace: TraceData, regions: Regions) -> tuple[Ints, Ints]:
    """The same of the device activities launched in them."""
    events, launches = trace.events, trace.launches()
    launched = np.flatnonzero(launches.launch >= 0)
    time = np.zeros(len(events), np.int64)
    np.add.at(time, launches.launch[launched], events.dur[launches.activity[launched]])
    rows = np.flatnonzero(time)
    kernels = np.unique(regions.row)
    split = _covering(trace, kernels, rows) >= 0
    return _summed(trace, regions, rows, time), _summed(trace, regions, rows[split], time)


def _summed(trace: TraceData, regions: Regions, rows: Ints, time: Ints) -> Ints:
    """The time of the rows that are inside of each call."""
    result = np.zeros(len(regions.call), np.int64)
    place = _covering(trace, regions.call, rows)
    np.add.at(result, place[place >= 0], time[rows[place >= 0]])
    return result


def _covering(trace: TraceData, outer: Ints, rows: Ints) -> Ints:
    """For each row the place in `outer`, which ascends, of the innermost that holds it; -1 for none."""
    events = trace.events
    nesting = nest(events, trace.names, outer)
    place = np.append(np.searchsorted(outer, nesting.rows), -1)  # the last is that of none
    result: Ints = place[nesting.innermost(events.thread[rows], events.ts[rows])]
    return result
