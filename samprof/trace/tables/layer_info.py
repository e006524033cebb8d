"""Columns of the layer table that are no numbers: type and role, phase, note."""

from __future__ import annotations

from typing import Any

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.provenance import FUSED, Shared
from samprof.trace.model.ranges import By, Ranges
from samprof.trace.model.sums import grouped_sum
from samprof.trace.tables.compiled_notes import compiled_notes
from samprof.trace.tables.graph_notes import owner_notes


def role_columns(trace: TraceData, ranges: Ranges) -> dict[str, Any]:
    """Type and role of each path, if samprof recorded them."""
    modules = trace.recorded.get("modules")
    if ranges.by != "samprof" or not isinstance(modules, dict):
        return {}
    sets = ranges.regions.sets if ranges.regions is not None else {}
    known = [
        _shared_entry(modules, sets[path])
        if path in sets
        else modules.get(path) or _function_entry(trace, path)
        for path in ranges.paths
    ]
    return {
        "type": np.array([entry[0] for entry in known], dtype=object),
        "role": np.array([entry[1] for entry in known], dtype=object),
    }


def _shared_entry(modules: dict[str, Any], shared: Shared) -> list[str]:
    """Type and role of a row of several layers: the role that all have, else that of what is around."""
    roles = {modules[layer][1] for layer in shared.layers if layer in modules}
    return [FUSED, roles.pop() if len(roles) == 1 else modules.get(shared.around, ["", ""])[1]]


def _function_entry(trace: TraceData, path: str) -> list[str]:
    """Type and role of a function or op inside a module: its own role, else the module's."""
    outer, _, name = path.rpartition(".")
    if not name.endswith("()"):
        return ["", ""]
    functions, modules = trace.recorded.get("functions", {}), trace.recorded.get("modules", {})
    around = modules.get(outer) or (_function_entry(trace, outer) if outer else ["", ""])
    return ["function", functions.get(name) or around[1]]


def phase_column(trace: TraceData, ranges: Ranges, by: By) -> Any:
    """How each row's device activities were reached, or its host time if there are none."""
    owners = trace.owners(by)
    nesting, nodes = ranges.nesting, len(ranges.paths)
    if trace.has_device_time:
        reached = []
        for backward in (False, True):
            some = (owners.interval >= 0) & (owners.backward == backward)
            ones = np.ones(int(some.sum()), np.int64)
            reached.append(grouped_sum(len(ranges.node), owners.interval[some], ones))
    else:
        led = trace.backward_time(by).by_interval(len(ranges.node))
        reached = [nesting.innermost_time(), led]
    forward, backward_too = (
        grouped_sum(nodes, ranges.node, nesting.add_up(count)) > 0 for count in reached
    )
    phase = np.where(backward_too, np.where(forward, "both", "backward"), "forward")
    return phase.astype(object)


def note_column(trace: TraceData, ranges: Ranges, by: By) -> Any:
    """What the numbers of a row cannot show: graph launches (R5), compiled regions, remarks."""
    notes: list[list[str]] = [[] for _ in ranges.paths]
    for node, found in owner_notes(trace, by).items():
        if node >= 0:
            notes[node] += found
    folded = ranges.node[ranges.nesting.depth >= ranges.rows_to]
    for node, count in zip(*np.unique(folded, return_counts=True), strict=True):
        notes[node].append(f"with {count} ranges inside that nest too deep for rows of their own")
    for node, found in compiled_notes(trace, ranges).items():
        notes[node] += found
    remarks = trace.recorded.get("remarks")
    if ranges.by == "samprof" and isinstance(remarks, dict):
        for node, path in enumerate(ranges.paths):
            if isinstance(remarks.get(path), str):
                notes[node].append(remarks[path])
    return np.array([joined(found) for found in notes], dtype=object)


def joined(notes: list[str]) -> str:
    """Notes as one, equal ones counted."""
    return "; ".join(
        note if notes.count(note) == 1 else f"{notes.count(note)} times {note}"
        for note in dict.fromkeys(notes)
    )
