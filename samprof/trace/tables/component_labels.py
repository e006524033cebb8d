"""The component that each range and each device activity belongs to."""

from __future__ import annotations

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Kind, SmallInts
from samprof.trace.model.names import NO_LAUNCH_NAME, told_apart
from samprof.trace.model.outwards import nearest
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

    A range belongs to the component of its own role, else to that of the range around it. A module that
    is in none and has none inside is a component of its own, under its path: what is not known is not
    mixed with the host's work. Without any known component, the outermost ranges and those directly
    below are components.
    """
    known = trace.recorded.get("components")
    own_names = [""] * len(ranges.paths)
    if ranges.by == "samprof" and isinstance(known, dict) and known:
        own_names = [known.get(role, "") for role in _roles(trace, ranges.paths)]
    if any(own_names):
        own_names = _with_unknown(trace, ranges, own_names)
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
    around = nearest(ranges.nesting.parent, component >= 0)
    return names, np.where(around >= 0, component[around], np.int32(-1)) if len(own) else component


def _with_unknown(trace: TraceData, ranges: Ranges, own_names: list[str]) -> list[str]:
    """The names, and the path of each outermost module that no component is around or inside of."""
    nesting, node = ranges.nesting, ranges.node
    own = np.array([bool(name) for name in own_names])
    named = own[node]
    inside = nesting.add_up(named.astype(np.int64)) > 0
    holds = np.zeros(len(own_names), bool)
    holds[node[inside]] = True
    modules = trace.recorded.get("modules", {})
    is_module = np.array([path in modules for path in ranges.paths], bool)
    may_be = (is_module & ~holds)[node]
    covered = np.zeros(len(node), bool)
    for level in range(1, int(nesting.depth.max(initial=0)) + 1):
        below = np.flatnonzero(nesting.depth == level)
        above = nesting.parent[below]
        covered[below] = covered[above] | named[above] | may_be[above]
    names = list(own_names)
    for place in np.unique(node[may_be & ~covered]).tolist():
        names[place] = ranges.paths[place]
    return names


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
