"""The table of ops: what each computes and moves, how long it takes, and at which rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints, Mask
from samprof.trace.model.nesting import Nesting
from samprof.trace.model.outwards import nearest
from samprof.trace.tables.op_costs import op_costs

if TYPE_CHECKING:
    import pandas as pd


def ops_table(trace: TraceData) -> pd.DataFrame:
    """One row per op that computes or moves data, the longest first.

    The device time of an op is that of all activities launched while it ran, by itself or by ops it
    calls; time launched by none of them is in no row.

    Returns:
        Columns op, calls, time_source, time_ns (device time, or CPU time if no device was active),
        flops, matrix_flops, bytes, has_formula, flops_per_s, bytes_per_s, intensity (FLOPs per byte).
        Empty if no shapes were recorded.
    """
    import pandas as pd

    columns = [
        "op",
        "calls",
        "time_source",
        "time_ns",
        "flops",
        "matrix_flops",
        "bytes",
        "has_formula",
    ]
    found = op_costs(trace)
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
    summed = (
        grouped.sum()
        .assign(calls=grouped.size(), time_source=trace.time_source)
        .reset_index()[columns]
    )
    seconds = (summed["time_ns"] / 1e9).where(summed["time_ns"] > 0)
    summed["flops_per_s"] = summed["flops"] / seconds
    summed["bytes_per_s"] = summed["bytes"] / seconds
    summed["intensity"] = summed["flops"] / summed["bytes"].where(summed["bytes"] > 0)
    order = summed.sort_values(["time_ns", "op"], ascending=[False, True], kind="stable")
    return order.reset_index(drop=True)


def _time_of(trace: TraceData, ops: Nesting, shown: Mask) -> Ints:
    """Device time launched inside each shown op, or the op's own duration if no device was active."""
    if not trace.has_device_time:
        return ops.end - ops.start
    launches, events = trace.launches(), trace.events
    owner = nearest(ops.parent, shown)
    launched = launches.op >= 0
    mine = owner[launches.op[launched]]
    time = np.zeros(len(ops.rows), np.int64)
    duration = events.dur[launches.activity[launched]]
    np.add.at(time, mine[mine >= 0], duration[mine >= 0])
    return time
