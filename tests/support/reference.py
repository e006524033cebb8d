"""A slow, plain attribution of a trace: the rules of the design in loops over dicts.

It shares nothing with the package, so that where the two differ one of them is wrong.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.support.reference_events import (
    NO_LAUNCH,
    OUTSIDE,
    Activity,
    By,
    Events,
    Phase,
    Span,
    Thread,
    read,
)


@dataclass
class Row:
    """What one owner path adds up to."""

    calls: int = 0
    kernels: int = 0
    device_total_ns: int = 0
    device_self_ns: int = 0
    device_busy_ns: int = 0
    cpu_total_ns: int = 0
    cpu_self_ns: int = 0
    forward_cpu: int = 0
    phases: set[Phase] = field(default_factory=set)

    @property
    def phase(self) -> str:
        """Of the activities inside."""
        if len(self.phases) == 2:
            return "both"
        return "backward" if self.phases == {"backward"} else "forward"


@dataclass
class Reference:
    """The attribution of a trace for one kind of ranges."""

    activities: list[Activity]
    rows: dict[str, Row]


def spans_around(spans: Iterable[Span], moments: Iterable[int]) -> dict[int, list[Span]]:
    """For each moment the spans of one thread that hold it, outermost first."""
    waiting = sorted(spans, key=lambda span: span.rank)[::-1]
    open_spans: list[Span] = []
    around = {}
    for t in sorted(set(moments)):
        while waiting and waiting[-1].start <= t:
            open_spans.append(waiting.pop())
        open_spans = [span for span in open_spans if span.holds(t)]
        around[t] = list(open_spans)
    return around


def innermost(
    spans: Iterable[Span], moments: Iterable[tuple[Thread, int]]
) -> dict[tuple[Thread, int], Span | None]:
    """For each moment on a thread the innermost span there."""
    around = holders(spans, moments)
    return {moment: found[-1] if found else None for moment, found in around.items()}


def holders(
    spans: Iterable[Span], moments: Iterable[tuple[Thread, int]]
) -> dict[tuple[Thread, int], list[Span]]:
    """For each moment on a thread the spans of that thread that hold it, outermost first."""
    on_thread = defaultdict(list)
    for span in spans:
        on_thread[span.thread].append(span)
    times = defaultdict(set)
    for thread, t in moments:
        times[thread].add(t)
    return {
        (thread, t): found
        for thread, moments_there in times.items()
        for t, found in spans_around(on_thread[thread], moments_there).items()
    }


def _nest(ranges: list[Span], by: By) -> list[Span]:
    """The ranges with their parent, path and own CPU time; outer ranges come first."""
    on_thread = defaultdict(list)
    for span in sorted(ranges, key=lambda span: span.rank):
        on_thread[span.thread].append(replace(span))
    for spans in on_thread.values():
        open_spans: list[Span] = []
        for span in spans:
            open_spans = [other for other in open_spans if other.holds(span.start)]
            span.parent = open_spans[-1] if open_spans else None
            span.path = _path(span, by)
            open_spans.append(span)
        borders = sorted({span.start for span in spans} | {span.end for span in spans})
        around = spans_around(spans, borders)
        for start, end in pairwise(borders):
            if around[start]:
                around[start][-1].cpu_self += end - start
    return [span for spans in on_thread.values() for span in spans]


def _path(span: Span, by: By) -> str:
    outer = None if span.parent is None else span.parent.path
    if outer is None:
        return span.name
    if by != "samprof":
        return f"{outer} > {span.name}"
    if span.name.endswith("()") and not span.name.startswith(f"{outer}."):
        return f"{outer}.{span.name}"
    return span.name


def _launch(events: Events, activity: Activity) -> Span | None:
    found = events.launches.get(activity.correlation)
    if not found or activity.correlation is None:
        return None
    return min(found, key=lambda span: (span.start, span.end))


def _forward_starts(events: Events) -> dict[Span, tuple[Thread, int]]:
    """For each op that is linked to a forward op: that op's thread and start."""
    linked: dict[Span, tuple[Thread, int]] = {}
    ends = sorted(events.backward_ends, key=lambda end: (end[1], end[2]))
    bound = innermost(events.ops, [(thread, t) for thread, t, _ in ends])
    for thread, t, flow_id in ends:
        op = bound[thread, t]
        if op is not None and op not in linked and flow_id in events.forward_ends:
            linked[op] = events.forward_ends[flow_id]
    forward_ops = defaultdict(list)
    for op in events.ops:
        if not op.args.get("Fwd thread id"):
            forward_ops[op.args.get("Sequence number")].append(op)
    for op in events.ops:
        sequence = op.args.get("Sequence number")
        if op in linked or sequence is None or not op.args.get("Fwd thread id"):
            continue
        thread = (op.thread[0], str(op.args["Fwd thread id"]))
        candidates = [other for other in forward_ops[sequence] if other.thread == thread]
        earlier = [other for other in candidates if other.start < op.start]
        if earlier:
            latest = max(earlier, key=lambda other: other.start)
            linked[op] = (latest.thread, latest.start)
    return linked


def _capture_of(events: Events, activities: list[Activity]) -> dict[Activity, tuple[Span, Span]]:
    """For each activity of a graph the launch that was captured, and the call that began the capture.

    Only where the last capture before has as many launches, kernel by kernel and copy by copy.
    """
    calls = sorted(
        (span for spans in events.launches.values() for span in spans),
        key=lambda span: (span.start, span.args.get("correlation")),
    )
    ran = {activity.correlation for activity in activities}
    graphs = defaultdict(list)
    for activity in activities:
        if activity.launch is not None and "GraphLaunch" in activity.launch.name:
            graphs[activity.launch].append(activity)
    found = {}
    for launch, started in graphs.items():
        before = [
            span for span in calls if span.thread == launch.thread and span.start < launch.start
        ]
        begins = [span for span in before if "BeginCapture" in span.name]
        ends = [span for span in before if "EndCapture" in span.name]
        if not begins or not ends:
            continue
        captured = [
            span
            for span in before
            if begins[-1].start <= span.start < ends[-1].start
            and re.search("Launch.*Kernel|Memcpy|Memset", span.name)
            and span.args.get("correlation") not in ran
        ]
        started.sort(key=lambda activity: activity.start)
        if len(captured) == len(started):
            found.update(
                (activity, (span, begins[-1]))
                for activity, span in zip(started, captured, strict=True)
            )
    return found


def _give_owners(
    events: Events,
    activities: list[Activity],
    ranges: list[Span],
    captured: dict[Activity, tuple[Span, Span]],
) -> None:
    launches = {a: captured[a][0] if a in captured else a.launch for a in activities}
    moments = {a: (one.thread, one.start) for a, one in launches.items() if one is not None}
    ops = holders(events.ops, moments.values())
    owners = innermost(ranges, moments.values())
    forward_of = _forward_starts(events)
    forward_owners = innermost(ranges, forward_of.values())
    for activity, moment in moments.items():
        around = ops[moment]
        activity.op = around[-1].name if around else None
        activity.range = owners[moment]
        if activity.range is not None:
            continue
        for op in reversed(around):
            if op in forward_of:
                activity.range = forward_owners[forward_of[op]]
                activity.phase = "backward"
                break


def union(intervals: Iterable[tuple[int, int]]) -> int:
    """The length that the intervals cover together."""
    covered, reached = 0, None
    for start, end in sorted(intervals):
        if reached is None or start > reached:
            reached = start
        covered += max(0, end - reached)
        reached = max(reached, end)
    return covered


def attribute(events: Events, by: By) -> Reference:
    """The owner of every activity and the row of every owner path.

    Host time that ops cover on their threads while no range is open there belongs to the range of their
    forward op, else to `(outside)`.
    """
    ranges = _nest(events.ranges[by], by)
    activities = [replace(a, launch=_launch(events, a)) for a in events.activities]
    captured = _capture_of(events, activities)
    _give_owners(events, activities, ranges, captured)
    outside_cpu = _covered(events.ops + ranges) - _covered(ranges)
    backward = _backward_cpu(events, ranges) if by != "op" else {}
    rows = _rows(ranges, activities, outside_cpu - sum(backward.values()))
    _add_backward(rows, backward, with_phase=not activities)
    replayed = {
        (activity.launch, span)
        for activity, (_, begin) in captured.items()
        if activity.range is not None
        for span in activity.range.lineage()
        if span.start >= begin.start
    }
    for _, span in replayed:
        rows[span.path].calls += 1
    return Reference(activities, rows)


def _backward_cpu(events: Events, ranges: list[Span]) -> dict[Span, int]:
    """The host time outside of all ranges of each range that the forward ops of its ops ran in."""
    forward_of = _forward_starts(events)
    forward_owners = innermost(ranges, forward_of.values())
    found: dict[Span, int] = defaultdict(int)
    for thread in {op.thread for op in events.ops}:
        here = [span for span in events.ops + ranges if span.thread == thread]
        borders = sorted({border for span in here for border in (span.start, span.end)})
        moments = [(thread, border) for border in borders]
        ops, held = holders(events.ops, moments), innermost(ranges, moments)
        for (start, end), moment in zip(pairwise(borders), moments, strict=False):
            linked = [op for op in reversed(ops[moment]) if op in forward_of]
            if held.get(moment) is None and linked:
                owner = forward_owners[forward_of[linked[0]]]
                if owner is not None:
                    found[owner] += end - start
    return dict(found)


def _add_backward(rows: dict[str, Row], backward: dict[Span, int], *, with_phase: bool) -> None:
    """Adds the host time of the backward; a row's phase is that of its host time without a device."""
    for span, ns in backward.items():
        rows[span.path].cpu_self_ns += ns
        for path in {outer.path for outer in span.lineage()}:
            rows[path].cpu_total_ns += ns
    if not with_phase:
        return
    for span in backward:
        for path in {outer.path for outer in span.lineage()}:
            rows[path].phases.add("backward")
    for row in rows.values():
        if "backward" in row.phases and row.forward_cpu:
            row.phases.add("forward")


def _covered(spans: Iterable[Span]) -> int:
    """The time that the spans cover on their threads."""
    on_thread = defaultdict(list)
    for span in spans:
        on_thread[span.thread].append((span.start, span.end))
    return sum(union(intervals) for intervals in on_thread.values())


def _rows(ranges: list[Span], activities: list[Activity], outside_cpu: int) -> dict[str, Row]:
    rows: dict[str, Row] = defaultdict(Row)
    for span in ranges:
        rows[span.path].calls += 1
        rows[span.path].cpu_self_ns += span.cpu_self
        for path in {outer.path for outer in span.lineage()}:
            rows[path].cpu_total_ns += span.cpu_self
            rows[path].forward_cpu += span.cpu_self
    rows[OUTSIDE] = Row(cpu_total_ns=outside_cpu, cpu_self_ns=outside_cpu)
    if activities:
        rows[NO_LAUNCH] = Row()
    busy: dict[str, dict[Any, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for activity in activities:
        rows[activity.owner].device_self_ns += activity.duration
        interval = (activity.start, activity.start + activity.duration)
        for path in activity.owner_paths:
            rows[path].kernels += 1
            rows[path].device_total_ns += activity.duration
            rows[path].phases.add(activity.phase)
            busy[path][activity.device].append(interval)
    for path, devices in busy.items():
        rows[path].device_busy_ns = sum(union(intervals) for intervals in devices.values())
    return dict(rows)


def attribute_file(path: Path, by: By) -> Reference:
    """The attribution of a trace file."""
    return attribute(read(path), by)
