"""The component that each range and each device activity belongs to."""

from __future__ import annotations

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Kind, SmallInts
from samprof.trace.model.names import NO_LAUNCH_NAME, told_apart
from samprof.trace.model.owners import NO_LAUNCH
from samprof.trace.model.ranges import By, Ranges

OTHER = "other host work"
TRANSFERS = "transfers"
WAITS = "synchronisation waits"
IDLE = "device idle"
_ROWS = (OTHER, TRANSFERS, WAITS, IDLE, NO_LAUNCH_NAME)
_DEEPEST_WITHOUT_ROLES = 1


def component_of_ranges(trace: TraceData, ranges: Ranges) -> tuple[list[str], SmallInts]:
    """Names of components, and for each range the index of its component; -1 for none.

    A range belongs to the component of its own role, else to that of the range around it. Without
    recorded components, the outermost ranges and those directly below are components.
    """
    known = trace.recorded.get("components")
    if ranges.by == "samprof" and isinstance(known, dict) and known:
        own_names = [known.get(role, "") for role in _roles(trace, ranges.paths)]
    else:
        shallow = ranges.depth <= _DEEPEST_WITHOUT_ROLES
        own_names = [
            path if is_shown else "" for path, is_shown in zip(ranges.paths, shallow, strict=True)
        ]
    own_names = [told_apart(name, _ROWS) for name in own_names]
    names = list(dict.fromkeys(name for name in own_names if name))
    place = {name: code for code, name in enumerate(names)}
    own = np.array([place.get(name, -1) for name in own_names], np.int32)
    component = own[ranges.node] if len(own) else np.zeros(0, np.int32)
    nesting = ranges.nesting
    for level in range(1, int(nesting.depth.max(initial=0)) + 1):
        inherits = np.flatnonzero((nesting.depth == level) & (component < 0))
        component[inherits] = component[nesting.parent[inherits]]
    return names, component


def _roles(trace: TraceData, paths: tuple[str, ...]) -> list[str]:
    modules, functions = trace.recorded.get("modules", {}), trace.recorded.get("functions", {})
    return [
        modules[path][1] if path in modules else functions.get(path.rpartition(".")[2], "")
        for path in paths
    ]


def labels_of_activities(
    trace: TraceData, by: By, component: SmallInts, names: list[str]
) -> np.ndarray:
    """The component row of each device activity, in the order of `Launches.activity`.

    Args:
        trace: the trace.
        by: the ranges that own.
        component: the component of each range, from `component_of_ranges`.
        names: the names of components, from the same.
    """
    interval, activity = trace.owners(by).interval, trace.launches().activity
    held = np.where(interval >= 0, component[np.maximum(interval, 0)] if len(component) else -1, -1)
    labels = np.array([*names, OTHER, TRANSFERS, NO_LAUNCH_NAME], dtype=object)
    label = np.where(held >= 0, held, len(names))
    label[interval == NO_LAUNCH] = len(names) + 2
    label[trace.events.kind[activity] == Kind.MEMCPY] = len(names) + 1
    return labels[label]
