"""What the ops of a trace cost: FLOPs and bytes of each op, and of each layer.

Of nested ops the outermost that has a formula counts: the ops it calls are how it computes. Of an op
without a formula, what it calls counts instead, if something of that computes. Where nothing does (it
calls no op, or only such as reserve, view, copy and fill), and where it launches device activity
itself, it is counted as unknown: its FLOPs are unknown, not zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from samprof.trace.flops.registry import (
    FILLING_OPS,
    FREE_OPS,
    MOVING_OPS,
    NATIVE_LIBRARIES,
    cost_of,
)
from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints, Mask
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.outwards import nearest
from samprof.trace.model.owners import owners_of_ops
from samprof.trace.model.ranges import By, Ranges
from samprof.trace.model.sums import inclusive

_CPP_KERNEL = re.compile(r"graph_\d+_cpp_")
"""How Inductor's kernels on the CPU are called."""


@dataclass(frozen=True, slots=True)
class OpCosts:
    """The cost of each op, in the order of `Launches.ops`; 0 for an op that does not count.

    Columns:
        counts: whether its formula counts.
        unknown: whether it computes and has no formula.
        flops, matrix_flops, bytes: see `samprof.trace.flops.registry.OpCost`.
    """

    counts: Mask
    unknown: Mask
    flops: Ints
    matrix_flops: Ints
    bytes: Ints


def op_costs(trace: TraceData) -> OpCosts | None:
    """The costs of the trace's ops, computed once; None if no shapes were recorded."""
    return trace.derived("op_costs", lambda: _count(trace))


def _count(trace: TraceData) -> OpCosts | None:
    events, ops = trace.events, trace.launches().ops
    given = events.inputs[ops.rows].astype(np.int64)
    if not trace.inputs or not (given >= 0).any():
        return None
    name = events.name[ops.rows].astype(np.int64)
    width = len(trace.inputs) + 1
    pairs, which = np.unique(name * width + given + 1, return_inverse=True)
    found = [
        cost_of(trace.names[code // width], trace.inputs[code % width - 1])
        if code % width
        else None
        for code in pairs.tolist()
    ]
    known = np.array([one is not None for one in found], bool)[which]
    covered = _below(ops, known)
    covered |= _captured(trace, ops)
    counts = known & ~covered
    numbers = np.array(
        [(one.flops, one.matrix_flops, one.bytes) if one else (0, 0, 0) for one in found], np.int64
    ).reshape(-1, 3)[which]
    numbers[~counts] = 0
    unknown = ~known & ~covered & _computing(trace, name, known)
    return OpCosts(counts, unknown, *numbers.T)


def _computing(trace: TraceData, name: Ints, known: Mask) -> Mask:
    """Which ops compute by themselves, as far as their names and the ops inside them tell.

    Args:
        trace: a trace.
        name: of each op, an index into the trace's names.
        known: ops whose cost is known.
    """
    ops = trace.launches().ops

    def named(test: Callable[[str], bool]) -> Mask:
        return np.array([test(text) for text in trace.names], bool)[name]

    itself = _launching(trace) & ~named(FREE_OPS.__contains__)
    itself |= named(lambda text: text.startswith(NATIVE_LIBRARIES) or bool(_CPP_KERNEL.match(text)))
    works = known & ~named(FILLING_OPS.__contains__)
    may_compute = named(_may_compute) & ~known
    moves = named(MOVING_OPS.__contains__) & ~_leaves(ops)
    inside = np.zeros(len(ops.rows), bool)  # whether anything inside it computes
    for level in range(int(ops.depth.max(initial=0)), -1, -1):
        here = ops.depth == level
        itself[here] |= may_compute[here] & ~inside[here] & ~moves[here]
        computes = np.flatnonzero(here & (itself | inside | works) & (ops.parent >= 0))
        inside[ops.parent[computes]] = True
    return itself


def cost_columns(trace: TraceData, ranges: Ranges, outer: Mask, by: By) -> dict[str, Ints]:
    """Columns of the layer table: flops, matrix_flops, bytes and ops_without_formula, all inclusive."""
    found = op_costs(trace)
    if found is None:
        return {}
    place = np.flatnonzero(found.counts | found.unknown)
    interval = owners_of_ops(
        trace.events, trace.threads, trace.launches().ops, place, trace.ranges(by)
    )
    interval = _replayed(trace, ranges, place, interval)
    held = interval >= 0
    place, interval = place[held], interval[held]
    columns = {}
    for name, values in (
        ("flops", found.flops),
        ("matrix_flops", found.matrix_flops),
        ("bytes", found.bytes),
        ("ops_without_formula", found.unknown.astype(np.int64)),
    ):
        columns[name] = inclusive(ranges, outer, interval, values[place])
    return columns


def _replayed(trace: TraceData, ranges: Ranges, place: Ints, interval: Ints) -> Ints:
    """The ranges that own these ops, where a graph replays them those that it replays as well."""
    grafts, among = trace.launches().grafts, ranges.grafts
    if grafts is None or among is None:
        return interval
    ops, nesting = trace.captured_ops(), trace.captured_ranges(ranges.by).nesting
    added = np.full(len(grafts.nesting.rows), -1, np.int64)
    added[grafts.added] = np.arange(len(grafts.added))
    number = added[place]
    those = np.flatnonzero(number >= 0)
    op = grafts.captured[number[those]]
    around = nesting.innermost(ops.thread[op], ops.start[op])
    result = interval.copy()
    result[those] = among.find(grafts.launch[number[those]], around, nesting.parent)
    return result


def _captured(trace: TraceData, ops: Nesting) -> Mask:
    """Which ops were captured into a graph: they computed nothing then, but wherever it was launched."""
    result = np.zeros(len(ops.rows), bool)
    for one in trace.captures():
        result |= (ops.thread == one.thread) & (one.start <= ops.start) & (ops.start < one.end)
    grafts = trace.launches().grafts
    if grafts is not None:
        result[grafts.added] = False
    return result


def _below(ops: Nesting, known: Mask) -> Mask:
    """Which ops are inside one of the known."""
    around = np.append(nearest(ops.parent, known), np.int32(-1))
    result: Mask = around[ops.parent] >= 0
    return result


def _launching(trace: TraceData) -> Mask:
    """Which ops launch device activities themselves, not through an op inside them."""
    launches = trace.launches()
    launching = np.zeros(len(launches.ops.rows), bool)
    launching[launches.op[launches.op >= 0]] = True
    return launching


def _leaves(ops: Nesting) -> Mask:
    leaves = np.ones(len(ops.rows), bool)
    leaves[ops.parent[ops.parent >= 0]] = False
    return leaves


def _may_compute(name: str) -> bool:
    """Whether an op of this name that calls no other may compute or move anything."""
    return "::" in name and name not in FREE_OPS and not name.startswith("autograd::")
