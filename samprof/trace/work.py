"""What the ops of a trace compute and move, by op and by layer.

Of nested ops the outermost that has a formula counts: what it calls is how it does its work. An op
without one that launches work itself, or calls no other op and may work, is counted as such: its FLOPs
are unknown, not zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samprof.trace.events import Ints, Mask
from samprof.trace.formulas import WITHOUT_WORK, work_of
from samprof.trace.nesting import Nesting
from samprof.trace.owners import owners_of_ops
from samprof.trace.ranges import By, Ranges
from samprof.trace.sums import inclusive

if TYPE_CHECKING:
    import pandas as pd

    from samprof.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Work:
    """The work of each op, in the order of `Launches.ops`; 0 where it does not count.

    Columns:
        counts: whether its formula counts.
        unknown: whether it works and has no formula.
        flops, matrix_flops, bytes: see `samprof.trace.formulas.Work`.
    """

    counts: Mask
    unknown: Mask
    flops: Ints
    matrix_flops: Ints
    bytes: Ints


def work(trace: Trace) -> Work | None:
    """The work of the trace's ops; None where no shapes were recorded."""
    events, ops = trace.events, trace.launches().ops
    given = events.inputs[ops.rows].astype(np.int64)
    if not trace.inputs or not (given >= 0).any():
        return None
    name = events.name[ops.rows].astype(np.int64)
    width = len(trace.inputs) + 1
    pairs, which = np.unique(name * width + given + 1, return_inverse=True)
    found = [
        work_of(trace.names[code // width], trace.inputs[code % width - 1])
        if code % width
        else None
        for code in pairs.tolist()
    ]
    known = np.array([one is not None for one in found], bool)[which]
    covered = _below(ops, known)
    counts = known & ~covered
    numbers = np.array(
        [(one.flops, one.matrix_flops, one.bytes) if one else (0, 0, 0) for one in found], np.int64
    ).reshape(-1, 3)[which]
    numbers[~counts] = 0
    viewing = np.array([text in WITHOUT_WORK for text in trace.names], bool)[name]
    working = np.array([_may_work(text) for text in trace.names], bool)[name]
    works = (_launching(trace) & ~viewing) | (_leaves(ops) & working)
    unknown = works & ~known & ~covered
    return Work(counts, unknown, *numbers.T)


def work_columns(trace: Trace, ranges: Ranges, outer: Mask, by: By) -> dict[str, Ints]:
    """Columns of the layer table: flops, matrix_flops, bytes and ops_without_formula, all inclusive."""
    found = trace.work()
    if found is None:
        return {}
    place = np.flatnonzero(found.counts | found.unknown)
    interval = owners_of_ops(
        trace.events, trace.threads, trace.launches().ops, place, trace.ranges(by)
    )
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


def ops_table(trace: Trace) -> pd.DataFrame:
    """One row an op that works, the costliest first.

    Device time of an op is that of all activities launched while it ran, by it or by what it calls;
    time launched by none of them is in no row.

    Returns:
        Columns op, calls, clock, time_ns (device time, or CPU time where no device was active), flops,
        matrix_flops, bytes, flops_per_s, bytes_per_s, intensity (FLOPs a byte), has_formula.
        Empty where no shapes were recorded.
    """
    import pandas as pd

    columns = ["op", "calls", "clock", "time_ns", "flops", "matrix_flops", "bytes", "has_formula"]
    found = trace.work()
    if found is None:
        return pd.DataFrame(columns=[*columns[:7], "flops_per_s", "bytes_per_s", "intensity"])
    events, ops = trace.events, trace.launches().ops
    shown = found.counts | found.unknown
    table = pd.DataFrame(
        {
            "op": np.array(trace.names, dtype=object)[events.name[ops.rows[shown]]],
            "time_ns": _time_of(trace, ops, shown)[shown],
            "flops": found.flops[shown],
            "matrix_flops": found.matrix_flops[shown],
            "bytes": found.bytes[shown],
            "has_formula": found.counts[shown],
        }
    )
    grouped = table.groupby(["op", "has_formula"], sort=False)
    summed = grouped.sum().assign(calls=grouped.size(), clock=trace.clock).reset_index()[columns]
    seconds = (summed["time_ns"] / 1e9).where(summed["time_ns"] > 0)
    summed["flops_per_s"] = summed["flops"] / seconds
    summed["bytes_per_s"] = summed["bytes"] / seconds
    summed["intensity"] = summed["flops"] / summed["bytes"].where(summed["bytes"] > 0)
    order = summed.sort_values(["time_ns", "op"], ascending=[False, True], kind="stable")
    return order.reset_index(drop=True)


def _time_of(trace: Trace, ops: Nesting, shown: Mask) -> Ints:
    """Device time launched inside each shown op, or the op's own length where no device was active."""
    if not trace.has_device_time:
        return ops.end - ops.start
    launches, events = trace.launches(), trace.events
    owner = np.where(shown, np.arange(len(ops.rows)), -1)
    for level in range(1, int(ops.depth.max(initial=0)) + 1):
        inside = np.flatnonzero((ops.depth == level) & (owner < 0))
        owner[inside] = owner[ops.parent[inside]]
    launched = launches.op >= 0
    mine = owner[launches.op[launched]]
    time = np.zeros(len(ops.rows), np.int64)
    duration = events.dur[launches.activity[launched]]
    np.add.at(time, mine[mine >= 0], duration[mine >= 0])
    return time


def _below(ops: Nesting, known: Mask) -> Mask:
    """Which ops have one of the known around them."""
    covered = np.zeros(len(known), bool)
    for level in range(1, int(ops.depth.max(initial=0)) + 1):
        inside = np.flatnonzero(ops.depth == level)
        above = ops.parent[inside]
        covered[inside] = covered[above] | known[above]
    return covered


def _launching(trace: Trace) -> Mask:
    """Which ops launch device activities, themselves and not by an op inside them."""
    launches = trace.launches()
    launching = np.zeros(len(launches.ops.rows), bool)
    launching[launches.op[launches.op >= 0]] = True
    return launching


def _leaves(ops: Nesting) -> Mask:
    leaves = np.ones(len(ops.rows), bool)
    leaves[ops.parent[ops.parent >= 0]] = False
    return leaves


def _may_work(name: str) -> bool:
    """Whether an op of this name that calls no other computes or moves anything, as far as is known."""
    return "::" in name and name not in WITHOUT_WORK and not name.startswith("autograd::")
