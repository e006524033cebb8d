"""The component table: host and device time of each part of a pipeline, side by side, step by step.

The window is a marked step on the thread that marked it. Every nanosecond of it belongs to one row:
    a component             time inside its ranges, without the waits for the device
    other host work         time in no component
    synchronisation waits   time in which the thread waited for the device, whoever it was that waited
and every device activity launched in it to one row:
    a component             kernels that its ranges own (rules R1 to R5)
    other host work         kernels launched outside of every component
    transfers               copies, whoever launched them
    (no launch)             what has no launch in the file
    device idle             time of the window in which no device worked

So `host_ns` sums to the window. `device_ns` without idle sums to all device activity; with it to the
window, where nothing ran side by side on the device.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from samprof.trace.events import STEP_PREFIX, Ints, Kind, SmallInts
from samprof.trace.layers import union_by_group
from samprof.trace.nesting import Nesting
from samprof.trace.owners import NO_LAUNCH, NO_LAUNCH_NAME
from samprof.trace.ranges import By, Ranges
from samprof.trace.window import within

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace.trace import Trace

OTHER, TRANSFERS, WAITS, IDLE = (
    "other host work",
    "transfers",
    "synchronisation waits",
    "device idle",
)
_WAITING = re.compile(r"^(cu|cuda|hip|musa|xpu)\w*Synchronize|^(cuda|hip)Memcpy$", re.IGNORECASE)
_DEEPEST_WITHOUT_ROLES = 1
_COLUMNS = ["step", "component", "calls", "host_ns", "wait_ns", "device_ns", "kernels"]


def component_steps(trace: Trace, by: By = "auto") -> pd.DataFrame:
    """One row a step and component, in the order of the pipeline; the module's text says what sums.

    Where samprof recorded no components, the outermost ranges and those directly below are taken.

    Returns:
        Columns step, component, calls (times it was entered), host_ns (without waiting), wait_ns (time
        it waited for the device, which is counted in the row of the waits), device_ns (summed
        durations), kernels (device activities).
    """
    import pandas as pd

    found = []
    for number, start, end, thread in step_windows(trace, by):
        rows = _rows(within(trace, start, end), by, start, end, thread)
        found += [{"step": number, "component": name, **row} for name, row in rows.items()]
    table = pd.DataFrame(found, columns=_COLUMNS)
    order = {name: place for place, name in enumerate(_in_order(trace, table["component"]))}
    table["place"] = table["component"].map(order)
    table = table.sort_values(["step", "place"], ignore_index=True)
    result: pd.DataFrame = table[_COLUMNS]
    return result


def component_table(steps: pd.DataFrame) -> pd.DataFrame:
    """One row a component, of the step whose whole time is the median: rows that sum exactly.

    Args:
        steps: as `component_steps` gives them.

    Returns:
        The columns of `component_steps` without step, and share (of the host time), host_iqr_ns and
        device_iqr_ns: interquartile ranges over the steps.
    """
    whole = steps.groupby("step")["host_ns"].sum().sort_values(kind="stable")
    if whole.empty:
        return steps.drop(columns="step").assign(share=0.0, host_iqr_ns=0.0, device_iqr_ns=0.0)
    chosen = whole.index[(len(whole) - 1) // 2]
    table: pd.DataFrame = steps[steps["step"] == chosen].drop(columns="step").reset_index(drop=True)
    table["share"] = table["host_ns"] / max(int(table["host_ns"].sum()), 1)
    for name in ("host", "device"):
        wide = steps.pivot_table(index="component", columns="step", values=f"{name}_ns")
        quartiles = np.nanpercentile(wide.reindex(table["component"]).to_numpy(float), [25, 75], 1)
        table[f"{name}_iqr_ns"] = quartiles[1] - quartiles[0]
    return table


def step_windows(trace: Trace, by: By) -> list[tuple[int, int, int, int]]:
    """The steps in which anything happened, as (number, start, end, thread).

    Without steps there is one window: around the ranges of the thread that entered one first.
    """
    steps = trace.steps()
    if steps:
        events = trace.events
        named = {STEP_PREFIX + str(number) for number, _, _ in steps}
        thread_of = {
            int(events.ts[row]): int(events.thread[row])
            for row in events.of(Kind.ANNOTATION).tolist()
            if trace.names[events.name[row]] in named
        }
        return [
            (number, start, end, thread_of[start])
            for number, start, end in steps
            # Behind the last call of step() there is one in which nothing happened.
            if ((events.ts >= start) & (events.ts < end)).sum() > 1
        ]
    nesting = trace.ranges(by).nesting
    if not len(nesting.rows):
        return []
    first = int(np.argmin(nesting.start))
    mine = nesting.thread == nesting.thread[first]
    return [
        (0, int(nesting.start[first]), int(nesting.end[mine].max()), int(nesting.thread[first]))
    ]


def _rows(trace: Trace, by: By, start: int, end: int, thread: int) -> dict[str, dict[str, int]]:
    """The rows of one window: component -> its numbers."""
    ranges = trace.ranges(by)
    names, component = component_of_ranges(trace, ranges)
    rows: dict[str, dict[str, int]] = {}

    def add(code: int, **numbers: int) -> None:
        name = names[code] if code >= 0 else OTHER
        row = rows.setdefault(name, dict.fromkeys(_COLUMNS[2:], 0))
        for key, number in numbers.items():
            row[key] += number

    host, wait = _host(trace, ranges.nesting, component, end, thread, len(names))
    parent = ranges.nesting.parent
    entered = component != np.where(parent >= 0, component[parent], -1)
    calls = np.bincount(component[entered & (component >= 0)], minlength=len(names))
    for code in np.flatnonzero(calls).tolist():
        add(code, calls=int(calls[code]), host_ns=int(host[code]), wait_ns=int(wait[code]))
    waited = int(wait.sum())
    add(-1, host_ns=end - start - int(host[:-1].sum()) - waited, wait_ns=int(wait[-1]))
    if waited or trace.has_device_time:
        rows[WAITS] = dict.fromkeys(_COLUMNS[2:], 0) | {"host_ns": waited}
    if trace.has_device_time:
        _add_device(trace, by, component, names, rows, (start, end))
    return rows


def component_of_ranges(trace: Trace, ranges: Ranges) -> tuple[list[str], SmallInts]:
    """Names of components, and for each range the place of its component there; -1 for none.

    A range belongs to the component of its own role, else to that of the range around it.
    """
    known = trace.recorded.get("components")
    if ranges.by == "samprof" and isinstance(known, dict) and known:
        own_names = [known.get(role, "") for role in _roles(trace, ranges.paths)]
    else:
        shallow = ranges.depth <= _DEEPEST_WITHOUT_ROLES
        own_names = [
            path if is_shown else "" for path, is_shown in zip(ranges.paths, shallow, strict=True)
        ]
    names = list(dict.fromkeys(name for name in own_names if name))
    place = {name: code for code, name in enumerate(names)}
    own = np.array([place.get(name, -1) for name in own_names], np.int32)
    component = own[ranges.node] if len(own) else np.zeros(0, np.int32)
    nesting = ranges.nesting
    for level in range(1, int(nesting.depth.max(initial=0)) + 1):
        inherits = np.flatnonzero((nesting.depth == level) & (component < 0))
        component[inherits] = component[nesting.parent[inherits]]
    return names, component


def _roles(trace: Trace, paths: tuple[str, ...]) -> list[str]:
    modules, functions = trace.recorded.get("modules", {}), trace.recorded.get("functions", {})
    return [
        modules[path][1] if path in modules else functions.get(path.rpartition(".")[2], "")
        for path in paths
    ]


def _host(
    trace: Trace, nesting: Nesting, component: SmallInts, end: int, thread: int, count: int
) -> tuple[Ints, Ints]:
    """Working and waiting time on the window's thread by component; the last entry is of none."""
    clipped = replace(nesting, end=np.minimum(nesting.end, end))
    own = np.where(nesting.thread == thread, clipped.innermost_time(), 0)
    host, wait = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    np.add.at(host, component, own)  # -1 is the last entry
    waits = waits_of(trace, thread, end)
    around = nesting.innermost(waits.thread, waits.start)
    within_component = np.where(around >= 0, component[around] if len(component) else -1, -1)
    np.add.at(wait, within_component, waits.innermost_time())
    return host - wait, wait


def waits_of(trace: Trace, thread: int, end: int) -> Nesting:
    """The calls in which the thread waited for the device, cut at the end of the window."""
    events = trace.events
    codes = [code for code, name in enumerate(trace.names) if _WAITING.match(name)]
    calls = events.of(Kind.RUNTIME)
    calls = calls[np.isin(events.name[calls], codes) & (events.thread[calls] == thread)]
    return Nesting.of(
        events.thread[calls],
        events.ts[calls],
        np.minimum(events.dur[calls], end - events.ts[calls]),
        np.zeros(len(calls), np.int32),
    )


def _add_device(
    trace: Trace,
    by: By,
    component: SmallInts,
    names: list[str],
    rows: dict[str, dict[str, int]],
    window: tuple[int, int],
) -> None:
    """Adds what the device did, by component, and the rows that only a device has."""
    events, activity = trace.events, trace.launches().activity
    labels = labels_of_activities(trace, by, component, names)
    duration = events.dur[activity]
    for name in dict.fromkeys(labels.tolist()):
        mine = labels == name
        row = rows.setdefault(name, dict.fromkeys(_COLUMNS[2:], 0))
        row["device_ns"] += int(duration[mine].sum())
        row["kernels"] += int(mine.sum())
    start, end = window
    begins, ends = (
        np.clip(t, start, end) for t in (events.ts[activity], events.ts[activity] + duration)
    )
    busy = union_by_group(np.zeros(len(activity), np.int64), begins, ends, 1)
    rows[IDLE] = dict.fromkeys(_COLUMNS[2:], 0) | {"device_ns": end - start - int(busy[0])}


def labels_of_activities(
    trace: Trace, by: By, component: SmallInts, names: list[str]
) -> np.ndarray:
    """The row of each device activity, in the order of `Launches.activity`; see the module's text.

    Args:
        trace: which.
        by: which ranges.
        component: as `component_of_ranges` gives it.
        names: likewise.
    """
    interval, activity = trace.owners(by).interval, trace.launches().activity
    held = np.where(interval >= 0, component[np.maximum(interval, 0)] if len(component) else -1, -1)
    labels = np.array([*names, OTHER, TRANSFERS, NO_LAUNCH_NAME], dtype=object)
    label = np.where(held >= 0, held, len(names))
    label[interval == NO_LAUNCH] = len(names) + 2
    label[trace.events.kind[activity] == Kind.MEMCPY] = len(names) + 1
    return labels[label]


def _in_order(trace: Trace, found: pd.Series) -> list[str]:
    """Components as the pipeline runs them, then the rows that every pipeline has."""
    known = trace.recorded.get("components")
    first = list(known.values()) if isinstance(known, dict) else []
    last = [OTHER, TRANSFERS, WAITS, NO_LAUNCH_NAME, IDLE]
    rest = [name for name in dict.fromkeys(found) if name not in first and name not in last]
    return list(dict.fromkeys([*first, *rest, *last]))
