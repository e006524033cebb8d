"""The rows of one window in the component table: what each component took, host and device."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints, SmallInts
from samprof.trace.model.ranges import By
from samprof.trace.model.sums import union_by_group
from samprof.trace.tables.component_labels import (
    IDLE,
    OTHER,
    WAITS,
    component_of_ranges,
    labels_of_activities,
)
from samprof.trace.tables.step_windows import waits_of

NUMBERS = ("calls", "host_ns", "wait_ns", "device_ns", "kernels")


def window_rows(
    trace: TraceData, by: By, start: int, end: int, thread: int
) -> dict[str, dict[str, int]]:
    """The rows of one window: component -> its numbers.

    Args:
        trace: the part of the trace in the window.
        by: the ranges that own.
        start: where the window begins, in nanoseconds.
        end: where it ends.
        thread: the thread whose time it is.
    """
    ranges = trace.ranges(by)
    names, component = component_of_ranges(trace, ranges)
    rows: dict[str, dict[str, int]] = {}

    def add(code: int, **numbers: int) -> None:
        name = names[code] if code >= 0 else OTHER
        row = rows.setdefault(name, dict.fromkeys(NUMBERS, 0))
        for key, number in numbers.items():
            row[key] += number

    host, wait = _host(trace, by, component, end, thread, len(names))
    parent = ranges.nesting.parent
    entered = component != np.where(parent >= 0, component[parent], -1)
    calls = np.bincount(component[entered & (component >= 0)], minlength=len(names))
    for code in np.flatnonzero(calls).tolist():
        add(code, calls=int(calls[code]), host_ns=int(host[code]), wait_ns=int(wait[code]))
    waited = int(wait.sum())
    add(-1, host_ns=end - start - int(host[:-1].sum()) - waited, wait_ns=int(wait[-1]))
    if waited or trace.has_device_time:
        rows[WAITS] = dict.fromkeys(NUMBERS, 0) | {"host_ns": waited}
    if trace.has_device_time:
        _add_device(trace, by, component, names, rows, (start, end))
    return rows


def _host(
    trace: TraceData, by: By, component: SmallInts, end: int, thread: int, count: int
) -> tuple[Ints, Ints]:
    """Host time and waiting time on the window's thread by component; the last entry is of none."""
    nesting, backward = trace.ranges(by).nesting, trace.backward_time(by)
    of_range = np.append(component, -1)  # of no range, at -1
    clipped = replace(nesting, end=np.minimum(nesting.end, end))
    own = np.where(nesting.thread == thread, clipped.innermost_time(), 0)
    host, wait = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    np.add.at(host, component, own)  # -1 is the last entry
    length = np.maximum(np.minimum(backward.end, end) - backward.start, 0)
    led = np.where(backward.thread == thread, length, 0)
    np.add.at(host, of_range[backward.interval], led)
    waits = waits_of(trace, thread, end)
    around = nesting.innermost(waits.thread, waits.start)
    around = np.where(around >= 0, around, backward.at(thread, waits.start))
    np.add.at(wait, of_range[around], waits.innermost_time())
    return host - wait, wait


def _add_device(
    trace: TraceData,
    by: By,
    component: SmallInts,
    names: list[str],
    rows: dict[str, dict[str, int]],
    window: tuple[int, int],
) -> None:
    """Adds the device time of each component, and the rows that only a trace with a device has."""
    events, activity = trace.events, trace.launches().activity
    labels = labels_of_activities(trace, by, component, names)
    duration = events.dur[activity]
    for name in dict.fromkeys(labels.tolist()):
        mine = labels == name
        row = rows.setdefault(name, dict.fromkeys(NUMBERS, 0))
        row["device_ns"] += int(duration[mine].sum())
        row["kernels"] += int(mine.sum())
    start, end = window
    begins, ends = (
        np.clip(t, start, end) for t in (events.ts[activity], events.ts[activity] + duration)
    )
    busy = union_by_group(np.zeros(len(activity), np.int64), begins, ends, 1)
    rows[IDLE] = dict.fromkeys(NUMBERS, 0) | {"device_ns": end - start - int(busy[0])}
