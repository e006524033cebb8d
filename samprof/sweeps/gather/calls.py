"""The calls of the root in a trace, each with the part of the trace that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from samprof.errors import UsageError
from samprof.sweeps.gather.call_sizes import told_sizes
from samprof.trace import Trace
from samprof.trace.model.events import DEVICE_KINDS, HELD_KINDS
from samprof.trace.model.events import Kind as EventKind
from samprof.trace.model.names import step_number
from samprof.trace.model.ranges import By, Ranges, check_by, kinds_in
from samprof.trace.model.slicing import slice_time

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["samprof", "module", "annotation", "op"]
_BACKWARD = ("backward", "both")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the root.

    Attributes:
        trace: the part of the trace that began in it.
        span: its start and end on the host.
        wall_ns: from its start to its end, or to that of its last device activity.
        size: of the root's input, as the trace tells it; 0 where it does not.
        told_by: what tells the size.
    """

    trace: Trace
    span: tuple[int, int]
    wall_ns: int
    size: int
    told_by: str


@dataclass(frozen=True, slots=True)
class Calls:
    """All calls of one trace.

    Attributes:
        root: the path of the root; empty where ops own the time, which have none.
        calls: in the order of time.
        outside: the share of the trace's time that the root does not hold.
    """

    root: str
    calls: tuple[Call, ...]
    outside: float = 0.0


def kind_for(traces: list[Trace], by: By) -> Kind:
    """The ranges that own time in all of these traces: the first kind that each of them has.

    Raises:
        UsageError: `by` is no kind of range, or a trace has none of it.
    """
    held = [kinds_in(without_steps(trace).events) for trace in traces]
    wanted = held[0] if check_by(by) == "auto" else [by]
    for kind in wanted:
        if all(kind in kinds for kinds in held):
            return kind  # type: ignore[return-value]
    what = "ops" if by in ("auto", "op") else f"{by} ranges"
    remedy = "leave it out, or record them"
    raise UsageError("scaling", f"by={by!r}", f"a trace has no {what}", remedy)


def calls_of(trace: Trace, name: str, kind: Kind, root: str | None) -> Calls:
    """The calls of the root in a trace.

    The root is the one that samprof recorded, else the outermost range that takes most time; the steps,
    or the whole trace, where only ops own time. A call is a step where a step holds one call with its
    backward pass.

    Args:
        trace: all of it.
        name: what messages call it.
        kind: the ranges that own time.
        root: which root, where several were recorded.

    Raises:
        UsageError: the root was not called, or its calls overlap.
    """
    steps = [(start, end) for _, start, end in trace.steps()]
    trace = without_steps(trace)
    if kind == "op":
        spans = steps or [_whole(trace)]
        sizes = told_sizes(trace, "", spans, None)
        found = zip(spans, sizes, strict=True)
        return Calls("", tuple(_call(trace, span, *size) for span, size in found))
    ranges, layers = trace.ranges(kind), trace.layers(kind)
    node = _root_node(trace, ranges, layers, name, root)
    path = ranges.paths[node]
    rows = np.flatnonzero((ranges.node == node) & ranges.outermost() & ranges.took_place)
    rows = rows[np.argsort(ranges.nesting.start[rows], kind="stable")]
    starts, ends = ranges.nesting.start[rows].tolist(), ranges.nesting.end[rows].tolist()
    spans = list(zip(starts, ends, strict=True))
    if any(later < end for (_, end), (later, _) in pairwise(spans)):
        cause = f"calls of {path} overlap on several threads"
        raise UsageError("scaling", name, cause, "record one call at a time")
    sizes = told_sizes(trace, path, spans, ranges.nesting.thread[rows])
    parts = _training_steps(layers, node, spans, steps) or spans
    found = zip(parts, sizes, strict=True)
    calls = tuple(_call(trace, part, *size) for part, size in found)
    return Calls(path, calls, _outside(trace, layers, node))


def without_steps(trace: Trace) -> Trace:
    """The trace without the annotations of steps, which own nothing here."""
    steps = [code for code, name in enumerate(trace.names) if step_number(name) is not None]
    events = trace.events
    dropped = np.isin(events.kind, (EventKind.ANNOTATION, EventKind.OP)) & np.isin(
        events.name, steps
    )
    return replace(trace, events=events.take(~dropped)) if dropped.any() else trace


def _methods_called(ranges: Ranges, roots: Sequence[str]) -> list[int]:
    """The nodes of methods of a root that were called instead of it, such as `net.encode()`."""
    below = tuple(f"{root}." for root in roots)
    return [
        node
        for node, path in enumerate(ranges.paths)
        if path.endswith("()") and path.startswith(below) and ranges.depth[node] == 0
    ]


def _root_node(
    trace: Trace, ranges: Ranges, layers: pd.DataFrame, name: str, root: str | None
) -> int:
    """The node of the root: the wanted one, or of the candidates that with most time."""
    if ranges.by == "samprof":
        roots = [root] if root is not None else list(trace.recorded.get("roots", []))
        nodes = [ranges.paths.index(path) for path in roots if path in ranges.paths]
        nodes = nodes or _methods_called(ranges, roots)
        if roots and not nodes:
            cause = f"no call of {' or '.join(map(str, roots))} was recorded"
            raise UsageError("scaling", name, cause, "call the module inside the with block")
    else:
        nodes = np.flatnonzero(ranges.depth == 0).tolist()
    nodes = nodes or np.flatnonzero(ranges.depth == 0).tolist()
    time = layers[f"{trace.time_source}_total_ns"].tolist()
    return int(max(nodes, key=lambda node: time[node]))


def _outside(trace: Trace, layers: pd.DataFrame, node: int) -> float:
    source = trace.time_source
    whole = int(layers[f"{source}_self_ns"].sum())
    return 1 - int(layers[f"{source}_total_ns"].iloc[node]) / whole if whole else 0.0


def _training_steps(
    layers: pd.DataFrame,
    node: int,
    spans: list[tuple[int, int]],
    steps: list[tuple[int, int]],
) -> list[tuple[int, int]]:
    """The steps around the calls, where each holds one with its backward pass; else empty."""
    if layers["phase"].iloc[node] not in _BACKWARD:
        return []
    around = [[step for step in steps if step[0] <= start < step[1]] for start, _ in spans]
    if any(len(found) != 1 for found in around) or len({found[0] for found in around}) < len(spans):
        return []
    return [found[0] for found in around]


def _call(trace: Trace, span: tuple[int, int], size: int, told_by: str) -> Call:
    """The call in a span of host time; a device may still work when it has ended."""
    start, end = span
    inside = slice_time(trace, start, end)
    active = inside.events.of(*DEVICE_KINDS)
    last = int((inside.events.ts[active] + inside.events.dur[active]).max(initial=end))
    return Call(inside, span, last - start, size, told_by)


def _whole(trace: Trace) -> tuple[int, int]:
    events = trace.events.take(~np.isin(trace.events.kind, HELD_KINDS))
    if not len(events):
        return 0, 1
    return int(events.ts.min()), int((events.ts + events.dur).max()) + 1
